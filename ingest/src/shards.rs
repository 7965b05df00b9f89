//! The Parquet files of one split.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::encoded_images::EncodedImages;
use pipelines::tables::images::DATASET_INFO;
use pipelines::tables::images_reader::ImagesReader;
use pipelines::tables::parquet_file::ParquetFile;

/// The folder below that of a data set in which Hugging Face keeps its files.
pub const DATA_FOLDER: &str = "data";

/// The files of one split, in the order of their names, and the class of each row of all.
pub struct Shards {
    /// The files.
    pub shards: Vec<Shard>,
    /// Class of each row.
    pub labels: Vec<u16>,
}

/// One file.
pub enum Shard {
    /// Encoded pictures.
    Encoded(EncodedImages),
    /// Pixels, as `ingest` writes them.
    Own(ParquetFile, DatasetInfo),
}

impl Shard {
    /// Path, for messages.
    pub fn path(&self) -> &Path {
        match self {
            Shard::Encoded(images) => images.path(),
            Shard::Own(file, _) => file.path(),
        }
    }
}

impl Shards {
    /// Opens the files at `paths`.
    ///
    /// # Errors
    /// Files of another layout, labels out of range.
    pub fn open(paths: Vec<PathBuf>) -> Result<Self> {
        let (mut shards, mut labels) = (Vec::new(), Vec::new());
        for path in paths {
            let opened =
                File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let file = ParquetFile::open_file(&path, opened)?;
            if file.schema().metadata().contains_key(DATASET_INFO) {
                let reader = ImagesReader::new(file.clone())?.without_extra();
                let info = reader.info().clone();
                labels.extend(reader.labels()?);
                shards.push(Shard::Own(file, info));
            } else {
                let images = EncodedImages::new(file)?;
                labels.extend(images.labels()?);
                shards.push(Shard::Encoded(images));
            }
        }
        Ok(Self { shards, labels })
    }
}

/// The files of `split` in `folder` or its folder `data`, by name.
///
/// # Errors
/// A folder that cannot be listed.
pub fn files(folder: &Path, split: &str) -> Result<Vec<PathBuf>> {
    for folder in [folder.to_path_buf(), folder.join(DATA_FOLDER)] {
        let context = || format!("cannot list {}", folder.display());
        if !folder.is_dir() {
            continue;
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).with_context(context)? {
            let path = entry.with_context(context)?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let is_parquet = path.extension().is_some_and(|ending| ending == "parquet");
            let rest = stem.and_then(|stem| stem.strip_prefix(split));
            if is_parquet && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
                found.push(path);
            }
        }
        if !found.is_empty() {
            found.sort();
            return Ok(found);
        }
    }
    Ok(Vec::new())
}
