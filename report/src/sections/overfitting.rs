//! Overfitting: the gap between training and validation images.

use crate::document::Document;
use crate::evaluated::MetricSummary;
use crate::inputs::Inputs;
use crate::number::{percent, points};
use crate::table::Table;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Overfitting");
    document.paragraph(
        "The fair gap compares two accuracies of one network after its last epoch, both in inference \
         mode: on the training images without augmentation − on the validation images. Delta is the \
         highest running train accuracy of an epoch − test accuracy. The running figure is measured with \
         dropout and on augmented images, so delta mixes overfitting with both.",
    );
    let tables = &inputs.tables;
    let mut table = Table::new([
        "model",
        "highest train, running",
        "train, inference",
        "validation",
        "test",
        "fair gap",
        "delta",
    ]);
    for model in &inputs.models {
        let metric = |split, name| tables.metric(model, split, name);
        let cell = |row: Option<&MetricSummary>, print: fn(f64) -> String| {
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
        ]);
    }
    if let Some(paper) = inputs.paper() {
        paper.add_delta(&mut table, &inputs.models);
    }
    document.table(&table);
    document.paragraph("Means over runs, in per cent and percentage points.");
}

/// Mean over the runs that have it.
fn train_inference(inputs: &Inputs, model: &str) -> String {
    let values: Vec<f64> = inputs
        .tables
        .accuracies
        .iter()
        .filter(|row| row.model == model)
        .filter_map(|row| row.train_inference_accuracy)
        .collect();
    if values.is_empty() {
        return "–".to_owned();
    }
    percent(values.iter().sum::<f64>() / values.len() as f64)
}
