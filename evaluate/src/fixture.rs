//! Small invented studies for tests: nothing here was measured.

use pipelines::class::CLASS_COUNT;
use pipelines::spec::Spec;
use pipelines::spec::published::Published;
use pipelines::tables::history::{EpochRecord, EpochTiming};
use pipelines::tables::images::Split;
use polars::prelude::DataFrame;

use crate::run::{Run, SplitPredictions, Timing};
use crate::study::{Study, TrainedModel};
use crate::table_builder;

/// Number of images of each split.
pub const IMAGES: usize = 400;

/// Seed of a run, and the images that it gets wrong.
pub type WrongImages<'a> = (u64, &'a [usize]);

/// Models of the spec `smoke` with their runs. Images have the labels 0, 1, … 9, 0, …; a wrong one
/// is taken for the next class. Each run is wrong on the same images of validation and test.
pub fn study(models: &[(&str, &[WrongImages])]) -> Study {
    let spec = Spec::load("smoke").unwrap();
    let models = models
        .iter()
        .map(|(name, runs)| TrainedModel {
            model: spec.model(name).unwrap().clone(),
            runs: runs.iter().map(|(seed, wrong)| run(*seed, wrong)).collect(),
        })
        .collect();
    Study {
        spec,
        models,
        failures: Vec::new(),
        published: Published::load().unwrap(),
    }
}

/// The lines of a table as CSV, without the header.
pub fn rows(frame: &mut DataFrame) -> Vec<String> {
    let text = String::from_utf8(table_builder::csv(frame).unwrap()).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

/// The image numbers `from..from + count`.
pub fn images(from: usize, count: usize) -> Vec<usize> {
    (from..from + count).collect()
}

fn run(seed: u64, wrong: &[usize]) -> Run {
    let accuracy = 1.0 - wrong.len() as f64 / IMAGES as f64;
    Run {
        seed,
        history: vec![EpochRecord {
            train_loss: 0.5,
            train_accuracy: 0.75,
            validation_loss: 0.5,
            validation_accuracy: accuracy,
            learning_rate: 0.001,
            train_inference_loss: Some(0.25),
            train_inference_accuracy: Some(1.0),
        }],
        timing: Timing {
            epochs: vec![EpochTiming {
                duration_s: 2.0,
                images_per_s: 800.0,
            }],
            step_duration_s: 3.0,
            threads: 2,
            processor: "none".to_owned(),
        },
        splits: vec![
            predictions(Split::Validation, wrong),
            predictions(Split::Test, wrong),
        ],
    }
}

/// Row `n` has the id `1000 + n`.
pub fn predictions(split: Split, wrong: &[usize]) -> SplitPredictions {
    let labels: Vec<u8> = (0..IMAGES)
        .map(|image| (image % CLASS_COUNT) as u8)
        .collect();
    let hits: Vec<bool> = (0..IMAGES).map(|image| !wrong.contains(&image)).collect();
    let predicted: Vec<u8> = labels
        .iter()
        .zip(&hits)
        .map(|(&label, &hit)| if hit { label } else { (label + 1) % 10 })
        .collect();
    SplitPredictions {
        split,
        ids: (1000..1000 + IMAGES as u32).collect(),
        probabilities: predicted
            .iter()
            .flat_map(|&class| probabilities(class))
            .collect(),
        labels,
        predicted,
        hits,
    }
}

fn probabilities(class: u8) -> [f32; CLASS_COUNT] {
    let mut row = [0.025; CLASS_COUNT];
    row[usize::from(class)] = 0.775;
    row
}
