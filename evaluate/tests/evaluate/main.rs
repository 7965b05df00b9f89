//! The whole stage on folders with random predictions: nothing here was measured.

mod project;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use expect_test::expect;
use pipelines::files::layout::PREDICTIONS_FILE;
use pipelines::files::manifest::Outcome;
use pipelines::files::sha256;
use pipelines::tables::split::Split;
use pipelines::tables::{metrics, parquet_file};

use project::{Project, predictions, tables};

#[test]
fn every_table_is_written_as_parquet_and_csv_with_the_declared_columns() {
    let project = Project::trained(&["model-1", "model-2", "model-5"], &[0, 1]);
    project.evaluate(false).unwrap();
    for table in tables() {
        let names: Vec<_> = table.columns.iter().map(|column| column.name).collect();
        let (batch, schema) = parquet_file::read(&project.folder(), &table.parquet_file()).unwrap();
        let fields: Vec<_> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        assert_eq!(fields, names, "{}", table.name);
        let text = project.csv(&table);
        assert_eq!(text.lines().next(), Some(names.join(",").as_str()));
        assert_eq!(text.lines().count(), batch.num_rows() + 1, "{}", table.name);
    }
    let comparisons = project.csv(&metrics::COMPARISONS);
    assert_eq!(
        comparisons.lines().count(),
        1 + 2 * 3,
        "two splits, three pairs"
    );
    assert!(project.warnings().is_empty());
}

