//! A project with random predictions.

use std::fs;
use std::path::PathBuf;

use evaluate::Arguments;
use pipelines::files::layout::{
    HISTORY_FILE, OVERVIEW_FILE, PREDICTIONS_FILE, TEST_FILE, TIMINGS_FILE, TRAIN_FILE, shard_file,
};
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::random::Streams;
use pipelines::spec::Spec;
use pipelines::stage_program::{SeedRange, StageArguments};
use pipelines::tables::history::{EpochRecord, EpochTiming, encode_history, encode_timings};
use pipelines::tables::metrics;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;
use rand::RngExt;
use tempfile::TempDir;

/// Validation and test rows of each run.
const ROWS: [(Split, u32); 2] = [(Split::Validation, 150), (Split::Test, 200)];

/// A project in a folder of its own, with the steps before evaluation done.
pub struct Project {
    pub root: TempDir,
    /// Name or path of the spec.
    pub spec: String,
    pub models: Vec<String>,
    pub seeds: Vec<u64>,
}

impl Project {
    pub fn new(models: &[&str], seeds: &[u64]) -> Self {
        Self::with_spec("smoke", models, seeds)
    }

    /// Of a spec that extends `smoke`.
    pub fn with_spec(spec: &str, models: &[&str], seeds: &[u64]) -> Self {
        let project = Self {
            root: TempDir::new().unwrap(),
            spec: spec.to_owned(),
            models: models.iter().map(|name| (*name).to_owned()).collect(),
            seeds: seeds.to_vec(),
        };
        project.write(
            &Step::Ingest,
            &[TRAIN_FILE, TEST_FILE, OVERVIEW_FILE].map(|name| (name.to_owned(), vec![1])),
            Outcome::Complete,
        );
        let shards: Vec<_> = (0..2).map(|copy| (shard_file(copy), vec![2])).collect();
        for policy in Spec::load(spec).unwrap().policies {
            let policy = policy.name;
            project.write(&Step::Augment { policy }, &shards, Outcome::Complete);
        }
        project
    }

    /// Of all models and seeds, trained.
    pub fn trained(models: &[&str], seeds: &[u64]) -> Self {
        let project = Self::new(models, seeds);
        for model in models {
            for &seed in seeds {
                project.train(
                    model,
                    seed,
                    &predictions(model, seed, 10),
                    Outcome::Complete,
                );
            }
        }
        project
    }

    fn arguments(&self, force: bool) -> StageArguments {
        StageArguments {
            spec: self.spec.clone(),
            root: self.root.path().to_owned(),
            models: self.models.clone(),
            seeds: self
                .seeds
                .iter()
                .map(|&seed| SeedRange::from(seed))
                .collect(),
            threads: Some(1),
            force,
        }
    }

    fn write(&self, step: &Step, files: &[(String, Vec<u8>)], outcome: Outcome) {
        let spec = Spec::load(&self.spec).unwrap();
        let Some(mut run) = StepRun::begin(&self.arguments(true), &spec, step).unwrap() else {
            return;
        };
        for (name, bytes) in files {
            run.write(name, bytes).unwrap();
        }
        run.finish(outcome).unwrap();
    }

    pub fn train(&self, model: &str, seed: u64, predictions: &Predictions, outcome: Outcome) {
        let epoch = EpochRecord {
            epoch: 1,
            train_loss: 0.5,
            train_accuracy: 0.8,
            validation_loss: Some(0.5),
            validation_accuracy: Some(0.75),
            learning_rate: 0.001,
            train_inference_loss: None,
            train_inference_accuracy: None,
        };
        let timing = EpochTiming {
            epoch: 1,
            duration_s: 2.0,
            images_per_s: 800.0,
        };
        let files = [
            (HISTORY_FILE.to_owned(), encode_history(&[epoch]).unwrap()),
            (TIMINGS_FILE.to_owned(), encode_timings(&[timing]).unwrap()),
            (PREDICTIONS_FILE.to_owned(), predictions.encode().unwrap()),
        ];
        let step = Step::Train {
            model: model.to_owned(),
            seed,
        };
        self.write(&step, &files, outcome);
    }

    pub fn evaluate(&self, force: bool) -> anyhow::Result<()> {
        evaluate::run(&Arguments {
            smallest_effect: false,
            stage: self.arguments(force),
        })
    }

    pub fn error(&self) -> String {
        format!("{:#}", self.evaluate(false).unwrap_err())
    }

    pub fn folder(&self) -> PathBuf {
        let spec = Spec::load(&self.spec).unwrap();
        self.root
            .path()
            .join("runs")
            .join(spec.name)
            .join("evaluate")
    }

    pub fn csv(&self, table: &metrics::Table) -> String {
        fs::read_to_string(self.folder().join(table.csv_file())).unwrap()
    }

    pub fn warnings(&self) -> Vec<String> {
        Manifest::read(&self.folder()).unwrap().unwrap().warnings
    }
}

/// The tables of a spec without sweeps.
pub fn tables() -> Vec<metrics::Table> {
    let of_sweeps = [metrics::CANDIDATES, metrics::CANDIDATE_VALUES];
    let all = metrics::ALL.into_iter();
    all.filter(|table| !of_sweeps.contains(table)).collect()
}

/// Drawn from the model's name and the seed; about three of four are correct.
pub fn predictions(model: &str, seed: u64, class_count: u16) -> Predictions {
    let mut generator = Streams::new(seed, model, 0).id(0);
    let mut predictions = Predictions {
        class_count: class_count.into(),
        ids: Vec::new(),
        splits: Vec::new(),
        labels: Vec::new(),
        probabilities: Vec::new(),
        view_probabilities: None,
    };
    for (split, rows) in ROWS {
        for id in 0..rows {
            let label = (id % u32::from(class_count)) as u16;
            let predicted = match generator.random_range(0..4) {
                0 => generator.random_range(0..usize::from(class_count)),
                _ => usize::from(label),
            };
            let confidence: f32 = generator.random_range(0.2..1.0);
            let other = (1.0 - confidence) / f32::from(class_count - 1);
            let mut row = vec![other; class_count.into()];
            row[predicted] = confidence;
            predictions.ids.push(id);
            predictions.splits.push(split);
            predictions.labels.push(label);
            predictions.probabilities.extend(row);
        }
    }
    predictions
}
