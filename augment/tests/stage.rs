//! The stage on the bundled subset.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use clap::Parser;
use pipelines::files::layout::Layout;
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::tables::images::Images;

const MODELS: [&str; 2] = ["--models", "model-5,model-6"];

fn arguments<'a>(program: &'a str, root: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let root = root.to_str().unwrap();
    [&[program, "--spec", "smoke", "--root", root], more].concat()
}

fn ingest(root: &Path) {
    let arguments = arguments("ingest", root, &[]);
    ingest::run(&ingest::Arguments::try_parse_from(arguments).unwrap()).unwrap();
}

fn augment(root: &Path, more: &[&str]) -> anyhow::Result<()> {
    let arguments = arguments("augment", root, more);
    augment::run(&augment::Arguments::try_parse_from(arguments).unwrap())
}

/// Bytes and time of each shard.
fn shards(root: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let folder = Layout::new(root).augmented("smoke", "affine");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "parquet")
        })
        .map(|entry| {
            let modified = entry.metadata().unwrap().modified().unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, (fs::read(entry.path()).unwrap(), modified))
        })
        .collect()
}

#[test]
fn there_is_a_shard_for_each_epoch_of_the_longest_model() {
    let root = tempfile::tempdir().unwrap();
    ingest(root.path());
    augment(root.path(), &MODELS).unwrap();
    let shards = shards(root.path());
    assert_eq!(
        shards.keys().collect::<Vec<_>>(),
        ["copy-000.parquet", "copy-001.parquet"]
    );
    assert!(shards["copy-000.parquet"].0 != shards["copy-001.parquet"].0);
}

#[test]
fn models_without_augmentation_need_no_shards() {
    let root = tempfile::tempdir().unwrap();
    ingest(root.path());
    augment(root.path(), &["--models", "model-1"]).unwrap();
    assert!(!root.path().join("runs").exists());
}

#[test]
fn an_interrupted_run_continues_at_the_missing_shard() {
    let root = tempfile::tempdir().unwrap();
    ingest(root.path());
    augment(root.path(), &MODELS).unwrap();
    let whole = shards(root.path());
    // The folder that a run leaves when it is killed after its first shard.
    let folder = Layout::new(root.path()).augmented("smoke", "affine");
    let mut manifest = Manifest::read(&folder).unwrap().unwrap();
    manifest.outcome = Outcome::Unfinished;
    manifest.outputs.remove("copy-001.parquet");
    manifest.write(&folder).unwrap();
    fs::remove_file(folder.join("copy-001.parquet")).unwrap();
    fs::write(folder.join(".half.partial"), "half a shard").unwrap();
    augment(root.path(), &MODELS).unwrap();
    let resumed = shards(root.path());
    assert!(
        resumed["copy-000.parquet"] == whole["copy-000.parquet"],
        "made again"
    );
    assert!(resumed["copy-001.parquet"].0 == whole["copy-001.parquet"].0);
    assert!(!folder.join(".half.partial").exists());
    let finished = Manifest::read(&folder).unwrap().unwrap();
    assert_eq!(finished.outcome, Outcome::Complete);
    assert!(finished.duration_s > manifest.duration_s);
}

#[test]
fn more_epochs_need_more_shards_and_leave_the_others_as_they_are() {
    let root = tempfile::tempdir().unwrap();
    ingest(root.path());
    augment(root.path(), &["--models", "model-6"]).unwrap();
    let one = shards(root.path());
    assert_eq!(one.len(), 1);
    augment(root.path(), &MODELS).unwrap();
    let two = shards(root.path());
    assert_eq!(two.len(), 2);
    assert!(
        two["copy-000.parquet"] == one["copy-000.parquet"],
        "made again"
    );
}

#[test]
fn damaged_images_are_rejected_with_the_command_that_makes_them_again() {
    let root = tempfile::tempdir().unwrap();
    ingest(root.path());
    let path = Layout::new(root.path())
        .ingested("bundled")
        .join("train.parquet");
    let mut bytes = fs::read(&path).unwrap();
    bytes[1_000] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = format!("{:#}", augment(root.path(), &MODELS).unwrap_err());
    assert!(
        error.contains("train.parquet is damaged: expected SHA-256"),
        "{error}"
    );
    assert!(error.contains("cargo xtask ingest"), "{error}");
}

#[test]
fn mapped_rows_and_first_rows_are_those_of_the_whole_file() {
    let root = tempfile::tempdir().unwrap();
    ingest(root.path());
    augment(root.path(), &["--models", "model-6"]).unwrap();
    let folder = Layout::new(root.path()).augmented("smoke", "affine");
    let file = "copy-000.parquet";
    let whole = Images::read(&folder, file).unwrap();
    let scratch = root.path().join("scratch");
    let mapped = Images::read_mapped(&folder, file, &scratch).unwrap();
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
    let without_extra = Images {
        extra: Vec::new(),
        ..whole.clone()
    };
    assert!(mapped == without_extra);
    for rows in [0, 1, 700, 1_600, 9_999] {
        let first = Images::read_first(&folder, file, rows).unwrap();
        assert!(first == whole.slice(0, rows.min(1_600)), "{rows}");
        assert_eq!(first.extra.len(), whole.extra.len());
    }
}

#[test]
fn a_damaged_file_is_not_mapped() {
    let root = tempfile::tempdir().unwrap();
    ingest(root.path());
    let folder = Layout::new(root.path()).ingested("bundled");
    let mut bytes = fs::read(folder.join("test.parquet")).unwrap();
    bytes[1_000] ^= 1;
    fs::write(folder.join("test.parquet"), bytes).unwrap();
    let error = Images::read_mapped(&folder, "test.parquet", root.path()).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("test.parquet is damaged: expected SHA-256"),
        "{error}"
    );
}
