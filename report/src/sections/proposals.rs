//! What was proposed, and what came of it.

use crate::document::Document;
use crate::evaluated::{ModelChange, Tables};
use crate::inputs::Inputs;
use crate::markdown::{Markdown, cells, markdown};
use crate::number::{decimal, points, points_interval};
use crate::sections::changes::{needed, verdict};
use crate::table::Table;

/// Writes the section; nothing for a spec without a proposal.
pub fn write(document: &mut Document, inputs: &Inputs) {
    // Several changes may come from one sentence: each sentence stands once and has a number.
    let mut sentences: Vec<&str> = Vec::new();
    let mut table = Table::new([
        "change",
        "proposal",
        "test",
        "interval",
        "verdict",
        "training time",
        "seeds needed",
        "model",
        "changed from",
    ])
    .text_columns([0, 4, 7, 8]);
    for change in &inputs.tables.changes {
        let Ok(model) = inputs.spec.model(&change.model) else {
            continue;
        };
        let Some(sentence) = model.proposal.as_deref() else {
            continue;
        };
        let known = sentences.iter().position(|known| *known == sentence);
        let number = known.unwrap_or(sentences.len()) + 1;
        if known.is_none() {
            sentences.push(sentence);
        }
        table.row(cells![
            model.title,
            number,
            points(change.test_difference),
            points_interval(change.test_low, change.test_high),
            verdict(change),
            training_time(&inputs.tables, change),
            needed(change.seeds_needed, &change.seeds_needed_status),
            change.model,
            change.extends,
        ]);
    }
    if table.is_empty() {
        return;
    }
    document.heading(2, "What was proposed, and what came of it");
    let numbered = sentences.iter().zip(1_usize..);
    document.list(numbered.map(|(sentence, number)| markdown!("**{}** {}", number, *sentence)));
    document.table(&table);
    document.paragraph(markdown!(
        "Each proposal as one change of one model, on test images, in percentage points. The verdict \
         holds after Holm's correction over all changes, [below](#what-each-change-did) with the \
         validation images; no verdict is no proof of no effect. The training time is that of the \
         model it was changed from, times this. “Seeds needed” says from how many seeds of each \
         model an effect of this size would be shown with 80 % power."
    ));
}

/// How many times as long the change trains, by the medians over the runs.
fn training_time(tables: &Tables, change: &ModelChange) -> Markdown {
    let median = |model: &str| tables.median_time(model, |row| row.duration_s);
    match median(&change.model).zip(median(&change.extends)) {
        Some((of_change, of_base)) if of_base > 0.0 => {
            format!("{}×", decimal(of_change / of_base, 1)).into()
        }
        _ => Markdown::default(),
    }
}
