//! A project with invented predictions of many runs, to see what `evaluate` and `report` make of it.
//!
//! ```sh
//! cargo run --release --workspace --example many_runs -- FOLDER 200 5
//! cargo xtask run-all --spec FOLDER/many.toml --root FOLDER
//! ```
//!
//! The arguments are an empty folder and the numbers of models and seeds; two more are those of validation and
//! test images, 12,000 and 10,000 when left out. Nothing is trained; the run has only tables and a report to make.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use pipelines::files::layout::{
    HISTORY_FILE, OVERVIEW_FILE, PREDICTIONS_FILE, TEST_FILE, TIMINGS_FILE, TRAIN_FILE,
    WEIGHTS_FILE,
};
use pipelines::files::manifest::Outcome;
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::files::weights_header::{SPEC, WeightsHeader};
use pipelines::random::Streams;
use pipelines::spec::Spec;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::stage_program::StageArguments;
use pipelines::tables::history::{EpochRecord, EpochTiming, encode_history, encode_timings};
use pipelines::tables::images::Images;
use pipelines::tables::overview::{self, OverviewRow};
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;
use rand::RngExt;
use rayon::prelude::*;

/// Rows that are trained on, as far as anybody knows.
const TRAINING_ROWS: usize = 1_000;
/// Epochs of each run.
const EPOCHS: u32 = 10;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let folder = words.first().context("expected a folder")?;
    let number = |place: usize, default: Option<usize>| -> Result<usize> {
        let given = words.get(place).map(|word| word.parse()).transpose()?;
        given
            .or(default)
            .context("expected the numbers of models and seeds")
    };
    let (models, seeds) = (number(1, None)?, number(2, None)?);
    let rows = [number(3, Some(12_000))?, number(4, Some(10_000))?];
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let path = folder.join("many.toml");
    fs::write(&path, spec(models, seeds))?;
    let arguments = StageArguments {
        spec: path.to_string_lossy().into_owned(),
        root: folder.to_path_buf(),
        models: Vec::new(),
        seeds: Vec::new(),
        threads: Some(1),
        force: false,
    };
    let spec = arguments.load_spec()?;
    ingest(&arguments, &spec, rows)?;
    let steps: Vec<Step> = spec
        .seeds
        .iter()
        .flat_map(|&seed| {
            spec.models
                .iter()
                .map(move |model| (model.name.clone(), seed))
        })
        .map(|(model, seed)| Step::Train { model, seed })
        .collect();
    steps
        .par_iter()
        .try_for_each(|step| train(&arguments, &spec, step, rows))
}

/// Small dense models that all extend the first one.
fn spec(models: usize, seeds: usize) -> String {
    let seeds: Vec<String> = (0..seeds).map(|seed| seed.to_string()).collect();
    let mut text = format!(
        r#"description = "{models} invented models"
seeds = [{}]
[data]
name = "invented"
source = "bundled"
image_size = [28, 28]
channels = 1
classes = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
validation_split = 0.2
pixel_divisor = 255.0
[[model]]
name = "model-0000"
layers = [{{ type = "flatten" }}, {{ type = "dense", units = 10 }}]
optimizer = {{ name = "sgd", learning_rate = 0.01 }}
epochs = {EPOCHS}
"#,
        seeds.join(", ")
    );
    for number in 1..models {
        let rate = 0.01 + number as f64 * 1e-4;
        _ = write!(
            text,
            "[[model]]\nname = \"model-{number:04}\"\nextends = \"model-0000\"\n\
             optimizer = {{ name = \"sgd\", learning_rate = {rate} }}\n"
        );
    }
    text
}

fn ingest(arguments: &StageArguments, spec: &Spec, [validation, test]: [usize; 2]) -> Result<()> {
    let info = spec.data.info()?;
    let train = images(
        &info,
        &[
            (Split::Train, TRAINING_ROWS),
            (Split::Validation, validation),
        ],
    );
    let test = images(&info, &[(Split::Test, test)]);
    let files = [
        (TRAIN_FILE, train.encode()?),
        (TEST_FILE, test.encode()?),
        (
            OVERVIEW_FILE,
            overview::encode(&overview_of(&info, &[&train, &test]))?,
        ),
    ];
    write_step(arguments, spec, &Step::Ingest, &files)
}

