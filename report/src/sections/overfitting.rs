//! Overfitting measured fairly, beside the paper's delta.

use crate::document::Document;
use crate::evaluated::Summary;
use crate::inputs::Inputs;
use crate::number::{percent, points};
use crate::table::Table;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Overfitting");
    document.paragraph(
        "The paper's delta takes the best epoch's running train accuracy and the last epoch's test \
         accuracy. The running figure is measured with dropout on and on augmented images, so that \
         delta mixes overfitting with both. The fair gap uses one network at one time: accuracy on the \
         un-augmented training rows in inference mode − accuracy on the validation rows, both after the \
         last epoch.",
    );
    let tables = &inputs.tables;
    let mut table = Table::new([
        "model",
        "highest train, running",
        "train, inference",
        "validation",
        "test",
        "fair gap",
        "our delta",
        "paper's delta",
    ]);
    for model in &inputs.models {
        let metric = |split, name| tables.metric(model, split, name);
        let cell = |row: Option<&Summary>, print: fn(f64) -> String| {
            row.map_or("–".to_owned(), |row| print(row.mean))
        };
        table.row([
            model.clone(),
            cell(metric(Some("train"), "highest_train_accuracy"), percent),
            train_inference(inputs, model),
            cell(metric(Some("validation"), "accuracy"), percent),
            cell(metric(Some("test"), "accuracy"), percent),
            cell(metric(None, "overfitting_gap"), points),
            cell(metric(None, "delta"), points),
            inputs
                .published
                .accuracy(model)
                .map_or(String::new(), |row| {
                    crate::number::signed(row.delta_points, 2)
                }),
        ]);
    }
    document.table(&table);
    document.paragraph("Means over runs, in per cent and percentage points.");
}

/// Mean over the runs that have it.
fn train_inference(inputs: &Inputs, model: &str) -> String {
    let values: Vec<f64> = inputs
        .tables
        .table_1
        .iter()
        .filter(|row| row.model == model)
        .filter_map(|row| row.train_inference_accuracy)
        .collect();
    if values.is_empty() {
        return "–".to_owned();
    }
    percent(values.iter().sum::<f64>() / values.len() as f64)
}
