//! Parquet files that pass for ours: an error, or columns of equal length within their ranges.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pipelines::tables::encoded_images::EncodedImages;
use pipelines::tables::images::Images;
use pipelines::tables::parquet_file::{self, ParquetFile};
use pipelines::tables::predictions::Predictions;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzzed.parquet");
    if let Ok(images) = Images::decode(path, bytes.to_vec()) {
        let rows = images.len();
        assert_eq!(images.splits.len(), rows);
        assert_eq!(images.labels.len(), rows);
        assert_eq!(images.pixels.len(), rows * images.info.shape.len());
        assert!(images.labels.iter().all(|label| usize::from(*label) < images.info.class_count()));
    }
    if let Ok(predictions) = Predictions::decode(path, bytes.to_vec()) {
        let rows = predictions.len();
        assert_eq!(predictions.splits.len(), rows);
        assert_eq!(predictions.labels.len(), rows);
        assert_eq!(predictions.probabilities.len(), rows * predictions.class_count);
        for row in 0..rows {
            assert!(usize::from(predictions.predicted(row)) < predictions.class_count);
        }
    }
    let opened = ParquetFile::open(path, bytes.to_vec());
    if let Ok(images) = opened.and_then(EncodedImages::new) {
        if let Ok(labels) = images.labels() {
            assert_eq!(labels.len(), images.rows());
        }
        let groups = images.groups().into_iter().flatten().map_while(Result::ok);
        for group in groups {
            assert!(!group.is_empty());
            let _ = (0..group.len()).filter_map(|row| group.bytes(row)).count();
        }
    }
    if let Ok((batch, _)) = parquet_file::decode(path, bytes.to_vec()) {
        for column in batch.columns() {
            assert_eq!(column.len(), batch.num_rows());
        }
    }
});
