//! Checked images and labels.

use std::path::PathBuf;

use anyhow::{Context, Result};
use arrow_buffer::{Buffer, ScalarBuffer};
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::images::Images;
use pipelines::tables::split::Split;

use crate::idx_file::{IdxFile, IdxFiles};
use crate::picture_counts::PictureCounts;
use crate::source::{ImageRows, Sink};

/// A file as it was obtained, not yet checked.
#[derive(Clone, Debug)]
pub struct RawFile {
    /// Path or address, for messages.
    pub path: PathBuf,
    /// Its bytes, plain or gzipped.
    pub bytes: Vec<u8>,
}

/// Training and test images.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// Rows to train and validate on.
    pub train: LabelledImages,
    /// Rows to test on.
    pub test: LabelledImages,
}

/// Images with a label each, in the order of the source.
#[derive(Clone, Debug)]
pub struct LabelledImages {
    info: DatasetInfo,
    labels: Vec<u16>,
    pixels: ScalarBuffer<u8>,
}

impl DataSet {
    /// Decompresses and checks four files of images of `info`, each on a thread of its own.
    ///
    /// # Errors
    /// The first file that is not what `files` says.
    pub fn decode(files: &IdxFiles, raw: &[RawFile; 4], info: &DatasetInfo) -> Result<Self> {
        let decoded: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = files
                .iter()
                .zip(raw)
                .map(|(file, raw)| scope.spawn(|| file.decode(&raw.path, &raw.bytes, info)))
                .collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        let mut contents = Vec::with_capacity(4);
        for (decoded, raw) in decoded.into_iter().zip(raw) {
            let decoded = decoded
                .ok()
                .with_context(|| format!("{}: the decoder failed", raw.path.display()))?;
            contents.push(decoded?);
        }
        let [train_images, train_labels, test_images, test_labels] =
            <[Vec<u8>; 4]>::try_from(contents)
                .ok()
                .context("expected four files")?;
        Ok(Self {
            train: LabelledImages::new(info, &files[0], train_images, &files[1], train_labels),
            test: LabelledImages::new(info, &files[2], test_images, &files[3], test_labels),
        })
    }
}

impl LabelledImages {
    /// Takes the decoded files over; the pixels are not copied.
    fn new(
        info: &DatasetInfo,
        images_file: &IdxFile,
        images: Vec<u8>,
        labels_file: &IdxFile,
        labels: Vec<u8>,
    ) -> Self {
        let labels = &labels[labels_file.header_bytes()..];
        let header_bytes = images_file.header_bytes();
        let length = images.len() - header_bytes;
        Self {
            info: info.clone(),
            labels: labels.iter().map(|&label| u16::from(label)).collect(),
            pixels: ScalarBuffer::new(Buffer::from_vec(images), header_bytes, length),
        }
    }

    /// Shape and classes.
    pub fn info(&self) -> &DatasetInfo {
        &self.info
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The rows as a table: the first `training_rows` train and the rest validate, or all of them
    /// test.
    pub fn images(&self, training_rows: Option<usize>) -> Images {
        let split = |row| match training_rows {
            None => Split::Test,
            Some(training_rows) if row < training_rows => Split::Train,
            Some(_) => Split::Validation,
        };
        Images {
            info: self.info.clone(),
            ids: (0..self.len() as u32).collect(),
            splits: (0..self.len()).map(split).collect(),
            labels: self.labels.clone(),
            pixels: self.pixels.clone(),
            extra: Vec::new(),
        }
    }
}

impl ImageRows for LabelledImages {
    fn labels(&self) -> &[u16] {
        &self.labels
    }

    fn read(&self, rows: &[u32], sink: &mut Sink) -> Result<PictureCounts> {
        let image_bytes = self.info.shape.len();
        for run in rows.chunk_by(|row, next| row + 1 == *next) {
            let first = run[0] as usize * image_bytes;
            sink(self.pixels.slice(first, run.len() * image_bytes))?;
        }
        Ok(PictureCounts::default())
    }
}
