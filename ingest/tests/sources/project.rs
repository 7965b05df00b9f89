//! A temporary folder with a data set and a spec.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use clap::Parser;
use image::{DynamicImage, ImageFormat};
use ingest::Arguments;
use pipelines::tables::images::Images;

/// Two classes of images of `height` x `width` need a model; it is never trained.
const MODEL: &str = r#"
[evaluation]
confidence = 0.95
bootstrap_resamples = 100
bootstrap_seed = 0
calibration_bins = 10

[[model]]
name = "dense"
title = "no hidden layer"
layers = [{ type = "flatten" }, { type = "dense", units = 2, activation = "linear" }]
kernel_initializer = "glorot_uniform"
bias_initializer = "zeros"
loss = "categorical_crossentropy"
optimizer = { name = "adam", learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7 }
schedule = { name = "constant" }
epochs = 1
batch_size = 4
augmentation = "none"
"#;

pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// One whose data section has `source`, no validation images, and `keys`.
    pub fn new(source: &str, keys: &str) -> Self {
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let spec = format!(
            "description = \"A test\"\nseeds = [0]\n[data]\nname = \"data\"\nsource = {source}\n\
             validation_split = 0.0\npixel_divisor = 255.0\n{keys}\n{MODEL}"
        );
        fs::write(project.path("spec.toml"), spec).unwrap();
        project
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Writes a file, with the folders that it needs.
    pub fn write(&self, below: &str, bytes: &[u8]) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes a picture as PNG.
    pub fn write_png(&self, below: &str, image: impl Into<DynamicImage>) {
        self.write(below, &encode(image, ImageFormat::Png));
    }

    /// Runs the stage.
    pub fn ingest(&self) -> anyhow::Result<()> {
        let (root, spec) = (self.folder.path().to_str().unwrap(), self.path("spec.toml"));
        let words = ["ingest", "--root", root, "--spec", spec.to_str().unwrap()];
        ingest::run(&Arguments::try_parse_from(words).unwrap())
    }

    /// The message of a run that fails and leaves no file.
    #[track_caller]
    pub fn error(&self) -> String {
        let error = format!("{:#}", self.ingest().unwrap_err());
        for file in ["train.parquet", "test.parquet", "manifest.json"] {
            assert!(!self.ingested_path().join(file).exists(), "{file}: {error}");
        }
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }

    /// The folder of the files of the stage, whatever the data are called.
    pub fn ingested_path(&self) -> PathBuf {
        let entries = fs::read_dir(self.path("data/ingested"));
        let first = entries.ok().and_then(|mut entries| entries.next());
        first.map_or(self.path("data/ingested/data"), |entry| {
            entry.unwrap().path()
        })
    }

    /// Training and test images.
    pub fn ingested(&self) -> [Images; 2] {
        ["train.parquet", "test.parquet"]
            .map(|file| Images::read(&self.ingested_path(), file).unwrap())
    }
}

pub fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A grey picture of one level.
pub fn grey(height: u32, width: u32, level: u8) -> image::GrayImage {
    image::GrayImage::from_pixel(width, height, image::Luma([level]))
}

/// A plain file, for messages.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
