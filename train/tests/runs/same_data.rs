//! The same images from a folder, from IDX files and from Parquet are the same data.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use ingest::picture;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::tables::encoded_images::EncodedImages;

const CLASSES: [&str; 10] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];

/// The handwritten digits of the UCI Machine Learning Repository that scikit-learn ships, as PNG files in
/// Hugging Face's layout.
fn digits() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/tests/digits")
}

fn spec(source: &str) -> String {
    format!(
        r#"
description = "A test"
seeds = [0]
[data]
name = "digits"
source = {source}
classes = {CLASSES:?}
validation_split = 0.2
validation = "stratified"
pixel_divisor = 255.0
[evaluation]
confidence = 0.95
bootstrap_resamples = 100
bootstrap_seed = 0
calibration_bins = 10
[[model]]
name = "small"
title = "one convolution"
layers = [
  {{ type = "conv2d", filters = 8, kernel_size = 3, strides = 1, padding = "valid", activation = "relu" }},
  {{ type = "max_pooling2d", pool_size = 2, strides = 2 }},
  {{ type = "flatten" }},
  {{ type = "dense", units = 10, activation = "linear" }},
]
kernel_initializer = "glorot_uniform"
bias_initializer = "zeros"
loss = "categorical_crossentropy"
optimizer = {{ name = "adam", learning_rate = 0.01, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7 }}
schedule = {{ name = "constant" }}
epochs = 3
batch_size = 32
augmentation = "none"
"#
    )
}

/// Ingested images, weights and predictions of a run on `source`.
fn run(root: &Path, name: &str, source: &str) -> Vec<Vec<u8>> {
    let root = root.join(name);
    fs::create_dir_all(&root).unwrap();
    let path = root.join("study.toml");
    fs::write(&path, spec(source)).unwrap();
    let (root_word, path) = (root.to_str().unwrap(), path.to_str().unwrap());
    let words = ["stage", "--root", root_word, "--spec", path];
    ingest::run(&ingest::Arguments::try_parse_from(words).unwrap()).unwrap();
    train::run(&train::Arguments::try_parse_from(words).unwrap()).unwrap();
    let run = "runs/study/train/small/seed-0";
    let files = [
        "data/ingested/digits/train.parquet".to_owned(),
        "data/ingested/digits/test.parquet".to_owned(),
        format!("{run}/weights.safetensors"),
        format!("{run}/history.parquet"),
        format!("{run}/predictions.parquet"),
    ];
    files.map(|file| fs::read(root.join(file)).unwrap()).into()
}

fn idx(sizes: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(elements);
    bytes
}

#[test]
fn a_folder_idx_files_and_parquet_give_the_same_pixels_and_the_same_weights() {
    let root = tempfile::tempdir().unwrap();
    let shape = ImageShape::new(8, 8, 1);
    let (folder, mnist) = (root.path().join("folder"), root.path().join("mnist"));
    fs::create_dir(&mnist).unwrap();
    for (part, prefix) in [("train", "train"), ("test", "t10k")] {
        let file = digits().join(format!("data/{part}-00000-of-00001.parquet"));
        let images = EncodedImages::open(&file).unwrap();
        let labels: Vec<u8> = images.labels().unwrap().iter().map(|l| *l as u8).collect();
        let mut pixels = vec![0; labels.len() * shape.len()];
        for group in images.groups().unwrap() {
            let group = group.unwrap();
            for row in 0..group.len() {
                let (at, bytes) = (group.first_row + row, group.bytes(row).unwrap());
                let class = folder.join(part).join(CLASSES[usize::from(labels[at])]);
                fs::create_dir_all(&class).unwrap();
                fs::write(class.join(format!("{at:04}.png")), bytes).unwrap();
                let image = &mut pixels[at * shape.len()..][..shape.len()];
                picture::decode(bytes, shape, image).unwrap();
            }
        }
        let count = labels.len() as u32;
        let write = |name: &str, bytes: &[u8]| fs::write(mnist.join(name), bytes).unwrap();
        write(
            &format!("{prefix}-images-idx3-ubyte"),
            &idx(&[count, 8, 8], &pixels),
        );
        write(
            &format!("{prefix}-labels-idx1-ubyte"),
            &idx(&[count], &labels),
        );
    }
    let source = |kind: &str, path: &Path| format!("{{ kind = {kind:?}, path = {path:?} }}");
    let from_parquet = run(root.path(), "a", &source("parquet", &digits()));
    let from_folder = run(root.path(), "b", &source("image-folder", &folder));
    let from_idx = run(root.path(), "c", &source("idx", &mnist));
    assert!(from_folder == from_parquet);
    assert!(from_idx == from_parquet);
}
