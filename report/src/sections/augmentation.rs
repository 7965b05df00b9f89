//! What augmentation does to the images.

use anyhow::Result;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use pipelines::images::Images;

use crate::document::Document;
use crate::figures::augmentation::{self, Row, Tile};
use crate::inputs::{AugmentedCopies, Inputs};
use crate::number;

/// Images of the first figure.
const SHOWN: usize = 5;
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
        document.paragraph(&format!(
            "Policy `{name}`: every image is drawn afresh for each epoch. Below, the first training \
             images beside their copies of the first {} epochs, with what was drawn for each.",
            augmented.copies.len()
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
    let rows: Vec<Row<'_>> = (0..inputs.train.len().min(SHOWN))
        .map(|row| {
            let mut tiles = vec![Tile {
                image: inputs.train.image(row),
                lines: Vec::new(),
            }];
            for (copy, drawn) in augmented.copies.iter().zip(&drawn) {
                if let Some(row) = row_of(copy, inputs.train.ids[row]) {
                    tiles.push(Tile {
                        image: copy.image(row),
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
    let name = &augmented.policy.name;
    let title = format!("Training images and their copies under policy {name}");
    let alt = format!("{title}, with the parameters that were drawn for each");
    let svg = augmentation::draw(&title, &heads, &rows)?;
    document.chart(&format!("augmentation-{name}"), &alt, &svg);
    Ok(())
}

/// For each parameter copies in which it is small, middling and large while the others are as near
/// to the middle of their ranges as a shard has them, above the originals.
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
    let mut rows = Vec::new();
    for (index, parameter) in drawn.iter().enumerate() {
        let picked: Vec<usize> = (0..STEPS)
            .filter_map(|step| {
                let target = step as f64 / (STEPS - 1) as f64;
                nearest(&drawn, index, target)
            })
            .collect();
        let originals = picked.iter().filter_map(|&row| {
            Some(Tile {
                image: inputs.train.image(row_of(&inputs.train, copy.ids[row])?),
                lines: vec!["original".to_owned()],
            })
        });
        rows.push(Row {
            name: parameter.name.clone(),
            tiles: originals.collect(),
        });
        rows.push(Row {
            name: String::new(),
            tiles: picked
                .iter()
                .map(|&row| Tile {
                    image: copy.image(row),
                    lines: vec![parameter.value_text(row)],
                })
                .collect(),
        });
    }
    let name = &augmented.policy.name;
    let title = format!("Policy {name}, one parameter at a time");
    document.paragraph(
        "One parameter at a time: originals above copies in which it goes through its range, picked so \
         that the others are near the middle of theirs.",
    );
    let alt =
        format!("{title}: originals above copies in which one parameter goes through its range");
    let svg = augmentation::draw(&title, &vec![String::new(); STEPS], &rows)?;
    document.chart(&format!("augmentation-{name}-parameters"), &alt, &svg);
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
    unit: &'static str,
    scale: f64,
    values: Vec<f64>,
    low: f64,
    high: f64,
}

impl Drawn {
    fn share(&self, row: usize) -> f64 {
        (self.values[row] - self.low) / (self.high - self.low)
    }

    fn value_text(&self, row: usize) -> String {
        let value = self.values[row] * self.scale;
        let decimals = if self.scale == 1.0 && self.unit.is_empty() {
            2
        } else {
            1
        };
        format!("{}{}", number::signed(value, decimals), self.unit)
    }

    fn text(&self, row: usize) -> String {
        format!("{} {}", self.name, self.value_text(row))
    }
}

/// The columns of `images` that hold what was drawn: all that are numbers with a fraction.
fn parameters(images: &Images) -> Vec<Drawn> {
    images
        .extra
        .iter()
        .filter_map(|(field, array)| {
            let values: Vec<f64> = if let Some(values) = array.as_primitive_opt::<Float32Type>() {
                values
                    .values()
                    .iter()
                    .map(|value| f64::from(*value))
                    .collect()
            } else {
                array.as_primitive_opt::<Float64Type>()?.values().to_vec()
            };
            let (low, high) = crate::scale::extent(values.iter().copied(), 0.0)?;
            let column = field.name().as_str();
            let (name, unit, scale) = if let Some(name) = column.strip_suffix("_deg") {
                (name, "°", 1.0)
            } else if let Some(name) = column.strip_suffix("_fraction") {
                (name, " %", 100.0)
            } else {
                (column.trim_end_matches("_factor"), "", 1.0)
            };
            Some(Drawn {
                name: name.replace('_', " "),
                unit,
                scale,
                values,
                low,
                high,
            })
        })
        .collect()
}
