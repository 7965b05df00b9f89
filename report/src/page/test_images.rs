//! The test images with the predictions of one run of each model, for the page's browser.

use anyhow::Result;
use pipelines::tables::images::Images;
use serde::Serialize;

use crate::inputs::{Inputs, ShownRun};
use crate::markdown::visible;
use crate::page::packed;
use crate::page::sheet::Sheet;
use crate::picture::Picture;

/// Most images in the browser; of more, those that a model gets wrong come before the others.
const MAX_IMAGES: usize = 10_000;
/// Longest side of an image in the browser, in pixels.
const MAX_SIDE: usize = 96;
/// Most values, height x width x channels, of all images together; larger images are scaled down.
const MAX_VALUES: usize = 8_000_000;
/// Most classes whose probabilities are stored for an image.
const MAX_CLASSES: usize = 5;

/// What the browser's script reads.
#[derive(Clone, Debug)]
pub struct TestImages {
    header: Header,
    sheet: Sheet,
    /// Compressed planes of bytes, one value for each image. First the row in the source file, four planes
    /// from the low byte on, and the true class. Then, for each model and each of `Header::stored` ranks, most
    /// probable first: the class, the probability. A class is two planes, its low and its high byte; a
    /// probability is one, 255 for 1. After the first rank a probability that rounds to 0 is stored with class 0.
    predictions: Vec<u8>,
}

#[derive(Clone, Debug, Serialize)]
struct Header {
    classes: Vec<String>,
    /// Height and width of an image in the sheet, in pixels.
    height: usize,
    width: usize,
    /// Images in a row of the sheet.
    columns: usize,
    /// Media type of the sheet.
    media_type: &'static str,
    /// Whether images were inverted to be shown on a light page.
    negative: bool,
    /// Images in the browser.
    count: usize,
    /// Test images, shown or not.
    total: usize,
    /// Ranks that are stored for each image and model.
    stored: usize,
    /// Index of the model that is shown first.
    champion: usize,
    models: Vec<Model>,
}

#[derive(Clone, Debug, Serialize)]
struct Model {
    name: String,
    seed: u64,
}

impl TestImages {
    /// The test images and runs of `inputs`; `None` without runs.
    ///
    /// # Errors
    /// An image that cannot be encoded.
    pub fn of(inputs: &Inputs) -> Result<Option<Self>> {
        let champion = inputs.tables.champion().map(|row| row.model.as_str());
        let picture = |row| inputs.picture(&inputs.test, row);
        Self::new(&inputs.test, &inputs.runs, champion, picture)
    }

    /// `test`, as `picture` shows its rows, with the predictions of `runs`.
    pub(super) fn new(
        test: &Images,
        runs: &[ShownRun],
        champion: Option<&str>,
        picture: impl Fn(usize) -> Picture,
    ) -> Result<Option<Self>> {
        let complete = |run: &&ShownRun| run.test.ids == test.ids;
        let runs: Vec<&ShownRun> = runs.iter().filter(complete).collect();
        if runs.is_empty() || test.is_empty() {
            return Ok(None);
        }
        let champion = runs
            .iter()
            .position(|run| Some(run.model.as_str()) == champion)
            .unwrap_or(0);
        let mut rows = shown_rows(test.len(), &runs);
        alike_together(&mut rows, test, runs[champion]);
        let side = side_limit(&picture(0), rows.len());
        let pictures: Vec<Picture> = rows.iter().map(|row| picture(*row).shrunk(side)).collect();
        let columns = (rows.len() as f64).sqrt().ceil() as usize;
        let sheet = Sheet::new(&pictures, columns)?;
        let stored = test.info.class_count().min(MAX_CLASSES);
        Ok(Some(Self {
            header: Header {
                classes: test
                    .info
                    .class_names
                    .iter()
                    .map(|name| visible(name))
                    .collect(),
                height: pictures[0].height,
                width: pictures[0].width,
                columns,
                media_type: sheet.media_type,
                negative: pictures[0].negative,
                count: rows.len(),
                total: test.len(),
                stored,
                champion,
                models: runs
                    .iter()
                    .map(|run| Model {
                        name: run.model.clone(),
                        seed: run.seed,
                    })
                    .collect(),
            },
            sheet,
            predictions: packed::deflate(&planes(test, &rows, &runs, stored)),
        }))
    }

