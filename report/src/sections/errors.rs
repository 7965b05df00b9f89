//! Which classes are taken for each other, which images are hardest, how models agree.

use anyhow::Result;

use crate::document::Document;
use crate::evaluated::{ConfusedPair, HardImage};
use crate::figures::confusion_pairs::{self, MAX_IMAGES, Side, Tile};
use crate::figures::image_grid::{self, Grid};
use crate::inputs::{Inputs, ShownRun};
use crate::number::{self, decimal, percent_to};
use crate::sections::NO_RUN;
use crate::table::Table;

/// Most pairs whose errors are shown.
const MAX_PAIRS: usize = 6;
/// Most of the hardest images that are shown, and how many of them in a row.
const MAX_HARDEST: usize = 20;
const HARDEST_COLUMNS: usize = 10;

/// Writes the section.
///
/// # Errors
/// An image that cannot be encoded.
pub fn write(document: &mut Document, inputs: &Inputs) -> Result<()> {
    document.heading(2, "Errors");
    document.heading(3, "By pair of classes");
    pairs(document, inputs)?;
    document.heading(3, "Hardest images");
    hardest(document, inputs)?;
    document.heading(3, "Agreement between models");
    agreement(document, inputs);
    Ok(())
}

fn pairs(document: &mut Document, inputs: &Inputs) -> Result<()> {
    let tables = &inputs.tables;
    let model = tables.singled_out();
    let Some(run) = model.and_then(|row| inputs.run(&row.model)) else {
        document.paragraph(match tables.ranking.is_empty() {
            true => NO_RUN,
            false => "There is no champion whose errors could be shown.",
        });
        return Ok(());
    };
    let worst: Vec<&ConfusedPair> = tables
        .confusions
        .iter()
        .filter(|row| row.model == run.model)
        .take(MAX_PAIRS)
        .collect();
    let share: f64 = worst.iter().map(|row| row.share_of_errors).sum();
    let subject = match tables.champion() {
        Some(_) => format!("The champion, {},", run.model),
        None => run.model.clone(),
    };
    document.paragraph(format!(
        "{subject} most often confuses these {} pairs of classes, which account for {} % of its errors. The \
         figure shows its most confident errors (seed {}) with the probability of the wrong class.",
        worst.len(),
        percent_to(share, 0),
        run.seed
    ));
    let gallery: Vec<[Side; 2]> = worst
        .iter()
        .map(|pair| {
            let (a, b) = (pair.label_a as u16, pair.label_b as u16);
            [side(inputs, run, a, b), side(inputs, run, b, a)]
        })
        .collect();
    let title = format!("Most confident errors of {} by pair of classes", run.model);
    let spoken: Vec<_> = worst
        .iter()
        .map(|pair| {
            format!(
                "{} and {} {} errors",
                pair.class_a,
                pair.class_b,
                count(pair.errors)
            )
        })
        .collect();
    let alt = format!("{title}: {}", spoken.join("; "));
    document.chart(
        "error-gallery",
        &alt,
        &confusion_pairs::draw(&title, &gallery)?,
    );
    document.details("Most confused pairs of every model", |document| {
        let mut table = Table::new([
            "model",
            "rank",
            "a",
            "b",
            "a as b",
            "b as a",
            "errors",
            "share of errors, %",
        ])
        .text_columns([2, 3]);
        for row in tables
            .confusions
            .iter()
            .filter(|row| row.rank <= MAX_PAIRS as u64)
        {
            table.row([
                row.model.clone(),
                row.rank.to_string(),
                row.class_a.clone(),
                row.class_b.clone(),
                count(row.a_as_b),
                count(row.b_as_a),
                count(row.errors),
                percent_to(row.share_of_errors, 1),
            ]);
        }
        document.table(&table);
    });
    Ok(())
}

/// Images of class `label` that `run` takes for `predicted`.
fn side(inputs: &Inputs, run: &ShownRun, label: u16, predicted: u16) -> Side {
    let mut errors: Vec<(f64, u32)> = (0..run.test.len())
        .filter(|&row| run.test.labels[row] == label && run.test.predicted(row) == predicted)
        .map(|row| (run.confidence(row), run.test.ids[row]))
        .collect();
    errors.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let name = |class: u16| inputs.info().class_name(class);
    let tiles = errors
        .iter()
        .take(MAX_IMAGES)
        .filter_map(|&(confidence, id)| {
            let image = inputs.test_picture(id)?;
            Some(Tile { image, confidence })
        })
        .collect();
    Side {
        caption: format!(
            "{} × {} taken for {}",
            errors.len(),
            name(label),
            name(predicted)
        ),
        tiles,
    }
}

