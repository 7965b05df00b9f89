//! The first test images and the first errors of every model.

use anyhow::Result;

use crate::document::Document;
use crate::figures::predictions::{self, MAX_BARS, Tile};
use crate::inputs::{Inputs, ShownRun};
use crate::sections::NO_RUN;

/// Most images in a figure.
const MAX_SHOWN: usize = 25;

/// Writes the section.
///
/// # Errors
/// An image that cannot be encoded.
pub fn write(document: &mut Document, inputs: &Inputs) -> Result<()> {
    document.heading(
        2,
        inputs.heading("First predictions and first errors", "predictions"),
    );
    let bars = if inputs.info().class_count() > MAX_BARS {
        format!("the {MAX_BARS} highest probabilities, in the order of their labels")
    } else {
        "the probability of each class, by label".to_owned()
    };
    document.paragraph(format!(
        "The bars beside each image show {bars}. Below it are the predicted class with its probability and, \
         in brackets, the true class. Blue is right and red is wrong; in an error the bar of the true class \
         is blue as well."
    ));
    if let Some(note) = inputs.pictured_note() {
        document.paragraph(note);
    }
    if inputs.runs.is_empty() {
        document.paragraph(NO_RUN);
    }
    let champion = inputs.tables.champion().map(|row| row.model.as_str());
    for run in inputs.pictured_runs() {
        let first: Vec<usize> = (0..run.test.len().min(MAX_SHOWN)).collect();
        let errors: Vec<usize> = (0..run.test.len())
            .filter(|&row| !run.is_correct(row))
            .take(MAX_SHOWN)
            .collect();
        let right = first.iter().filter(|&&row| run.is_correct(row)).count();
        let name = format!("{}, seed {}", run.model, run.seed);
        let first = figure(
            inputs,
            run,
            &first,
            &format!(
                "First {} test images, predicted by {name}: {right} right",
                first.len()
            ),
        )?;
        let errors = figure(
            inputs,
            run,
            &errors,
            &format!("First {} errors of {name} on the test images", errors.len()),
        )?;
        let charts = |document: &mut Document| {
            for (kind, (title, svg)) in [("predictions", &first), ("errors", &errors)] {
                document.paragraph(format!("{title}."));
                document.chart(&format!("first-{kind}-{}", run.model), title, svg);
            }
        };
        if champion == Some(run.model.as_str()) {
            charts(document);
        } else {
            document.details(&name, charts);
        }
    }
    Ok(())
}

fn figure(
    inputs: &Inputs,
    run: &ShownRun,
    rows: &[usize],
    title: &str,
) -> Result<(String, crate::svg::Svg)> {
    let tiles: Vec<Tile<'_>> = rows
        .iter()
        .filter_map(|&row| {
            Some(Tile {
                image: inputs.test_picture(run.test.ids[row])?,
                label: run.test.labels[row],
                predicted: run.test.predicted(row),
                probabilities: run.test.row(row),
            })
        })
        .collect();
    Ok((
        title.to_owned(),
        predictions::draw(title, &inputs.info().class_names, &tiles)?,
    ))
}
