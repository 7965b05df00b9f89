//! Chosen images of a file, with captions.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Result, bail};
use pipelines::class::{CLASS_COUNT, CLASS_NAMES};
use pipelines::tables::images::{IMAGE_SIDE, Images, Split};
use pipelines::tables::predictions::Predictions;

use crate::drawing::{self, Style};

/// Columns between two images.
const GAP: usize = 2;

/// Which images.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// These rows.
    pub rows: Vec<usize>,
    /// Only those of this class.
    pub label: Option<u8>,
    /// Only those that were wrongly predicted.
    pub wrong: bool,
    /// No more than so many.
    pub most: usize,
}

impl Choice {
    /// Whether no image is asked for.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.label.is_none() && !self.wrong
    }
}

/// Draws the chosen images of the file at `path`, `across` of them side by side.
///
/// # Errors
/// Files that are not images and predictions, a row that is not there, no image that fits.
pub fn draw(
    path: &Path,
    bytes: Vec<u8>,
    predictions: Option<(&Path, Vec<u8>)>,
    choice: &Choice,
    across: usize,
    style: Style,
) -> Result<String> {
    let images = Images::decode(path, bytes)?;
    let predicted = match predictions {
        Some((path, bytes)) => predicted_classes(&Predictions::decode(path, bytes)?),
        None => HashMap::new(),
    };
    let rows = chosen(path, &images, &predicted, choice)?;
    let mut text = String::new();
    for rows in rows.chunks(across) {
        let captions = rows.iter().map(|&row| caption(&images, &predicted, row));
        let captions: Vec<_> = captions
            .map(|caption| format!("{caption:IMAGE_SIDE$.IMAGE_SIDE$}"))
            .collect();
        push_line(&mut text, &captions);
        let drawn: Vec<_> = rows
            .iter()
            .map(|&row| drawing::lines(images.image(row), style))
            .collect();
        for line in 0..IMAGE_SIDE / 2 {
            let parts: Vec<_> = drawn.iter().map(|image| image[line].clone()).collect();
            push_line(&mut text, &parts);
        }
        text.push('\n');
    }
    Ok(text)
}

fn push_line(text: &mut String, parts: &[String]) {
    text.push_str(parts.join(&" ".repeat(GAP)).trim_end_matches(' '));
    text.push('\n');
}

/// The predicted class of each row, by what identifies it.
fn predicted_classes(predictions: &Predictions) -> HashMap<(Split, u32), u8> {
    (0..predictions.len())
        .map(|row| {
            let key = (predictions.splits[row], predictions.ids[row]);
            (key, predictions.predicted(row))
        })
        .collect()
}

fn chosen(
    path: &Path,
    images: &Images,
    predicted: &HashMap<(Split, u32), u8>,
    choice: &Choice,
) -> Result<Vec<usize>> {
    if let Some(row) = choice.rows.iter().find(|row| **row >= images.len()) {
        bail!(
            "{}: row: expected less than {}, found {row}",
            path.display(),
            images.len()
        );
    }
    let fits = |row: &usize| {
        let label = images.labels[*row];
        let is_wrong = || prediction(images, predicted, *row).is_some_and(|class| class != label);
        choice.label.is_none_or(|wanted| wanted == label) && (!choice.wrong || is_wrong())
    };
    let candidates = if choice.rows.is_empty() {
        (0..images.len()).collect()
    } else {
        choice.rows.clone()
    };
    let rows: Vec<_> = candidates
        .into_iter()
        .filter(fits)
        .take(choice.most)
        .collect();
    if rows.is_empty() {
        bail!(
            "{}: expected an image that was asked for, found none",
            path.display()
        );
    }
    Ok(rows)
}

fn prediction(images: &Images, predicted: &HashMap<(Split, u32), u8>, row: usize) -> Option<u8> {
    predicted
        .get(&(images.splits[row], images.ids[row]))
        .copied()
}

/// "12 Shirt, predicted Coat"
fn caption(images: &Images, predicted: &HashMap<(Split, u32), u8>, row: usize) -> String {
    let name = |class: u8| CLASS_NAMES[usize::from(class) % CLASS_COUNT];
    let caption = format!("{row} {}", name(images.labels[row]));
    match prediction(images, predicted, row) {
        Some(class) => format!("{caption} → {}", name(class)),
        None => caption,
    }
}
