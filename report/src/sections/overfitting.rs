//! Overfitting: the gap between training and validation images.

use crate::document::Document;
use pipelines::tables::metrics::OVER_SEEDS;

use crate::evaluated::{MetricSummary, ModelChange};
use crate::inputs::Inputs;
use crate::number::{p_value, percent, percent_to, points, points_interval};
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
        "interval",
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
            metric(None, "overfitting_gap")
                .and_then(|gap| gap.low.zip(gap.high))
                .map_or("–".to_owned(), |(low, high)| points_interval(low, high)),
            cell(metric(None, "delta"), points),
        ]);
    }
    if let Some(paper) = inputs.paper() {
        paper.add_delta(&mut table, &inputs.models);
    }
    document.table(&table);
    let confidence = percent_to(inputs.spec.evaluation.confidence, 0);
    document.paragraph(format!(
        "Means over runs, in per cent and percentage points. The {confidence} % interval of the fair gap \
         holds the choice of validation images and, with several seeds, the spread over seeds; an interval \
         above zero says that the model overfits.",
    ));
    changes(document, &tables.changes);
}

/// What each change did to the gap.
fn changes(document: &mut Document, changes: &[ModelChange]) {
    let mut table = Table::new([
        "model",
        "changed from",
        "fair gap",
        "interval",
        "p corrected",
        "overfits",
    ])
    .text_columns([1, 5]);
    for change in changes {
        let (Some(difference), Some(low), Some(high), Some(p)) = (
            change.gap_difference,
            change.gap_low,
            change.gap_high,
            change.gap_p_value_corrected,
        ) else {
            continue;
        };
        let seeds = match change.scope.as_str() {
            OVER_SEEDS => "",
            _ => ", in this run",
        };
        let overfits = match (change.gap_significant, difference > 0.0) {
            (Some(true), true) => format!("more{seeds}"),
            (Some(true), false) => format!("less{seeds}"),
            _ => "no evidence of a difference".to_owned(),
        };
        table.row([
            change.model.clone(),
            change.extends.clone(),
            points(difference),
            points_interval(low, high),
            p_value(p),
            overfits,
        ]);
    }
    if table.is_empty() {
        return;
    }
    document.paragraph(
        "How each change moved the fair gap; p is corrected over the changes (Holm). Below zero the \
         change overfits less.",
    );
    document.table(&table);
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
