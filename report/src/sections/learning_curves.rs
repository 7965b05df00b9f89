//! How accuracy and loss went from epoch to epoch.

use crate::document::Document;
use crate::evaluated::EpochScores;
use crate::figures::learning_curves::{self, Curve, Model};
use crate::inputs::Inputs;
use crate::number;
use crate::panel::{percent_label, plain_label};
use crate::sections::NO_RUN;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Learning curves");
    let tables = &inputs.tables;
    let validates = |epoch: &EpochScores| epoch.validation_accuracy.is_some();
    let mut measured = String::from(
        "Train is the running figure of the epoch. It is measured in training mode (dropout on, batch \
         statistics, augmented images) while the weights still change.",
    );
    if tables.histories.iter().any(validates) {
        measured +=
            " Validation is measured after the epoch. Train can therefore lie below validation.";
    }
    document.paragraph(measured);
    let accuracy = models(
        inputs,
        |epoch| (epoch.train_accuracy, epoch.validation_accuracy),
        |model, seed| {
            let mut rows = tables.accuracies.iter();
            rows.find(|row| row.model == model && row.seed == seed)
                .map(|row| row.test_accuracy)
        },
    );
    if accuracy.is_empty() {
        document.paragraph(NO_RUN);
        return;
    }
    let spoken: Vec<_> = accuracy
        .iter()
        .filter_map(|model| {
            let run = model.runs.first()?;
            let validation = run.validation.last();
            Some(format!(
                "{} train {}{} after {} epochs",
                model.name,
                number::percent(*run.train.last()?),
                validation.map_or(String::new(), |accuracy| format!(
                    ", validation {}",
                    number::percent(*accuracy)
                )),
                run.train.len()
            ))
        })
        .collect();
    let alt = format!("Accuracy by epoch in per cent: {}", spoken.join("; "));
    let svg = learning_curves::draw("Accuracy by epoch", &accuracy, percent_label);
    document.chart("learning-curves-accuracy", &alt, &svg);
    let loss = models(
        inputs,
        |epoch| (epoch.train_loss, epoch.validation_loss),
        |model, seed| {
            let mut rows = tables.runs.iter();
            rows.find(|row| row.model == model && row.seed == seed && row.split == "test")
                .map(|row| row.log_loss)
        },
    );
    document.paragraph("Cross-entropy in nats:");
    let svg = learning_curves::draw("Cross-entropy by epoch", &loss, plain_label);
    let alt = "Cross-entropy by epoch of each model, for training, validation and test images";
    document.chart("learning-curves-loss", alt, &svg);
}

fn models(
    inputs: &Inputs,
    values: fn(&EpochScores) -> (f64, Option<f64>),
    test: impl Fn(&str, u64) -> Option<f64>,
) -> Vec<Model> {
    inputs
        .models
        .iter()
        .map(|name| {
            let runs = inputs.seeds.iter().filter_map(|&seed| {
                let rows = inputs.tables.histories.iter();
                let rows = rows.filter(|row| row.model == *name && row.seed == seed);
                let (train, validation): (Vec<_>, Vec<_>) = rows.map(values).unzip();
                let validation = validation.into_iter().flatten().collect();
                (!train.is_empty()).then(|| Curve {
                    train,
                    validation,
                    test: test(name, seed),
                })
            });
            Model {
                name: name.clone(),
                runs: runs.collect(),
            }
        })
        .filter(|model| !model.runs.is_empty())
        .collect()
}