#[test]
fn the_same_predictions_give_the_same_bytes() {
    let project = Project::trained(&["model-1", "model-2"], &[0, 1]);
    let bytes = || -> Vec<Vec<u8>> {
        project.evaluate(true).unwrap();
        tables()
            .iter()
            .flat_map(|table| [table.parquet_file(), table.csv_file()])
            .map(|file| fs::read(project.folder().join(file)).unwrap())
            .collect()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn missing_runs_are_left_out_until_they_are_trained() {
    let project = Project::new(&["model-1", "model-2"], &[0, 1]);
    project.train(
        "model-1",
        0,
        &predictions("model-1", 0, 10),
        Outcome::Complete,
    );
    project.evaluate(false).unwrap();
    let warnings = project.warnings();
    assert_eq!(
        warnings,
        ["left out model-1 seed 1, model-2 seed 0, model-2 seed 1 (not made yet)"]
    );
    assert_eq!(project.csv(&metrics::ACCURACIES).lines().count(), 2);
    project.train(
        "model-2",
        0,
        &predictions("model-2", 0, 10),
        Outcome::Complete,
    );
    project.evaluate(false).unwrap();
    assert_eq!(project.csv(&metrics::ACCURACIES).lines().count(), 3);
}

#[test]
fn a_failed_run_is_in_the_table_of_failures_and_in_no_other() {
    let project = Project::trained(&["model-1"], &[0]);
    let project = Project {
        models: vec!["model-1".into(), "model-2".into()],
        ..project
    };
    let reason = "loss is NaN in epoch 3, batch 7".to_owned();
    project.train(
        "model-2",
        0,
        &predictions("model-2", 0, 10),
        Outcome::Failed { reason },
    );
    project.evaluate(false).unwrap();
    let failures = project.csv(&metrics::FAILURES);
    assert_eq!(
        failures,
        "model,seed,reason\nmodel-2,0,\"loss is NaN in epoch 3, batch 7\"\n"
    );
    for table in tables().iter().filter(|table| **table != metrics::FAILURES) {
        assert!(!project.csv(table).contains("model-2"), "{}", table.name);
    }
}

#[test]
fn a_study_whose_runs_all_failed_has_its_failures_and_empty_tables() {
    let project = Project::new(&["model-1"], &[0]);
    let reason = "loss is infinite in epoch 1, batch 2".to_owned();
    let failed = Outcome::Failed { reason };
    project.train("model-1", 0, &predictions("model-1", 0, 10), failed);
    project.evaluate(false).unwrap();
    assert_eq!(project.csv(&metrics::FAILURES).lines().count(), 2);
    assert_eq!(project.csv(&metrics::RANKING).lines().count(), 1);
}

#[test]
fn without_a_trained_run_the_error_says_what_to_run() {
    let project = Project::new(&["model-1"], &[0]);
    let found = project.error();
    assert!(
        found.contains("left out model-1 seed 0 (not made yet)"),
        "{found}"
    );
    assert!(found.contains("run `cargo xtask train`"), "{found}");
}

#[test]
fn damaged_predictions_are_refused_by_name_with_a_remedy() {
    let project = Project::trained(&["model-1"], &[0]);
    let file = project
        .root
        .path()
        .join("runs/smoke/train/model-1/seed-0")
        .join(PREDICTIONS_FILE);
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    let found = project.error();
    assert!(
        found.contains("seed-0/predictions.parquet is damaged"),
        "{found}"
    );
    assert!(
        found.contains("--models model-1 --seeds 0 --force"),
        "{found}"
    );
    assert!(!has_tables(&project.folder()), "nothing is written");
}

#[test]
fn runs_on_other_images_are_refused() {
    let project = Project::trained(&["model-1"], &[0, 1]);
    let mut others = predictions("model-1", 1, 10);
    others.ids[7] = 9_999;
    project.train("model-1", 1, &others, Outcome::Complete);
    let found = project.error();
    assert!(
        found.ends_with(
            "model-1/seed-1/predictions.parquet: expected the same validation images and labels \
             as in the other runs, found different ones"
        ),
        "{found}"
    );
}

#[test]
fn invalid_probabilities_are_refused() {
    for wrong in [f32::NAN, -0.5, 1.5] {
        let project = Project::new(&["model-1"], &[0]);
        let mut predictions = predictions("model-1", 0, 10);
        predictions.probabilities[34] = wrong;
        project.train("model-1", 0, &predictions, Outcome::Complete);
        let found = project.error();
        assert!(
            found.contains("row 3: column `probabilities`: expected 10 values"),
            "{found}"
        );
    }
}

#[test]
fn another_number_of_classes_than_the_spec_has_is_refused() {
    let project = Project::new(&["model-1"], &[0]);
    project.train(
        "model-1",
        0,
        &predictions("model-1", 0, 12),
        Outcome::Complete,
    );
    let found = project.error();
    assert!(
        found.ends_with("column `probabilities`: expected 10 for each row, found 12"),
        "{found}"
    );
}

#[test]
fn a_hundred_classes_are_evaluated_and_without_a_publication_nothing_is_compared_with_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let spec = folder.path().join("hundred.toml");
    fs::write(&spec, hundred_classes()).unwrap();
    let models = ["small", "smaller"];
    let project = Project::with_spec(&spec.to_string_lossy(), &models, &[0, 1]);
    for model in models {
        for seed in [0, 1] {
            let predictions = predictions(model, seed, 100);
            project.train(model, seed, &predictions, Outcome::Complete);
        }
    }
    project.evaluate(false).unwrap();
    let lines = |table| project.csv(&table).lines().count();
    assert_eq!(
        lines(metrics::CLASSIFICATION_REPORT),
        1 + 2 * 2 * 2 * (100 + 2),
        "models, seeds, splits, classes and averages"
    );
    let report = project.csv(&metrics::CLASSIFICATION_REPORT);
    assert!(report.contains(",class 99,99,"), "{report}");
    let images = 2 * 2 * (150 + 200);
    assert!((100..=images + 1).contains(&lines(metrics::CONFUSION_MATRIX)));
    assert!(lines(metrics::CONFUSIONS) > 1);
    assert!(!project.folder().join("published.csv").exists());
}

/// A spec of its own with 100 classes.
fn hundred_classes() -> String {
    let classes: Vec<String> = (0..100).map(|class| format!("\"class {class}\"")).collect();
    let spec = r#"description = "A hundred classes"
seeds = [0, 1]

[data]
name = "hundred"
source = "bundled"
bundled_fallback = false
image_size = [8, 8]
channels = 1
classes = [CLASSES]
validation_split = 0.2
pixel_divisor = 255.0

[evaluation]
confidence = 0.95
bootstrap_resamples = 200
bootstrap_seed = 7
calibration_bins = 10

[[model]]
name = "small"
title = "linear"
layers = [{ type = "flatten" }, { type = "dense", units = 100, activation = "linear" }]
kernel_initializer = "glorot_uniform"
bias_initializer = "zeros"
loss = "categorical_crossentropy"
optimizer = { name = "adam", learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7 }
schedule = { name = "constant" }
epochs = 1
batch_size = 64
augmentation = "none"

[[model]]
name = "smaller"
title = "smaller batches"
extends = "small"
batch_size = 32
"#;
    spec.replace("CLASSES", &classes.join(", "))
}

#[test]
fn the_tables_of_random_predictions_are_these() {
    let project = Project::trained(&["model-1", "model-2", "model-5"], &[0, 1]);
    project.evaluate(false).unwrap();
    let mut found = String::new();
    for table in tables() {
        if table != metrics::TRAINING_TIMES {
            let digest = sha256::hex(rounded(&project.csv(&table)).as_bytes());
            writeln!(found, "{} {}", table.name, &digest[..16]).unwrap();
        }
    }
    expect![[r#"
        accuracies 2224dea6bc536475
        summary 281272f89d99a819
        ranking 00892d83ee6e7c2a
        changes 2751a384f5c8630e
        class_changes 17afd8fef353ee62
        looks eb6799971cb17170
        comparisons cbc49507e5719bed
        seed_comparisons af32a3f35c6398ca
        published cdbc8f61f31faf40
        published_differences 305c890461734f0e
        runs bf4b2bf248f15689
        views 1c4862473f008b81
        classification_report 62675759656044d5
        confusion_matrix 16204212d6d0820c
        confusions 68a0ee1a1ae08c78
        calibration 7e0b3cdc3aee160f
        reliability f8da2f0ab3961cd0
        agreement 91b2440e8ef8ca19
        hardest_images fda7f59ca2255c10
        histories 0387e125eb5ab6d2
        failures 7182d2cc3bfc35fb
    "#]]
    .assert_eq(&found);
}

/// Numbers with ten significant digits: the last digits of logarithms differ between machines.
fn rounded(csv: &str) -> String {
    let cells = csv.split_inclusive([',', '\n']);
    cells
        .map(|cell| {
            let (value, end) = cell.split_at(cell.len() - 1);
            match value.parse::<f64>() {
                Ok(number) if value.contains(['.', 'e']) => format!("{number:.9e}{end}"),
                _ => cell.to_owned(),
            }
        })
        .collect()
}

#[test]
fn a_run_without_test_rows_is_refused() {
    let project = Project::new(&["model-1"], &[0]);
    let mut predictions = predictions("model-1", 0, 10);
    predictions.splits.fill(Split::Validation);
    project.train("model-1", 0, &predictions, Outcome::Complete);
    let found = project.error();
    assert!(
        found.ends_with("column `split`: expected test rows, found none"),
        "{found}"
    );
}

fn has_tables(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        entry
            .unwrap()
            .path()
            .extension()
            .is_some_and(|end| end == "csv")
    })
}
