//! Confusion matrices of every model: Figures 5 and 6.

use pipelines::class::{CLASS_COUNT, CLASS_NAMES};

use crate::document::Document;
use crate::evaluated::ConfusionCell;
use crate::figures::confusion_matrix::{self, Counts};
use crate::inputs::Inputs;
use crate::sections::NO_RUN;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Confusion matrices (Figures 5 and 6)");
    document.paragraph(
        "Test images of one run of each model: rows are true classes, columns predicted ones. Blue is \
         right, red is wrong; strength grows with the root of the share of the row.",
    );
    if inputs.runs.is_empty() {
        document.paragraph(NO_RUN);
    }
    let champion = inputs.tables.champion().map(|row| row.model.as_str());
    for run in &inputs.runs {
        let counts = counts(&inputs.tables.confusion_matrix, &run.model, run.seed);
        let title = format!("Confusion matrix of {}, seed {}", run.model, run.seed);
        let svg = confusion_matrix::draw(&title, &counts);
        let alt = format!("{title}, on the test images. {}", worst(&counts));
        let chart = |document: &mut Document| {
            document.chart(&format!("confusion-{}", run.model), &alt, &svg);
        };
        if champion == Some(run.model.as_str()) {
            document.paragraph(&format!(
                "**{}**, seed {}, the champion:",
                run.model, run.seed
            ));
            chart(document);
        } else {
            document.details(&format!("{}, seed {}", run.model, run.seed), chart);
        }
    }
}

/// The matrix of one run on the test images.
fn counts(cells: &[ConfusionCell], model: &str, seed: u64) -> Counts {
    let mut counts = Counts::default();
    for cell in cells {
        if cell.model == model
            && cell.seed == seed
            && cell.split == "test"
            && let Some(row) = counts.get_mut(cell.label as usize)
            && let Some(count) = row.get_mut(cell.predicted as usize)
        {
            *count = cell.count;
        }
    }
    counts
}

/// The most frequent error in words.
fn worst(counts: &Counts) -> String {
    let mut worst = (0, 0, 0);
    for (label, row) in counts.iter().enumerate() {
        for (predicted, &count) in row.iter().enumerate() {
            if label != predicted && count > worst.2 {
                worst = (label, predicted, count);
            }
        }
    }
    let hits: u64 = (0..CLASS_COUNT).map(|class| counts[class][class]).sum();
    let total: u64 = counts.iter().flatten().sum();
    match worst {
        (_, _, 0) => format!("{hits} of {total} are right"),
        (label, predicted, count) => format!(
            "{hits} of {total} are right; the most frequent error is {} taken for {}, {count} times",
            CLASS_NAMES[label], CLASS_NAMES[predicted]
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_error_is_named() {
        let cell = |label, predicted, count| ConfusionCell {
            model: "model-1".to_owned(),
            seed: 0,
            split: "test".to_owned(),
            label,
            predicted,
            count,
        };
        let cells = [cell(6, 6, 70), cell(6, 0, 20), cell(6, 4, 10)];
        assert_eq!(
            worst(&counts(&cells, "model-1", 0)),
            "70 of 100 are right; the most frequent error is Shirt taken for T-shirt/top, 20 times"
        );
        assert_eq!(worst(&counts(&cells, "model-2", 0)), "0 of 0 are right");
    }
}
