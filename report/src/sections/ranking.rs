//! Which orders of the models agree with the data.

use crate::document::Document;
use crate::figures::ranks::{self, Row};
use crate::inputs::Inputs;

/// Writes the section; nothing for fewer than two models with runs.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let mut rows: Vec<Row> = inputs
        .tables
        .ranking
        .iter()
        .filter(|row| inputs.models.contains(&row.model))
        .map(|row| Row {
            name: row.model.clone(),
            accuracy: row.test_accuracy,
            ranks: (row.rank_low, row.rank_high),
            letters: row.letters.clone(),
        })
        .collect();
    if rows.len() < 2 {
        return;
    }
    rows.sort_by(|a, b| b.accuracy.total_cmp(&a.accuracy));
    document.heading(2, "Possible rankings");
    document.paragraph(
        "The ranks by test accuracy that each model may have, judged by the comparisons of every two models \
         together. Models that share a letter cannot be told apart, so any order of them agrees with the \
         data.",
    );
    let spoken: Vec<String> = rows
        .iter()
        .map(|row| {
            let (low, high) = row.ranks;
            match low == high {
                true => format!("{} rank {low}", row.name),
                false => format!("{} rank {low} to {high}", row.name),
            }
        })
        .collect();
    let alt = format!("Possible ranks by test accuracy: {}", spoken.join("; "));
    document.chart("ranks", &alt, &ranks::draw(&rows));
}
