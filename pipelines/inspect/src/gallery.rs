//! Chosen images of a file, with captions.

use std::collections::HashMap;
use std::path::Path;

use crate::plain::plain;
use anyhow::{Result, bail, ensure};
use pipelines::stage_program::drawing::{self, Style};
use pipelines::tables::images::Images;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;

/// The predicted class of each image, by its split and id.
type Predicted = HashMap<(Split, u32), u16>;

/// Spaces between two images.
const GAP: usize = 2;

/// Which images are drawn.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// These rows.
    pub rows: Vec<usize>,
    /// Only those of this class.
    pub label: Option<u16>,
    /// Only those that were wrongly predicted.
    pub wrong: bool,
    /// No more than this many.
    pub max_count: usize,
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
/// Files that are not images and their predictions, a row or a class that does not exist, no image
/// that matches.
pub fn draw(
    path: &Path,
    bytes: Vec<u8>,
    predictions: Option<(&Path, Vec<u8>)>,
    choice: &Choice,
    across: usize,
    style: Style,
) -> Result<String> {
    let images = Images::decode(path, bytes)?;
    let shape = images.info.shape;
    let predicted = match predictions {
        Some((path, bytes)) => predicted_classes(path, bytes, images.info.class_count())?,
        None => HashMap::new(),
    };
    let rows = chosen(path, &images, &predicted, choice)?;
    let width = drawing::columns(shape);
    let mut text = String::new();
    for rows in rows.chunks(across) {
        let captions = rows.iter().map(|&row| caption(&images, &predicted, row));
        let captions: Vec<_> = captions
            .map(|caption| format!("{caption:width$.width$}"))
            .collect();
        push_line(&mut text, &captions);
        let drawn: Vec<_> = rows
            .iter()
            .map(|&row| drawing::lines(images.image(row), shape, style))
            .collect();
        for line in 0..drawing::line_count(shape) {
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

/// The predictions in the bytes of the file at `path`.
///
/// # Errors
/// Predictions of another number of classes than the images have.
fn predicted_classes(path: &Path, bytes: Vec<u8>, class_count: usize) -> Result<Predicted> {
    let predictions = Predictions::decode(path, bytes)?;
    ensure!(
        predictions.class_count == class_count,
        "{}: classes: expected {class_count} as the images have, found {}",
        path.display(),
        predictions.class_count
    );
    Ok((0..predictions.len())
        .map(|row| {
            let key = (predictions.splits[row], predictions.ids[row]);
            (key, predictions.predicted(row))
        })
        .collect())
}

fn chosen(
    path: &Path,
    images: &Images,
    predicted: &Predicted,
    choice: &Choice,
) -> Result<Vec<usize>> {
    if let Some(row) = choice.rows.iter().find(|row| **row >= images.len()) {
        bail!(
            "{}: row: expected less than {}, found {row}",
            path.display(),
            images.len()
        );
    }
    let class_count = images.info.class_count();
    if let Some(label) = choice
        .label
        .filter(|&label| usize::from(label) >= class_count)
    {
        bail!(
            "{}: label: expected 0 to {}, found {label}",
            path.display(),
            class_count - 1
        );
    }
    let matches = |row: &usize| {
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
        .filter(matches)
        .take(choice.max_count)
        .collect();
    if rows.is_empty() {
        bail!(
            "{}: expected an image that matches the options, found none",
            path.display()
        );
    }
    Ok(rows)
}

fn prediction(images: &Images, predicted: &Predicted, row: usize) -> Option<u16> {
    predicted
        .get(&(images.splits[row], images.ids[row]))
        .copied()
}

/// Row, class and predicted class: "12 Shirt → Coat".
fn caption(images: &Images, predicted: &Predicted, row: usize) -> String {
    let name = |label: u16| plain(images.info.class_name(label));
    let caption = format!("{row} {}", name(images.labels[row]));
    match prediction(images, predicted, row) {
        Some(class) => format!("{caption} → {}", name(class)),
        None => caption,
    }
}
