//! The first test images and the first errors of every model: Figures 9 and 10.

use anyhow::Result;

use crate::document::Document;
use crate::figures::predictions::{self, Tile};
use crate::inputs::{Inputs, ShownRun};
use crate::sections::NO_RUN;

/// Images of the paper's figures.
const SHOWN: usize = 25;

/// Writes the section.
///
/// # Errors
/// An image that cannot be encoded.
pub fn write(document: &mut Document, inputs: &Inputs) -> Result<()> {
    document.heading(2, "First predictions and first errors (Figures 9 and 10)");
    document.paragraph(
        "Beside each image the ten probabilities by label; below, the predicted class with its \
         probability and, in brackets, the true class. Blue is right, red is wrong, grey the rest; in an \
         error the true class's bar is blue too.",
    );
    if inputs.runs.is_empty() {
        document.paragraph(NO_RUN);
    }
    let champion = inputs.tables.champion().map(|row| row.model.as_str());
    for run in &inputs.runs {
        let first: Vec<usize> = (0..run.test.len().min(SHOWN)).collect();
        let errors: Vec<usize> = (0..run.test.len())
            .filter(|&row| run.test.predicted(row) != run.test.labels[row])
            .take(SHOWN)
            .collect();
        let right = first
            .iter()
            .filter(|&&row| run.test.predicted(row) == run.test.labels[row])
            .count();
        let name = format!("{}, seed {}", run.model, run.seed);
        let first = figure(
            inputs,
            run,
            &first,
            &format!(
                "First {} test images as {name} sees them: {right} right",
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
                document.paragraph(&format!("{title}."));
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
                image: inputs.test_image(run.test.ids[row])?,
                label: run.test.labels[row],
                predicted: run.test.predicted(row),
                probabilities: run.probabilities(row),
            })
        })
        .collect();
    Ok((title.to_owned(), predictions::draw(title, &tiles)?))
}
