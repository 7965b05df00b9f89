//! The whole step on folders with invented predictions: nothing here was measured.

mod project;

use std::fs;
use std::path::Path;

use pipelines::files::layout::PREDICTIONS_FILE;
use pipelines::files::manifest::Outcome;
use pipelines::tables::images::Split;
use pipelines::tables::{metrics, parquet_file};

use project::{Project, predictions};

#[test]
fn every_table_is_there_twice_with_the_columns_of_the_contract() {
    let project = Project::trained(&["model-1", "model-2", "model-5"], &[0, 1]);
    project.evaluate(false).unwrap();
    for table in metrics::ALL {
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
        metrics::ALL
            .iter()
            .flat_map(|table| [table.parquet_file(), table.csv_file()])
            .map(|file| fs::read(project.folder().join(file)).unwrap())
            .collect()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn runs_that_are_not_there_yet_are_left_out_and_come_in_later() {
    let project = Project::new(&["model-1", "model-2"], &[0, 1]);
    project.train("model-1", 0, &predictions("model-1", 0), Outcome::Complete);
    project.evaluate(false).unwrap();
    let warnings = project.warnings();
    assert_eq!(
        warnings,
        ["left out model-1 seed 1, model-2 seed 0, model-2 seed 1 (not made yet)"]
    );
    assert_eq!(project.csv(&metrics::TABLE_1).lines().count(), 2);
    project.train("model-2", 0, &predictions("model-2", 0), Outcome::Complete);
    project.evaluate(false).unwrap();
    assert_eq!(project.csv(&metrics::TABLE_1).lines().count(), 3);
}

#[test]
fn a_failed_run_stands_among_the_failures_and_nowhere_else() {
    let project = Project::trained(&["model-1"], &[0]);
    let project = Project {
        models: vec!["model-1".into(), "model-2".into()],
        ..project
    };
    let reason = "loss is NaN in epoch 3, batch 7".to_owned();
    project.train(
        "model-2",
        0,
        &predictions("model-2", 0),
        Outcome::Failed { reason },
    );
    project.evaluate(false).unwrap();
    let failures = project.csv(&metrics::FAILURES);
    assert_eq!(
        failures,
        "model,seed,reason\nmodel-2,0,\"loss is NaN in epoch 3, batch 7\"\n"
    );
    for table in metrics::ALL
        .iter()
        .filter(|table| **table != metrics::FAILURES)
    {
        assert!(!project.csv(table).contains("model-2"), "{}", table.name);
    }
}

#[test]
fn a_study_whose_runs_all_failed_has_its_failures_and_empty_tables() {
    let project = Project::new(&["model-1"], &[0]);
    let reason = "loss is infinite in epoch 1, batch 2".to_owned();
    let failed = Outcome::Failed { reason };
    project.train("model-1", 0, &predictions("model-1", 0), failed);
    project.evaluate(false).unwrap();
    assert_eq!(project.csv(&metrics::FAILURES).lines().count(), 2);
    assert_eq!(project.csv(&metrics::RANKING).lines().count(), 1);
}

#[test]
fn nothing_trained_is_an_error_that_says_what_to_run() {
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
    let mut others = predictions("model-1", 1);
    others.ids[7] = 9_999;
    project.train("model-1", 1, &others, Outcome::Complete);
    let found = project.error();
    assert!(
        found.ends_with(
            "model-1/seed-1/predictions.parquet: expected the same validation images and labels \
             as in the other runs, found others"
        ),
        "{found}"
    );
}

#[test]
fn probabilities_that_are_none_are_refused() {
    for wrong in [f32::NAN, -0.5, 1.5] {
        let project = Project::new(&["model-1"], &[0]);
        let mut predictions = predictions("model-1", 0);
        predictions.probabilities[34] = wrong;
        project.train("model-1", 0, &predictions, Outcome::Complete);
        let found = project.error();
        assert!(
            found.contains("row 3: column `probabilities`: expected ten"),
            "{found}"
        );
    }
}

#[test]
fn labels_beyond_the_ten_classes_are_refused() {
    let project = Project::new(&["model-1"], &[0]);
    let mut predictions = predictions("model-1", 0);
    predictions.labels[5] = 10;
    project.train("model-1", 0, &predictions, Outcome::Complete);
    let found = project.error();
    assert!(
        found.ends_with("row 5: column `label`: expected 0 to 9, found 10"),
        "{found}"
    );
}

#[test]
fn a_run_without_test_rows_is_refused() {
    let project = Project::new(&["model-1"], &[0]);
    let mut predictions = predictions("model-1", 0);
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
