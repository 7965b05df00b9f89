//! The first images of Fashion-MNIST, which lie in the repository: for tests, and for machines
//! with no way out.

use std::path::Path;

use anyhow::Result;
use pipelines::tables::images::Images;

use crate::data_set::{DataSet, RawFile};
use crate::idx_file::BUNDLED;

const FILES: [(&str, &[u8]); 4] = [
    (
        "ingest/data/train-images-idx3-ubyte.gz",
        include_bytes!("../data/train-images-idx3-ubyte.gz"),
    ),
    (
        "ingest/data/train-labels-idx1-ubyte.gz",
        include_bytes!("../data/train-labels-idx1-ubyte.gz"),
    ),
    (
        "ingest/data/t10k-images-idx3-ubyte.gz",
        include_bytes!("../data/t10k-images-idx3-ubyte.gz"),
    ),
    (
        "ingest/data/t10k-labels-idx1-ubyte.gz",
        include_bytes!("../data/t10k-labels-idx1-ubyte.gz"),
    ),
];

/// Share of the training rows that validate in [`train`], as in the paper.
const VALIDATION_SPLIT: f64 = 0.2;

/// 2,000 training and 1,000 test images.
///
/// # Errors
/// Files in the repository that are not the subset.
pub fn data_set() -> Result<DataSet> {
    let raw = FILES.map(|(path, bytes)| RawFile {
        path: Path::new(path).to_path_buf(),
        bytes: bytes.to_vec(),
    });
    DataSet::decode(&BUNDLED, &raw)
}

/// 1,600 training rows, then 400 validation rows.
///
/// # Errors
/// As [`data_set`].
pub fn train() -> Result<Images> {
    let train = data_set()?.train;
    let training_rows = train.len() - (train.len() as f64 * VALIDATION_SPLIT) as usize;
    Ok(train.images(Some(training_rows)))
}

/// 1,000 test rows.
///
/// # Errors
/// As [`data_set`].
pub fn test() -> Result<Images> {
    Ok(data_set()?.test.images(None))
}
