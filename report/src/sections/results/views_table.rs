//! Accuracies over several views of each image beside those of the image alone.

use crate::document::Document;
use crate::evaluated::Tables;
use crate::inputs::Inputs;
use crate::number::{cell, percent, percent_interval, points};
use crate::sections::results::accuracies_table::with_std;
use crate::table::Table;

/// Writes the table and what it means; nothing without a model that asks for views.
pub fn write(document: &mut Document, inputs: &Inputs, models: &[&str]) {
    if inputs.tables.views.is_empty() {
        return;
    }
    document.table(&table(models, &inputs.tables));
    document.paragraph(
        "Per cent, and gains in percentage points, of predictions from the mean of the logits over several \
         views of each image: it and its mirror image, and both shifted by a pixel where the model says so. \
         All other figures and every comparison of models are of the image alone.",
    );
}

fn table(models: &[&str], tables: &Tables) -> Table {
    let mut table = Table::new([
        "model",
        "views",
        "validation",
        "in views",
        "test",
        "in views",
        "interval",
        "gain",
    ])
    .text_columns([1]);
    for &name in models {
        let Some(views) = tables.views.iter().find(|row| row.model == name) else {
            continue;
        };
        let of = |split, metric| tables.metric(name, Some(split), metric);
        let text =
            |split, metric| of(split, metric).map_or(String::new(), |row| with_std(row, percent));
        let (single, in_views) = (of("test", "accuracy"), of("test", "view_accuracy"));
        let gain = single.zip(in_views).map(|(a, b)| b.mean - a.mean);
        let interval = in_views.and_then(|row| row.low.zip(row.high));
        table.row([
            name.to_owned(),
            views.views.replace('-', " "),
            text("validation", "accuracy"),
            text("validation", "view_accuracy"),
            text("test", "accuracy"),
            text("test", "view_accuracy"),
            interval.map_or(String::new(), |(low, high)| percent_interval(low, high)),
            cell(gain, points),
        ]);
    }
    table
}