/// A mean count, without decimals where it is whole.
fn count(mean: f64) -> String {
    decimal(mean, usize::from(mean.fract() != 0.0))
}

fn hardest(document: &mut Document, inputs: &Inputs) -> Result<()> {
    let hardest: Vec<_> = inputs
        .tables
        .hardest_images
        .iter()
        .take(MAX_HARDEST)
        .collect();
    if hardest.is_empty() {
        document.paragraph("No test image is misclassified by most models.");
        return Ok(());
    }
    document.paragraph(found(&inputs.tables.hardest_images, hardest.len()));
    let tiles = hardest.iter().filter_map(|row| {
        let image = inputs.test_picture(u32::try_from(row.id).ok()?)?;
        Some(image_grid::Tile {
            images: vec![image],
            lines: vec![
                row.class.clone(),
                format!("→ {}", row.predicted_class),
                format!("{} % wrong", percent_to(row.wrong_share, 0)),
                format!("#{}", row.id),
            ],
        })
    });
    let grid = Grid::wrapped(HARDEST_COLUMNS, 80.0, 9.5, tiles.collect());
    let spoken: Vec<_> = hardest
        .iter()
        .map(|row| format!("{} {} taken for {}", row.id, row.class, row.predicted_class))
        .collect();
    let title = "Test images that most models get wrong";
    let alt = format!("{title}: {}", spoken.join("; "));
    document.chart("hardest-images", &alt, &grid.draw(title)?);
    Ok(())
}

/// What is said of the table of hardest images, which ends at a number of rows, so it does not tell how many
/// images most models misclassify.
fn found(rows: &[HardImage], shown: usize) -> String {
    let everywhere = rows.iter().filter(|row| row.wrong_runs == row.runs).count();
    let of_them = match everywhere == rows.len() {
        true => "all of them".to_owned(),
        false => format!("{} of them", number::grouped(everywhere as u64)),
    };
    format!(
        "Most models misclassify the {} hardest test images, and every run of every model misclassifies \
         {of_them}. The figure shows the {shown} hardest with their true class, the class that most runs \
         predict, the share of models that are wrong, and the row number.",
        number::grouped(rows.len() as u64),
    )
}

fn agreement(document: &mut Document, inputs: &Inputs) {
    let rows = &inputs.tables.agreement;
    let most = rows.iter().max_by(|a, b| a.kappa.total_cmp(&b.kappa));
    let least = rows.iter().min_by(|a, b| a.kappa.total_cmp(&b.kappa));
    let (Some(most), Some(least)) = (most, least) else {
        document.paragraph("There are not two runs to compare.");
        return;
    };
    let pair = |a: &str, b: &str| {
        if a == b {
            format!("two seeds of {a}")
        } else {
            format!("{a} and {b}")
        }
    };
    document.paragraph(format!(
        "The two that agree most are {}: they predict the same class for {} % of the test images. The two that \
         agree least are {} ({} %).",
        pair(&most.model_a, &most.model_b),
        percent_to(most.agreement, 1),
        pair(&least.model_a, &least.model_b),
        percent_to(least.agreement, 1)
    ));
    document.details("Every two models", |document| {
        let mut table = Table::new([
            "a",
            "b",
            "same class, %",
            "kappa",
            "both right, %",
            "both wrong, %",
            "same wrong class, %",
        ])
        .text_columns([1]);
        for row in rows {
            table.row([
                row.model_a.clone(),
                row.model_b.clone(),
                percent_to(row.agreement, 1),
                decimal(row.kappa, 3),
                percent_to(row.both_correct, 1),
                percent_to(row.both_wrong, 1),
                percent_to(row.same_wrong_class, 1),
            ]);
        }
        document.table(&table);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_hardest_images_does_not_tell_how_many_there_are() {
        let image = |wrong_runs| HardImage {
            rank: 1,
            id: 7,
            label: 0,
            class: "Shirt".to_owned(),
            wrong_share: 0.9,
            wrong_runs,
            runs: 3,
            predicted: 1,
            predicted_class: "Coat".to_owned(),
            true_probability: 0.1,
        };
        let begins = |rows: &[HardImage], text| assert!(found(rows, 1).starts_with(text));
        begins(
            &[image(3), image(2)],
            "Most models misclassify the 2 hardest test images, and every run of every model misclassifies 1 of",
        );
        begins(
            &[image(3), image(3)],
            "Most models misclassify the 2 hardest test images, and every run of every model misclassifies all of",
        );
    }
}
