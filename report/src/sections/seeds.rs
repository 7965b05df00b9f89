//! How much the seed matters.

use crate::document::Document;
use crate::figures::seed_spread::{self, Row};
use crate::inputs::Inputs;
use crate::markdown::markdown;
use crate::number::percent;
use crate::sections::NO_RUN;
use crate::table::Table;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Spread over seeds");
    let tables = &inputs.tables;
    let rows: Vec<Row> = inputs
        .models
        .iter()
        .map(|model| {
            let runs: Vec<_> = tables
                .accuracies
                .iter()
                .filter(|row| row.model == *model)
                .collect();
            Row {
                name: model.clone(),
                test: runs.iter().map(|row| row.test_accuracy).collect(),
                validation: runs
                    .iter()
                    .filter_map(|row| row.validation_accuracy)
                    .collect(),
                std: tables
                    .metric(model, Some("test"), "accuracy")
                    .and_then(|row| row.std),
            }
        })
        .filter(|row| !row.test.is_empty())
        .collect();
    if rows.is_empty() {
        document.paragraph(NO_RUN);
        return;
    }
    if rows.iter().all(|row| row.std.is_none()) {
        document.paragraph(markdown!(
            "Every model was trained from one seed, so nothing here says how much another seed would \
             change: the intervals hold the choice of test images alone. `--seeds 0..5` trains five."
        ));
        return;
    }
    let single: Vec<&str> = rows
        .iter()
        .filter(|row| row.std.is_none())
        .map(|row| row.name.as_str())
        .collect();
    if !single.is_empty() {
        document.paragraph(format!(
            "One seed only, so without a spread of their own: {}.",
            single.join(", ")
        ));
    }
    let alt = "Accuracy of every seed of every model on validation and test images; the table below \
               has the numbers";
    document.chart("seed-spread", alt, &seed_spread::draw(&rows));
    let mut table = Table::new([
        "model",
        "seeds",
        "mean",
        "standard deviation",
        "least",
        "greatest",
        "standard error by images",
        "by seeds",
        "interval",
    ]);
    for row in tables
        .summary
        .iter()
        .filter(|row| row.metric == "accuracy" && row.split.as_deref() == Some("test"))
    {
        let cell = |value: Option<f64>| value.map_or("–".to_owned(), percent);
        table.row([
            row.model.clone(),
            row.runs.to_string(),
            percent(row.mean),
            cell(row.std),
            percent(row.min),
            percent(row.max),
            cell(row.sampling_std_error),
            cell(row.seed_std_error),
            row.low.zip(row.high).map_or(String::new(), |(low, high)| {
                crate::number::percent_interval(low, high)
            }),
        ]);
    }
    document.table(&table);
    document.paragraph("Test accuracy in per cent; errors and deviations in percentage points.");
}
