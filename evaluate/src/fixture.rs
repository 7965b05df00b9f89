//! Small made-up studies for tests: nothing here was measured.

use pipelines::spec::Spec;
use pipelines::tables::history::{EpochRecord, EpochTiming};
use pipelines::tables::metrics::Row;
use pipelines::tables::split::Split;

use crate::encoded_table;
use crate::run::{Run, SplitPredictions, Timing};
use crate::study::{Study, TrainedModel};

/// Number of images of each split.
pub const IMAGES: usize = 400;

/// Seed of a run, and the images that it gets wrong.
pub type WrongImages<'a> = (u64, &'a [usize]);

/// Models of the spec `smoke` with their runs. Images have the labels 0, 1, … 9, 0, …; a wrong image
/// is predicted as the next class. A run is wrong on the same images of validation and test.
pub fn study(models: &[(&str, &[WrongImages])]) -> Study {
    study_of(Spec::load("smoke").unwrap(), models)
}

/// The same with `class_count` classes.
pub fn study_of_classes(class_count: usize, models: &[(&str, &[WrongImages])]) -> Study {
    let mut spec = Spec::load("smoke").unwrap();
    let classes = (0..class_count).map(|class| format!("class {class}"));
    spec.data.classes = Some(classes.collect());
    spec.published = None;
    study_of(spec, models)
}

fn study_of(spec: Spec, models: &[(&str, &[WrongImages])]) -> Study {
    let class_count = spec.data.info().unwrap().class_count();
    let models = models
        .iter()
        .map(|(name, runs)| TrainedModel {
            model: spec.model(name).unwrap().clone(),
            runs: runs
                .iter()
                .map(|(seed, wrong)| run(*seed, wrong, class_count))
                .collect(),
        })
        .collect();
    Study {
        info: spec.data.info().unwrap(),
        spec,
        models,
        failures: Vec::new(),
        until_decided: false,
        sweeps: Vec::new(),
    }
}

/// The rows of a table as lines of CSV, without the header.
pub fn lines<R: Row>(rows: &[R]) -> Vec<String> {
    let text = String::from_utf8(encoded_table::csv(rows).unwrap()).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

/// The image numbers `from..from + count`.
pub fn images(from: usize, count: usize) -> Vec<usize> {
    (from..from + count).collect()
}

fn run(seed: u64, wrong: &[usize], class_count: usize) -> Run {
    let accuracy = 1.0 - wrong.len() as f64 / IMAGES as f64;
    Run {
        seed,
        history: vec![EpochRecord {
            epoch: 1,
            train_loss: 0.5,
            train_accuracy: 0.75,
            validation_loss: Some(0.5),
            validation_accuracy: Some(accuracy),
            learning_rate: 0.001,
            train_inference_loss: Some(0.25),
            train_inference_accuracy: Some(1.0),
        }],
        timing: Timing {
            epochs: vec![EpochTiming {
                epoch: 1,
                duration_s: 2.0,
                images_per_s: 800.0,
            }],
            step_duration_s: 3.0,
            threads: 2,
            processor: "none".to_owned(),
            instruction_set: None,
        },
        splits: vec![
            predictions(Split::Validation, wrong, class_count),
            predictions(Split::Test, wrong, class_count),
        ],
    }
}

/// Predictions of one run on one split. Row `n` has the id `1000 + n`.
pub fn predictions(split: Split, wrong: &[usize], class_count: usize) -> SplitPredictions {
    let classes = class_count as u16;
    let labels: Vec<u16> = (0..IMAGES as u16).map(|image| image % classes).collect();
    let predicted: Vec<u16> = labels
        .iter()
        .enumerate()
        .map(|(image, &label)| match wrong.contains(&image) {
            false => label,
            true => (label + 1) % classes,
        })
        .collect();
    let probabilities: Vec<f32> = predicted
        .iter()
        .flat_map(|&class| probabilities(class, class_count))
        .collect();
    let ids = (1000..1000 + IMAGES as u32).collect();
    SplitPredictions::new(split, (ids, labels), predicted, &probabilities, class_count)
}

fn probabilities(class: u16, class_count: usize) -> Vec<f32> {
    let mut row = vec![0.225 / (class_count - 1) as f32; class_count];
    row[usize::from(class)] = 0.775;
    row
}
