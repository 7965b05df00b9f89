//! The stage from a folder or the bundled subset to Parquet.

use std::fs;
use std::path::Path;

use clap::Parser;
use ingest::Arguments;
use pipelines::tables::images::Images;
use pipelines::tables::overview;
use pipelines::tables::split::Split;

fn run(root: &Path, more: &[&str]) -> anyhow::Result<()> {
    let root = root.to_str().unwrap();
    let arguments = ["ingest", "--spec", "smoke", "--root", root];
    ingest::run(&Arguments::try_parse_from(arguments.iter().chain(more)).unwrap())
}

fn ingested(root: &Path, file: &str) -> Vec<u8> {
    fs::read(root.join("data/ingested/bundled").join(file)).unwrap()
}

#[test]
fn the_bundled_subset_becomes_training_validation_and_test_rows() {
    let root = tempfile::tempdir().unwrap();
    run(root.path(), &[]).unwrap();
    let folder = root.path().join("data/ingested/bundled");
    let train = Images::read(&folder, "train.parquet").unwrap();
    let test = Images::read(&folder, "test.parquet").unwrap();
    assert_eq!(train, ingest::bundled::train().unwrap());
    assert_eq!(test, ingest::bundled::test().unwrap());
    assert_eq!(train.ids, (0..2_000).collect::<Vec<_>>());
    assert!(
        train.splits[..1_600]
            .iter()
            .all(|split| *split == Split::Train)
    );
    assert!(
        train.splits[1_600..]
            .iter()
            .all(|split| *split == Split::Validation)
    );
    // The first labels of Fashion-MNIST: ankle boot, T-shirt, T-shirt, dress, T-shirt.
    assert_eq!(train.labels[..5], [9, 0, 0, 3, 0]);
    assert_eq!(test.labels[..5], [9, 2, 1, 1, 6]);
}

#[test]
fn the_overview_counts_every_image_once() {
    let root = tempfile::tempdir().unwrap();
    run(root.path(), &[]).unwrap();
    let folder = root.path().join("data/ingested/bundled");
    let rows = overview::read(&folder, "overview.parquet").unwrap();
    for (split, images) in Split::ALL.into_iter().zip([1_600, 400, 1_000]) {
        let of_split = rows.iter().filter(|row| row.split == split);
        assert_eq!(of_split.map(|row| row.images).sum::<u32>(), images);
    }
    // labels = test_labels[:1000] == 9
    // x = test_images[:1000][labels].astype(float); x.size // 784, x.mean(), x.std()
    let boots = rows.last().unwrap();
    assert_eq!((boots.label, boots.images), (9, 95));
    assert!((boots.pixel_mean.unwrap() - 74.72951127819549).abs() < 1e-9);
    assert!((boots.pixel_standard_deviation.unwrap() - 94.10367585274514).abs() < 1e-9);
}

#[test]
fn the_bytes_are_the_same_for_any_number_of_threads() {
    let files = |threads: &str| {
        let root = tempfile::tempdir().unwrap();
        run(root.path(), &["--threads", threads]).unwrap();
        ["train.parquet", "test.parquet", "overview.parquet"]
            .map(|file| ingested(root.path(), file))
    };
    let one = files("1");
    assert!(one == files("2") && one == files("4"));
}

#[test]
fn a_named_folder_without_the_data_is_an_error_even_if_other_sources_have_them() {
    let root = tempfile::tempdir().unwrap();
    let from = tempfile::tempdir().unwrap();
    let quick = ["--spec", "quick", "--root", root.path().to_str().unwrap()];
    let from = ["--from", from.path().to_str().unwrap()];
    let arguments = [&["ingest"][..], &quick, &from].concat();
    let error = ingest::run(&Arguments::try_parse_from(&arguments).unwrap()).unwrap_err();
    let expected = format!(
        "{} does not have the data: train-images-idx3-ubyte.gz is not there",
        from[1]
    );
    assert_eq!(format!("{error:#}"), expected);
    assert!(
        !root
            .path()
            .join("data/ingested/fashion-mnist/train.parquet")
            .exists()
    );
}
