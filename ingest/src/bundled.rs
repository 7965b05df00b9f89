//! The first images of Fashion-MNIST, which are in the repository: for tests, and for machines
//! without a network.

use std::path::Path;

use anyhow::Result;
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
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

/// Fraction of the training rows that are validation rows in [`train`], as in the paper.
const VALIDATION_SPLIT: f64 = 0.2;

/// Shape and classes of the images, as Zalando's README names them.
pub fn info() -> DatasetInfo {
    let class_names = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ];
    DatasetInfo {
        shape: ImageShape::new(28, 28, 1),
        class_names: class_names.map(str::to_owned).to_vec(),
    }
}

/// 2,000 training and 1,000 test images, taken for images of `info`.
///
/// # Errors
/// An `info` that does not fit the images.
pub fn data_set(info: &DatasetInfo) -> Result<DataSet> {
    let raw = FILES.map(|(path, bytes)| RawFile {
        path: Path::new(path).to_path_buf(),
        bytes: bytes.to_vec(),
    });
    DataSet::decode(&BUNDLED, &raw, info)
}

/// 1,600 training rows, then 400 validation rows.
///
/// # Errors
/// As [`data_set`].
pub fn train() -> Result<Images> {
    let train = data_set(&info())?.train;
    let training_rows = train.len() - (train.len() as f64 * VALIDATION_SPLIT) as usize;
    Ok(train.images(Some(training_rows)))
}

/// 1,000 test rows.
///
/// # Errors
/// As [`data_set`].
pub fn test() -> Result<Images> {
    Ok(data_set(&info())?.test.images(None))
}
