//! The paper's conclusions beside what our evidence says of them.

mod evidence;

use crate::document::Document;
use crate::markdown::{Markdown, cells};
use crate::paper::Paper;
use crate::table::Table;
use evidence::Evidence;

/// Writes the section.
pub fn write(document: &mut Document, paper: &Paper<'_>) {
    document.heading(2, "The paper's conclusions and ours");
    document.paragraph(
        "What the paper concludes, and what the tests of this run say. A difference in accuracy counts \
         when its corrected p is significant; otherwise there is no evidence at this size, which is no \
         proof of no effect. Overfitting is the fair gap; gaps are compared and not tested. Where several \
         things changed at once, nothing here says which of them did it.",
    );
    let mut table =
        Table::new(["", "the paper says", "our evidence", "so"]).text_columns([1, 2, 3]);
    for (index, conclusion) in paper.published.conclusions.iter().enumerate() {
        let Some(evidence) = Evidence::of(conclusion, paper.tables, paper.spec) else {
            continue;
        };
        table.row(cells![
            index + 1,
            format!("{} ({})", conclusion.statement, conclusion.source),
            evidence.facts.join(" "),
            Markdown::bold(&evidence.verdicts.join("; ")),
        ]);
    }
    if table.is_empty() {
        document.paragraph("No conclusion is about models that have runs here.");
    }
    document.table(&table);
}
