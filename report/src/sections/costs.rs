//! What accuracy costs in parameters and time.

use std::collections::BTreeSet;

use pipelines::tables::split::Split;

use crate::document::Document;
use crate::evaluated::TrainingTime;
use crate::figures::costs::{self, Cost, Point};
use crate::inputs::Inputs;
use crate::markdown::{Markdown, markdown};
use crate::number::{self, cell, decimal, grouped, percent};
use crate::sections::NO_RUN;
use crate::sections::data::images_of;
use crate::table::Table;
use crate::words::count;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Accuracy and cost");
    let tables = &inputs.tables;
    let mut parameters = Vec::new();
    let mut durations = Vec::new();
    let mut table = Table::new([
        "model",
        "test",
        "parameters",
        "MACs an image",
        "operations",
        "training",
        "an epoch",
        "images/s",
        "threads",
        "processor",
        "instruction set",
    ])
    .text_columns([9, 10]);
    for model in inputs.spec_models() {
        let Some(test) = tables.metric(&model.name, Some("test"), "accuracy") else {
            continue;
        };
        let Ok(architecture) = inputs.spec.architecture(model) else {
            continue;
        };
        let accuracy = (
            test.mean,
            test.low.unwrap_or(test.mean),
            test.high.unwrap_or(test.mean),
        );
        let point = |cost| Point {
            name: model.name.clone(),
            cost,
            accuracy,
        };
        parameters.push(point(architecture.parameters() as f64));
        let times: Vec<_> = tables
            .training_times
            .iter()
            .filter(|row| row.model == model.name)
            .collect();
        let median = |value: fn(&TrainingTime) -> f64| tables.median_time(&model.name, value);
        let duration_s = median(|row| row.duration_s);
        durations.extend(duration_s.filter(|seconds| *seconds > 0.0).map(point));
        table.row([
            model.name.clone(),
            percent(test.mean),
            grouped(architecture.parameters() as u64),
            format!("{} M", decimal(architecture.macs() as f64 / 1e6, 3)),
            cell(operations(inputs, &model.name), number::operations),
            cell(duration_s, number::duration),
            cell(median(|row| row.median_epoch_s), number::duration),
            cell(median(|row| row.images_per_s), |speed| {
                grouped(speed.round() as u64)
            }),
            times
                .first()
                .map_or(String::new(), |row| row.threads.to_string()),
            times
                .first()
                .map_or(String::new(), |row| row.processor.clone()),
            instruction_sets(&times),
        ]);
    }
    if parameters.is_empty() {
        document.paragraph(NO_RUN);
        return;
    }
    if parameters.len() > 1 {
        chart(document, parameters, durations);
    }
    document.table(&table);
    document.paragraph(
        "Operations are those of one training, in floating point: two for each multiply-accumulate of every \
         image in every epoch, in the forward pass and in the passes for the gradients of weights and of \
         inputs; the images themselves need no gradient. Fast convolution carries out fewer. Training is all epochs with validation, median over runs.",
    );
}

/// Accuracy against both costs.
fn chart(document: &mut Document, parameters: Vec<Point>, durations: Vec<Point>) {
    document.paragraph(
        "Test accuracy with its interval, against the number of parameters and against training time. Both \
         horizontal scales are logarithmic.",
    );
    let panels = [
        Cost {
            title: "parameters",
            label: |value, _| {
                if value >= 1e6 {
                    format!("{} M", value / 1e6)
                } else {
                    format!("{} k", value / 1e3)
                }
            },
            points: parameters,
        },
        Cost {
            title: "training time",
            label: |value, _| match value {
                value if value < 60.0 => format!("{value} s"),
                value => format!("{} s", grouped(value.round() as u64)),
            },
            points: durations,
        },
    ];
    let alt = "Test accuracy of each model against its parameters and its training time; the table \
               below has the numbers";
    document.chart("costs", alt, &costs::draw(&panels));
}

/// What a training of `model` takes; `None` without a finished run.
pub fn sentence(inputs: &Inputs, model: &str) -> Option<Markdown> {
    let tables = &inputs.tables;
    let mut times = tables.training_times.iter();
    let first = times.find(|row| row.model == model)?;
    let processor = match &first.instruction_set {
        Some(set) => format!("{} ({set})", first.processor),
        None => first.processor.clone(),
    };
    Some(markdown!(
        "Training {} takes {} on {} of {} (median over runs): {}.",
        model,
        number::duration(tables.median_time(model, |row| row.duration_s)?),
        count(usize::try_from(first.threads).ok()?, "thread"),
        processor,
        number::operations(operations(inputs, model)?),
    ))
}

/// Floating-point operations of a training of `model`, median over runs.
fn operations(inputs: &Inputs, model: &str) -> Option<f64> {
    let epochs = inputs.tables.median_time(model, |row| row.epochs as f64)?;
    let model = inputs.spec.model(model).ok()?;
    let architecture = inputs.spec.architecture(model).ok()?;
    let images = images_of(&inputs.overview, Split::Train) as f64;
    Some(architecture.training_operations() as f64 * images * epochs)
}

/// All that the runs were made with.
fn instruction_sets(times: &[&TrainingTime]) -> String {
    let names: BTreeSet<&str> = times
        .iter()
        .map(|row| row.instruction_set.as_deref().unwrap_or("not recorded"))
        .collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
