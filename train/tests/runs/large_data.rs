//! Data that are larger than what a run may hold.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use clap::Parser;
use pipelines::files::layout::{OVERVIEW_FILE, TEST_FILE, TIMINGS_FILE, TRAIN_FILE};
use pipelines::files::manifest::Outcome;
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::history::read_timings;
use pipelines::tables::images::Images;
use pipelines::tables::images_writer::ImagesWriter;
use pipelines::tables::overview;
use pipelines::tables::split::Split;

const SPEC: &str = include_str!("large_data.toml");

/// Rows that are made and written at a time.
const BATCH_ROWS: usize = 1_000;

/// Images of noise about a level that depends on the class.
fn batch(info: &DatasetInfo, first: usize, rows: usize, split: impl Fn(usize) -> Split) -> Images {
    let mut state = first as u64 * 0x9e37_79b9 + 1;
    let mut pixels = Vec::with_capacity(rows * info.shape.len());
    let class = |row: usize| row * 7 % info.class_count();
    for row in first..first + rows {
        for _ in 0..info.shape.len() {
            // Xorshift (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            pixels.push((class(row) * 20) as u8 + (state & 31) as u8);
        }
    }
    let rows = first..first + rows;
    Images {
        info: info.clone(),
        ids: rows.clone().map(|row| row as u32).collect(),
        splits: rows.clone().map(split).collect(),
        labels: rows.map(|row| class(row) as u16).collect(),
        pixels: pixels.into(),
        extra: Vec::new(),
    }
}

/// Writes what `ingest` would write: `rows` training and validation rows and a fiftieth of test rows.
fn ingest(root: &Path, spec_path: &Path, rows: usize) {
    let words = ["train", "--spec", spec_path.to_str().unwrap(), "--root"];
    let words = words.into_iter().chain(root.to_str());
    let arguments = train::Arguments::parse_from(words).stage;
    let spec = arguments.load_spec().unwrap();
    let info = spec.data.info().unwrap();
    let mut run = StepRun::begin(&arguments, &spec, &Step::Ingest)
        .unwrap()
        .unwrap();
    let training_rows = spec.data.training_rows(rows);
    for (file, rows, training_rows) in
        [(TRAIN_FILE, rows, training_rows), (TEST_FILE, rows / 50, 0)]
    {
        let output = run.create(file).unwrap();
        let mut writer = ImagesWriter::new(output, &info, &[]).unwrap();
        for first in (0..rows).step_by(BATCH_ROWS) {
            let images = batch(
                &info,
                first,
                BATCH_ROWS.min(rows - first),
                |row| match file {
                    TEST_FILE => Split::Test,
                    _ if row < training_rows => Split::Train,
                    _ => Split::Validation,
                },
            );
            writer.write(&images).unwrap();
        }
        run.commit(writer.finish().unwrap()).unwrap();
    }
    run.write(OVERVIEW_FILE, &overview::encode(&[]).unwrap())
        .unwrap();
    run.finish(Outcome::Complete).unwrap();
}

/// Trains and returns the most memory that the process had of its own, in bytes, and the images a
/// second of its last epoch.
#[cfg(target_os = "linux")]
fn train(root: &Path, spec_path: &Path) -> (u64, f64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_train"))
        .arg("--spec")
        .arg(spec_path)
        .arg("--root")
        .arg(root)
        .args(["--models", "dense"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak_bytes = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let anonymous = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kibibytes = anonymous.and_then(|text| text.split_whitespace().next()?.parse().ok());
        peak_bytes = peak_bytes.max(kibibytes.unwrap_or(0) << 10);
        thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success());
    let folder = root.join("runs/large_data/train/dense/seed-0");
    let timings = read_timings(&folder, TIMINGS_FILE).unwrap();
    (peak_bytes, timings.last().unwrap().images_per_s)
}

/// 4 GB of pixels and a twentieth of them. Takes minutes and 10 GB of disk; with `ATELIER_LARGE_DATA`
/// the files stay in the folder that it names, for the other stages.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "writes 10 GB"]
fn training_on_four_gigabytes_stays_in_the_memory_of_training_on_little() {
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("ATELIER_LARGE_DATA");
    let folder = kept.map_or(temporary.path().to_path_buf(), Into::into);
    let measure = |name: &str, rows: usize| {
        let root = folder.join(name);
        fs::create_dir_all(&root).unwrap();
        let spec_path = root.join("large_data.toml");
        fs::write(&spec_path, SPEC).unwrap();
        ingest(&root, &spec_path, rows);
        let (peak_bytes, images_per_s) = train(&root, &spec_path);
        eprintln!(
            "{rows} images of 64x64x3: at most {} MB of its own memory, {images_per_s:.0} images/s",
            peak_bytes / 1_000_000
        );
        peak_bytes
    };
    let little = measure("little", 16_500);
    let much = measure("much", 330_000);
    // What grows are ids, labels, splits, the order of an epoch and the predictions: bytes a row.
    assert!(much < little + 330_000 * 300, "{little} {much} bytes");
    assert!(much < 1_000_000_000, "{much} bytes");
}
