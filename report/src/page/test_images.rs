//! All test images with the predictions of one run of each model, for the page's browser.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pipelines::class::{CLASS_COUNT, CLASS_NAMES};
use pipelines::tables::images::{IMAGE_SIDE, Images};
use serde::Serialize;

use crate::inputs::{Inputs, ShownRun};
use crate::png_image;

/// Images in a row of the sheet.
const COLUMNS: usize = 100;

/// What the browser's script reads. Byte arrays are in base64.
#[derive(Clone, Debug, Serialize)]
pub struct TestImages {
    classes: [&'static str; CLASS_COUNT],
    /// Height and width of an image, in pixels.
    side: usize,
    /// Images in a row of the sheet.
    columns: usize,
    /// Row in the source file.
    ids: Vec<u32>,
    /// True class of each image.
    labels: String,
    /// Index of the model that is shown first.
    champion: usize,
    models: Vec<Model>,
    /// All images as one grey PNG.
    sheet: String,
}

#[derive(Clone, Debug, Serialize)]
struct Model {
    name: String,
    seed: u64,
    /// (N), u8.
    predicted: String,
    /// (N, 10), u8, 255 = 1.
    probabilities: String,
}

impl TestImages {
    /// The test images and runs of `inputs`; `None` without runs.
    ///
    /// # Errors
    /// An image that cannot be encoded.
    pub fn of(inputs: &Inputs) -> Result<Option<Self>> {
        let champion = inputs.tables.champion().map(|row| row.model.as_str());
        Self::new(&inputs.test, &inputs.runs, champion)
    }

    /// `test` with the predictions of `runs`.
    pub(super) fn new(
        test: &Images,
        runs: &[ShownRun],
        champion: Option<&str>,
    ) -> Result<Option<Self>> {
        let whole = |run: &&ShownRun| run.test.ids == test.ids;
        let runs: Vec<&ShownRun> = runs.iter().filter(whole).collect();
        if runs.is_empty() || test.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            classes: CLASS_NAMES,
            side: IMAGE_SIDE,
            columns: COLUMNS.min(test.len()),
            ids: test.ids.clone(),
            labels: STANDARD.encode(&test.labels),
            champion: runs
                .iter()
                .position(|run| Some(run.model.as_str()) == champion)
                .unwrap_or(0),
            models: runs.iter().map(|run| Model::of(run)).collect(),
            sheet: STANDARD.encode(sheet(test)?),
        }))
    }

    /// The data as JSON that may stand in a script element.
    pub fn json(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_default()
            .replace("</", "<\\/")
    }
}

impl Model {
    fn of(run: &ShownRun) -> Self {
        let predicted: Vec<u8> = (0..run.test.len())
            .map(|row| run.test.predicted(row))
            .collect();
        let probabilities: Vec<u8> = run
            .test
            .probabilities
            .iter()
            .map(|probability| (probability * 255.0).round() as u8)
            .collect();
        Self {
            name: run.model.clone(),
            seed: run.seed,
            predicted: STANDARD.encode(predicted),
            probabilities: STANDARD.encode(probabilities),
        }
    }
}

/// The images beside and below each other in their order.
fn sheet(test: &Images) -> Result<Vec<u8>> {
    let columns = COLUMNS.min(test.len());
    let rows = test.len().div_ceil(columns);
    let width = columns * IMAGE_SIDE;
    let mut pixels = vec![0; width * rows * IMAGE_SIDE];
    for index in 0..test.len() {
        let left = (index % columns) * IMAGE_SIDE;
        let top = (index / columns) * IMAGE_SIDE;
        for (y, line) in test.image(index).chunks_exact(IMAGE_SIDE).enumerate() {
            pixels[(top + y) * width + left..][..IMAGE_SIDE].copy_from_slice(line);
        }
    }
    png_image::encode(width, rows * IMAGE_SIDE, &pixels)
}