    /// The script elements that hold the data; none of them is run.
    pub fn elements(&self) -> String {
        let header = serde_json::to_string(&self.header)
            .unwrap_or_default()
            .replace('<', "\\u003c");
        format!(
            "<script type=\"application/json\" id=\"browser-data\">{header}</script>\n{}{}",
            packed::element("browser-predictions", &self.predictions),
            packed::element("browser-sheet", &self.sheet.bytes)
        )
    }
}

/// All rows, or those that a run gets wrong and then the first of the others, in order.
fn shown_rows(count: usize, runs: &[&ShownRun]) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..count).collect();
    if count > MAX_IMAGES {
        rows.sort_by_key(|row| runs.iter().all(|run| run.is_correct(*row)));
        rows.truncate(MAX_IMAGES);
        rows.sort_unstable();
    }
    rows
}

/// Puts rows next to each other whose predictions are alike, which compress to half the size so: by class, by
/// what `run` takes them for, and by how sure it is.
fn alike_together(rows: &mut [usize], test: &Images, run: &ShownRun) {
    rows.sort_by_cached_key(|row| {
        let sure = run.confidence(*row).to_bits();
        (test.labels[*row], run.test.predicted(*row), sure)
    });
}

/// Longest side at which `count` images like `picture` keep to [`MAX_VALUES`].
fn side_limit(picture: &Picture, count: usize) -> usize {
    let longest = picture.width.max(picture.height);
    let values = (picture.pixels.len() * count) as f64;
    let scale = (MAX_VALUES as f64 / values).sqrt().min(1.0);
    ((longest as f64 * scale) as usize).clamp(1, MAX_SIDE)
}

/// See [`TestImages::predictions`].
fn planes(test: &Images, rows: &[usize], runs: &[&ShownRun], stored: usize) -> Vec<u8> {
    let mut planes = Vec::new();
    for byte in 0..size_of::<u32>() {
        planes.extend(rows.iter().map(|row| test.ids[*row].to_le_bytes()[byte]));
    }
    push_classes(&mut planes, rows.iter().map(|row| test.labels[*row]));
    for run in runs {
        let best: Vec<Vec<(u16, u8)>> = rows
            .iter()
            .map(|row| most_probable(run, *row, stored))
            .collect();
        for rank in 0..stored {
            push_classes(&mut planes, best.iter().map(|ranks| ranks[rank].0));
            planes.extend(best.iter().map(|ranks| ranks[rank].1));
        }
    }
    planes
}

fn push_classes(planes: &mut Vec<u8>, classes: impl Iterator<Item = u16> + Clone) {
    planes.extend(classes.clone().map(|class| class.to_le_bytes()[0]));
    planes.extend(classes.map(|class| class.to_le_bytes()[1]));
}

/// The `count` most probable classes of `row`, the predicted one first.
fn most_probable(run: &ShownRun, row: usize, count: usize) -> Vec<(u16, u8)> {
    let probabilities = run.test.row(row);
    let mut classes: Vec<u16> = (0..run.test.class_count as u16).collect();
    // A stable sort: of equal probabilities the lowest label comes first, as it is predicted.
    classes
        .sort_by(|a, b| probabilities[usize::from(*b)].total_cmp(&probabilities[usize::from(*a)]));
    classes.truncate(count);
    let rank = |(rank, class): (usize, u16)| {
        let level = (probabilities[usize::from(class)] * 255.0).round() as u8;
        // What compresses best where nothing is to be said.
        let unused = level == 0 && rank > 0;
        if unused { (0, 0) } else { (class, level) }
    };
    classes.into_iter().enumerate().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(pixels: Vec<u8>) -> Picture {
        Picture {
            width: 2,
            height: 1,
            channels: 1,
            pixels,
            negative: false,
        }
    }

    #[test]
    fn many_large_images_are_scaled_down() {
        let large = Picture {
            width: 512,
            height: 256,
            channels: 3,
            pixels: vec![0; 512 * 256 * 3],
            negative: false,
        };
        assert_eq!(side_limit(&large, 10), MAX_SIDE);
        let side = side_limit(&large, 10_000);
        let shrunk = large.shrunk(side);
        assert!(shrunk.pixels.len() * 10_000 <= MAX_VALUES, "{side}");
        assert_eq!(side_limit(&grey(vec![0, 0]), 100), 2);
    }
}
