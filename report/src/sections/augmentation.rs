//! What augmentation does to the images.

use anyhow::Result;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type};
use pipelines::tables::images::Images;

use crate::document::Document;
use crate::figures::image_grid::{Grid, Row, Tile};
use crate::inputs::{AugmentedCopies, Inputs};
use crate::markdown::{Markdown, markdown};
use crate::number;
use crate::words::join_and;

/// Images of the first figure.
const SHOWN: usize = 4;
/// Copies of each parameter in the second figure.
const STEPS: usize = 5;

/// Writes the section.
///
/// # Errors
/// An image that cannot be encoded.
pub fn write(document: &mut Document, inputs: &Inputs) -> Result<()> {
    if inputs.augmented.is_empty() {
        return Ok(());
    }
    document.heading(2, "Augmentation");
    for augmented in &inputs.augmented {
        let name = &augmented.policy.name;
        let used: Vec<&str> = inputs
            .spec_models()
            .filter(|model| model.augmentation.policy() == Some(name))
            .map(|model| model.name.as_str())
            .collect();
        document.paragraph(markdown!(
            "Policy {} is used by {}. It draws new parameters for every training image in each epoch. The \
             figure shows the first training images beside their copies, with the parameters of each. As in \
             Keras, they map a pixel of the copy to its place in the original, so a zoom factor above 1 \
             shrinks the image; tx shifts it sideways and ty up or down.",
            Markdown::code(name),
            join_and(&used)
        ));
        copies(document, inputs, augmented)?;
        by_parameter(document, inputs, augmented)?;
    }
    Ok(())
}

fn copies(document: &mut Document, inputs: &Inputs, augmented: &AugmentedCopies) -> Result<()> {
    let mut heads = vec!["original".to_owned()];
    heads.extend((1..=augmented.copies.len()).map(|epoch| format!("epoch {epoch}")));
    let drawn: Vec<Vec<Drawn>> = augmented.copies.iter().map(parameters).collect();
    let rows: Vec<Row> = (0..inputs.train.len().min(SHOWN))
        .map(|row| {
            let mut tiles = vec![Tile {
                images: vec![inputs.picture(&inputs.train, row)],
                lines: Vec::new(),
            }];
            for (copy, drawn) in augmented.copies.iter().zip(&drawn) {
                if let Some(row) = row_of(copy, inputs.train.ids[row]) {
                    tiles.push(Tile {
                        images: vec![inputs.picture(copy, row)],
                        lines: drawn.iter().map(|parameter| parameter.text(row)).collect(),
                    });
                }
            }
            Row {
                name: String::new(),
                tiles,
            }
        })
        .collect();
    let grid = Grid {
        image_px: 92.0,
        line_px: 9.5,
        columns: heads.len(),
        heads,
        rows,
    };
    let name = &augmented.policy.name;
    let title = format!("Training images and their copies under policy {name}");
    let alt = format!("{title}, with the parameters that were drawn for each");
    document.chart(&format!("augmentation-{name}"), &alt, &grid.draw(&title)?);
    Ok(())
}

/// For each parameter copies in which it goes from one end of its range to the other while the
/// others are as near to the middle of theirs as a shard has them, each beside its original.
fn by_parameter(
    document: &mut Document,
    inputs: &Inputs,
    augmented: &AugmentedCopies,
) -> Result<()> {
    let Some(copy) = augmented.copies.first() else {
        return Ok(());
    };
    let drawn: Vec<Drawn> = parameters(copy)
        .into_iter()
        .filter(|parameter| parameter.high > parameter.low)
        .collect();
    if drawn.is_empty() {
        return Ok(());
    }
    let rows = drawn.iter().enumerate().map(|(index, parameter)| {
        let tiles = (0..STEPS).filter_map(|step| {
            let row = nearest(&drawn, index, step as f64 / (STEPS - 1) as f64)?;
            let original = row_of(&inputs.train, copy.ids[row])?;
            Some(Tile {
                images: vec![
                    inputs.picture(&inputs.train, original),
                    inputs.picture(copy, row),
                ],
                lines: vec![parameter.value_text(row)],
            })
        });
        Row {
            name: parameter.name.clone(),
            tiles: tiles.collect(),
        }
    });
    let grid = Grid {
        image_px: 70.0,
        line_px: 10.5,
        columns: STEPS,
        heads: Vec::new(),
        rows: rows.collect(),
    };
    document.paragraph(
        "Each row follows one parameter through its range. It shows originals beside those copies whose other \
         parameters are near the middle of their ranges.",
    );
    let name = &augmented.policy.name;
    let title = format!("Policy {name}, one parameter at a time");
    let alt =
        format!("{title}: originals beside copies in which one parameter goes through its range");
    document.chart(
        &format!("augmentation-{name}-parameters"),
        &alt,
        &grid.draw(&title)?,
    );
    Ok(())
}

/// The row whose parameter `index` is nearest to `target` of its range, and all others to their
/// middles.
fn nearest(drawn: &[Drawn], index: usize, target: f64) -> Option<usize> {
    let rows = drawn.first()?.values.len();
    let distance = |row: usize| -> f64 {
        drawn
            .iter()
            .enumerate()
            .map(|(other, parameter)| {
                let wanted = if other == index { target } else { 0.5 };
                (parameter.share(row) - wanted).powi(2)
            })
            .sum()
    };
    (0..rows).min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
}

fn row_of(images: &Images, id: u32) -> Option<usize> {
    let guess = id as usize;
    if images.ids.get(guess) == Some(&id) {
        return Some(guess);
    }
    images.ids.iter().position(|found| *found == id)
}

/// One parameter of every row of a shard.
struct Drawn {
    name: String,
    unit: Unit,
    values: Vec<f64>,
    low: f64,
    high: f64,
}

/// What a column's name says of its numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Degrees,
    Pixels,
    Factor,
}

impl Drawn {
    fn share(&self, row: usize) -> f64 {
        (self.values[row] - self.low) / (self.high - self.low)
    }

    fn value_text(&self, row: usize) -> String {
        let value = self.values[row];
        match self.unit {
            Unit::Degrees => format!("{}°", number::signed(value, 1)),
            Unit::Pixels => format!("{} px", number::signed(value, 1)),
            Unit::Factor => format!("× {}", number::decimal(value, 2)),
        }
    }

    fn text(&self, row: usize) -> String {
        format!("{} {}", self.name, self.value_text(row))
    }
}

/// The columns of `images` that hold what was drawn as a number with a unit.
fn parameters(images: &Images) -> Vec<Drawn> {
    images
        .extra
        .iter()
        .filter_map(|(field, array)| {
            let floats = array.as_primitive_opt::<Float32Type>();
            let whole = array.as_primitive_opt::<Int32Type>();
            let values: Vec<f64> = match (floats, whole) {
                (Some(values), _) => values.values().iter().map(|v| f64::from(*v)).collect(),
                (None, Some(values)) => values.values().iter().map(|v| f64::from(*v)).collect(),
                (None, None) => return None,
            };
            let (low, high) = crate::scale::extent(values.iter().copied(), 0.0)?;
            let units = [
                ("_deg", Unit::Degrees),
                ("_px", Unit::Pixels),
                ("_factor", Unit::Factor),
            ];
            let (name, unit) = units
                .into_iter()
                .find_map(|(suffix, unit)| Some((field.name().strip_suffix(suffix)?, unit)))?;
            let name = match name {
                "zx" => "zoom across".to_owned(),
                "zy" => "zoom down".to_owned(),
                name => name.replace('_', " "),
            };
            Some(Drawn {
                name,
                unit,
                values,
                low,
                high,
            })
        })
        .collect()
}