fn train(arguments: &StageArguments, spec: &Spec, step: &Step, rows: [usize; 2]) -> Result<()> {
    let Step::Train { model, seed } = step else {
        return Ok(());
    };
    let number: usize = model.trim_start_matches("model-").parse()?;
    // From 70 to 90 per cent correct, later models better.
    let share = 0.7 + 0.2 * number as f64 / spec.models.len() as f64;
    let history: Vec<EpochRecord> = (1..=EPOCHS)
        .map(|epoch| EpochRecord {
            epoch,
            train_loss: 1.0 / f64::from(epoch),
            train_accuracy: share,
            validation_loss: Some(1.0 / f64::from(epoch)),
            validation_accuracy: Some(share),
            learning_rate: 0.01,
            train_inference_loss: (epoch == EPOCHS).then_some(0.1),
            train_inference_accuracy: (epoch == EPOCHS).then_some(share),
        })
        .collect();
    let timing = |epoch| EpochTiming {
        epoch,
        duration_s: 1.0,
        images_per_s: 1_000.0,
    };
    let timings: Vec<EpochTiming> = (1..=EPOCHS).map(timing).collect();
    let files = [
        (HISTORY_FILE, encode_history(&history)?),
        (TIMINGS_FILE, encode_timings(&timings)?),
        (
            PREDICTIONS_FILE,
            predictions(model, *seed, rows, share).encode()?,
        ),
        (WEIGHTS_FILE, weights(spec, model, *seed)?),
    ];
    write_step(arguments, spec, step, &files)
}

fn write_step(
    arguments: &StageArguments,
    spec: &Spec,
    step: &Step,
    files: &[(&str, Vec<u8>)],
) -> Result<()> {
    let Some(mut run) = StepRun::begin(arguments, spec, step)? else {
        return Ok(());
    };
    for (name, bytes) in files {
        run.write(name, bytes)?;
    }
    run.finish(Outcome::Complete)
}

fn images(info: &DatasetInfo, splits: &[(Split, usize)]) -> Images {
    let splits: Vec<Split> = splits
        .iter()
        .flat_map(|(split, rows)| std::iter::repeat_n(*split, *rows))
        .collect();
    let rows = splits.len();
    let pixels = (0..rows * info.shape.len()).map(|index| (index * 7 % 251) as u8);
    Images {
        ids: (0..rows as u32).collect(),
        splits,
        labels: (0..rows)
            .map(|row| (row % info.class_count()) as u16)
            .collect(),
        pixels: pixels.collect::<Vec<_>>().into(),
        info: info.clone(),
        extra: Vec::new(),
    }
}

fn overview_of(info: &DatasetInfo, images: &[&Images]) -> Vec<OverviewRow> {
    let mut rows = Vec::new();
    for split in Split::ALL {
        for (label, class) in info.class_names.iter().enumerate() {
            let count = |images: &&Images| {
                let rows = images.splits.iter().zip(&images.labels);
                rows.filter(|(of, own)| **of == split && usize::from(**own) == label)
                    .count()
            };
            rows.push(OverviewRow {
                split,
                label: label as u16,
                class: class.clone(),
                images: images.iter().map(count).sum::<usize>() as u32,
                pixel_mean: Some(125.0),
                pixel_standard_deviation: Some(72.0),
            });
        }
    }
    rows
}

/// A `share` of the images is predicted correctly, drawn from the model's name and the seed.
fn predictions(model: &str, seed: u64, [validation, test]: [usize; 2], share: f64) -> Predictions {
    let mut generator = Streams::new(seed, model, 0).id(0);
    let mut predictions = Predictions {
        class_count: 10,
        ids: Vec::new(),
        splits: Vec::new(),
        labels: Vec::new(),
        probabilities: Vec::new(),
        view_probabilities: None,
    };
    let validation =
        (TRAINING_ROWS..TRAINING_ROWS + validation).map(|row| (Split::Validation, row));
    for (split, row) in validation.chain((0..test).map(|row| (Split::Test, row))) {
        let label = row % 10;
        let wrong = usize::from(generator.random::<f64>() >= share);
        let predicted = (label + wrong * generator.random_range(1..10)) % 10;
        let confidence: f32 = generator.random_range(0.5..1.0);
        predictions.ids.push(row as u32);
        predictions.splits.push(split);
        predictions.labels.push(label as u16);
        let of_class = |class| {
            if class == predicted {
                confidence
            } else {
                (1.0 - confidence) / 9.0
            }
        };
        predictions.probabilities.extend((0..10).map(of_class));
    }
    predictions
}

/// The weights of a dense layer, as a safetensors file.
fn weights(spec: &Spec, model: &str, seed: u64) -> Result<Vec<u8>> {
    let values: Vec<u8> = (0..7_850)
        .flat_map(|index| ((index % 7) as f32 - 3.0).to_le_bytes())
        .collect();
    let (kernel, end) = (4 * 7_840, values.len());
    let made = WeightsHeader {
        model: serde_json::to_value(spec.model(model)?)?,
        seed,
        pixel_divisor: spec.data.pixel_divisor,
        normalization: None,
        dataset_info: spec.data.info()?,
    };
    let header = serde_json::json!({
        "__metadata__": { SPEC: serde_json::to_string(&made)? },
        "fc1.weight": { "dtype": "F32", "shape": [10, 784], "data_offsets": [0, kernel] },
        "fc1.bias": { "dtype": "F32", "shape": [10], "data_offsets": [kernel, end] },
    })
    .to_string();
    let padded = format!("{header:width$}", width = header.len().next_multiple_of(8));
    Ok([
        &(padded.len() as u64).to_le_bytes(),
        padded.as_bytes(),
        &values,
    ]
    .concat())
}
