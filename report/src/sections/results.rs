//! Accuracies of every model.

mod accuracies_table;
mod views_table;

use pipelines::spec::Model;

use crate::document::Document;
use crate::evaluated::Tables;
use crate::figures::accuracies::{self, Row};
use crate::inputs::Inputs;
use crate::number::{self, cell, percent, points};
use crate::sections::changes;
use crate::table::Table;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Results");
    changes::write(document, inputs);
    document.heading(3, inputs.heading("Accuracies", "accuracies"));
    let models: Vec<&Model> = inputs.spec_models().collect();
    figure(document, inputs, &models);
    tables(document, inputs, &models);
    let failures = &inputs.tables.failures;
    if !failures.is_empty() {
        document.heading(3, "Failed runs");
        let mut table = Table::new(["model", "seed", "what went wrong"]).text_columns([2]);
        for failure in failures {
            table.row([
                failure.model.clone(),
                failure.seed.to_string(),
                failure.reason.clone(),
            ]);
        }
        document.table(&table);
        document.paragraph("Failed runs are in no other table and in no mean.");
    }
    if let Some(paper) = inputs.paper() {
        paper.write_figures(document);
    }
    runs(document, &inputs.tables);
}

fn tables(document: &mut Document, inputs: &Inputs, models: &[&Model]) {
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    let paper = inputs.paper();
    let mut test = accuracies_table::test(&names, &inputs.tables);
    let mut highest = accuracies_table::highest(&names, &inputs.tables);
    if let Some(paper) = &paper {
        paper.add_to_test_accuracies(&mut test, &names);
        paper.add_to_highest_accuracies(&mut highest, &names);
    }
    if inputs.is_uneven() {
        for (head, metric) in [
            ("macro F1", "macro_f1"),
            ("mean recall", "balanced_accuracy"),
        ] {
            test.push_column(
                head,
                accuracies_table::column(&names, &inputs.tables, metric),
            );
        }
    }
    let titles = models.iter().map(|model| model.title.clone()).collect();
    test.insert_column(1, "what it is", titles);
    document.table(&test.text_columns([1]));
    document.table(&highest);
    views_table::write(document, inputs, &names);
    let confidence = number::percent_to(inputs.spec.evaluation.confidence, 0);
    document.paragraph(format!(
        "Per cent; differences in percentage points. Highest train and validation are the maxima over \
         epochs: train is Keras's running figure, measured in training mode before each update. Test \
         is after the last epoch. Delta is highest train − test. The {confidence} % \
         interval is {}. The best of our validation and test figures is bold.{}",
        interval(inputs),
        paper.map_or("", |paper| paper.accuracies_note())
    ));
    if inputs.is_uneven() {
        document.paragraph(
            "The classes are uneven. Macro F1 and mean recall (balanced accuracy) weigh every class alike, \
             so a model that neglects the small classes shows there.",
        );
    }
}

/// What the interval of an accuracy holds.
fn interval(inputs: &Inputs) -> &'static str {
    let runs: Vec<u64> = inputs.tables.ranking.iter().map(|row| row.runs).collect();
    match (runs.iter().any(|&runs| runs > 1), runs.contains(&1)) {
        (true, false) => "over test images and seeds, with Student's quantiles of each",
        (true, true) => {
            "over test images and seeds, with Student's quantiles of each; where there is one run, \
             Wilson's over the images alone"
        }
        _ => "Wilson's, over the test images alone",
    }
}

fn figure(document: &mut Document, inputs: &Inputs, models: &[&Model]) {
    let paper = inputs.paper();
    let rows: Vec<Row> = models
        .iter()
        .map(|model| {
            let test = inputs.tables.metric(&model.name, Some("test"), "accuracy");
            Row {
                name: model.name.clone(),
                title: model.title.clone(),
                ours: test.and_then(|test| Some((test.mean, test.low?, test.high?))),
                runs: runs_of(&inputs.tables, &model.name),
                reference: paper.and_then(|paper| paper.test_accuracy(&model.name)),
            }
        })
        .collect();
    if rows.iter().all(|row| row.ours.is_none()) {
        return;
    }
    let spoken: Vec<_> = rows
        .iter()
        .map(|row| match (row.ours, row.reference) {
            (Some((mean, ..)), Some(reference)) => {
                format!(
                    "{} {} against {}",
                    row.name,
                    percent(mean),
                    percent(reference)
                )
            }
            (Some((mean, ..)), None) => format!("{} {}", row.name, percent(mean)),
            (None, _) => format!("{} failed", row.name),
        })
        .collect();
    let alt = format!(
        "Test accuracy{}: {}",
        paper.map_or("", |paper| paper.beside()),
        spoken.join("; ")
    );
    let svg = accuracies::draw(
        &rows,
        inputs.spec.evaluation.confidence,
        paper.map(|paper| paper.mark_names()),
    );
    document.chart("accuracies", &alt, &svg);
}

/// Test accuracies of the runs of `model`.
pub fn runs_of(tables: &Tables, model: &str) -> Vec<f64> {
    let rows = tables.accuracies.iter().filter(|row| row.model == model);
    rows.map(|row| row.test_accuracy).collect()
}

fn runs(document: &mut Document, tables: &Tables) {
    document.details("Every run", |document| {
        let mut table = Table::new([
            "model",
            "seed",
            "epochs",
            "highest train",
            "highest validation",
            "in epoch",
            "last validation",
            "test",
            "delta",
        ]);
        for row in &tables.accuracies {
            table.row([
                row.model.clone(),
                row.seed.to_string(),
                row.epochs.to_string(),
                percent(row.highest_train_accuracy),
                cell(row.highest_validation_accuracy, percent),
                row.best_epoch
                    .map_or(String::new(), |epoch| epoch.to_string()),
                cell(row.validation_accuracy, percent),
                percent(row.test_accuracy),
                points(row.delta),
            ]);
        }
        document.table(&table);
    });
}
