//! Which classes are taken for which, for every model.

use crate::document::Document;
use crate::evaluated::ConfusionCell;
use crate::figures::confusion_matrix::{self, Counts, MAX_CLASSES};
use crate::inputs::{Inputs, ShownRun};
use crate::markdown::markdown;
use crate::number::{grouped, percent_to};
use crate::sections::NO_RUN;
use crate::table::Table;

/// Most confusions in the table that stands for a matrix of many classes.
const MAX_CONFUSIONS: usize = 30;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let whole = inputs.info().class_count() <= MAX_CLASSES;
    let heading = if whole {
        "Confusion matrices"
    } else {
        "Confusions"
    };
    document.heading(2, inputs.heading(heading, "confusion"));
    document.paragraph(if whole {
        markdown!("Test images, one run of each model. Rows are true classes and columns predicted classes. Blue \
         cells are right and red cells wrong; the colour grows with the square root of the share of the \
         row.")
    } else {
        markdown!("The most frequent confusions on the test images, one run of each model. A matrix of all \
         classes would be too large to read; `confusion_matrix.csv` has all of its cells.")
    });
    if let Some(note) = inputs.pictured_note() {
        document.paragraph(note);
    }
    if inputs.runs.is_empty() {
        document.paragraph(NO_RUN);
    }
    let champion = inputs.tables.champion().map(|row| row.model.as_str());
    for run in inputs.pictured_runs() {
        let cells: Vec<&ConfusionCell> = inputs
            .tables
            .confusion_matrix
            .iter()
            .filter(|row| row.model == run.model && row.seed == run.seed && row.split == "test")
            .collect();
        let show = |document: &mut Document| {
            if whole {
                matrix(document, inputs, run, &cells);
            } else {
                document.table(&table(&inputs.info().class_names, &cells));
            }
        };
        let name = format!("{}, seed {}", run.model, run.seed);
        if champion == Some(run.model.as_str()) {
            document.paragraph(markdown!(
                "**{}**, seed {}, the champion:",
                run.model,
                run.seed
            ));
            show(document);
        } else {
            document.details(&name, show);
        }
    }
}

fn matrix(document: &mut Document, inputs: &Inputs, run: &ShownRun, cells: &[&ConfusionCell]) {
    let class_names = &inputs.info().class_names;
    let title = format!("Confusion matrix of {}, seed {}", run.model, run.seed);
    let counts = counts(class_names.len(), cells);
    let svg = confusion_matrix::draw(&title, class_names, &counts);
    let alt = format!(
        "{title}, on the test images. {}",
        most_frequent(class_names, cells)
    );
    document.chart(&format!("confusion-{}", run.model), &alt, &svg);
}

fn counts(classes: usize, cells: &[&ConfusionCell]) -> Counts {
    let mut counts = vec![vec![0; classes]; classes];
    for cell in cells {
        if let Some(row) = counts.get_mut(cell.label as usize)
            && let Some(count) = row.get_mut(cell.predicted as usize)
        {
            *count = cell.count;
        }
    }
    counts
}

/// The most frequent errors, with their share of the true class's images.
fn table(class_names: &[String], cells: &[&ConfusionCell]) -> Table {
    let mut errors: Vec<&ConfusionCell> = cells
        .iter()
        .filter(|cell| cell.label != cell.predicted && cell.count > 0)
        .copied()
        .collect();
    errors.sort_by_key(|cell| (std::cmp::Reverse(cell.count), cell.label, cell.predicted));
    let mut table = Table::new([
        "true class",
        "predicted class",
        "images",
        "share of the true class, %",
    ])
    .text_columns([1]);
    let name = |label: u64| class_names.get(label as usize).cloned().unwrap_or_default();
    for cell in errors.into_iter().take(MAX_CONFUSIONS) {
        let of_class = cells.iter().filter(|other| other.label == cell.label);
        let support: u64 = of_class.map(|other| other.count).sum();
        table.row([
            name(cell.label),
            name(cell.predicted),
            grouped(cell.count),
            percent_to(cell.count as f64 / support as f64, 1),
        ]);
    }
    table
}

/// The most frequent error in words.
fn most_frequent(class_names: &[String], cells: &[&ConfusionCell]) -> String {
    let total: u64 = cells.iter().map(|cell| cell.count).sum();
    let (right, wrong): (Vec<&ConfusionCell>, Vec<_>) =
        cells.iter().partition(|cell| cell.label == cell.predicted);
    let right: u64 = right.iter().map(|cell| cell.count).sum();
    let worst = wrong
        .into_iter()
        .filter(|cell| cell.count > 0)
        .max_by_key(|cell| (cell.count, std::cmp::Reverse((cell.label, cell.predicted))));
    match worst {
        None => format!("{right} of {total} are right"),
        Some(cell) => format!(
            "{right} of {total} are right; the most frequent error is {} taken for {}, {} times",
            class_names[cell.label as usize], class_names[cell.predicted as usize], cell.count
        ),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn cell(label: u64, predicted: u64, count: u64) -> ConfusionCell {
        ConfusionCell {
            model: "model-1".to_owned(),
            seed: 0,
            split: "test".to_owned(),
            label,
            predicted,
            count,
        }
    }

    #[test]
    fn the_most_frequent_errors_are_named() {
        let names = ["oak", "birch", "elm"].map(str::to_owned);
        let cells = [cell(2, 2, 70), cell(2, 0, 20), cell(2, 1, 10)];
        let cells: Vec<_> = cells.iter().collect();
        assert_eq!(
            most_frequent(&names, &cells),
            "70 of 100 are right; the most frequent error is elm taken for oak, 20 times"
        );
        assert_eq!(most_frequent(&names, &[]), "0 of 0 are right");
        assert_eq!(counts(3, &cells)[2], [20, 10, 70]);
        expect![[r#"
            | true class | predicted class | images | share of the true class, % |
            | --- | --- | --: | --: |
            | elm | oak | 20 | 20.0 |
            | elm | birch | 10 | 10.0 |"#]]
        .assert_eq(&table(&names, &cells).markdown());
    }
}
