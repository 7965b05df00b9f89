//! The paper's conclusions beside what our evidence says of them.

mod evidence;

use crate::document::Document;
use crate::markdown::{Markdown, cells};
use crate::paper::{Paper, quoted};
use crate::table::Table;
use evidence::Evidence;

/// Writes the section.
pub fn write(document: &mut Document, paper: &Paper<'_>) {
    document.heading(2, "The paper's conclusions and ours");
    document.paragraph(
        "What the paper concludes, and what the tests of this run say of it. Every p is corrected for the \
         changes of the study (Holm). Where it is not significant there is no evidence at this size, which \
         does not prove that there is no effect. The best and the worst model are judged by comparisons \
         with all others. Overfitting is the fair gap between training and validation images. Where several \
         settings changed at once, the difference does not say which of them did it; the effects of those that \
         were also made alone stand beside it.",
    );
    let mut table =
        Table::new(["", "the paper says", "our evidence", "so"]).text_columns([1, 2, 3]);
    for (index, conclusion) in paper.published.conclusions.iter().enumerate() {
        let Some(evidence) = Evidence::of(conclusion, paper) else {
            continue;
        };
        let mut quotes = conclusion.quotes.clone();
        quotes.extend(conclusion.isolated.clone());
        table.row(cells![
            index + 1,
            quoted(&quotes),
            evidence.facts.join(" "),
            Markdown::bold(evidence.verdicts.join("; ")),
        ]);
    }
    if table.is_empty() {
        document.paragraph("No conclusion is about models that have runs here.");
    }
    document.table(&table);
}
