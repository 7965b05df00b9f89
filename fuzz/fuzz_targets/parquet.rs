//! Parquet files that pass for ours: an error, or columns of equal length within their ranges.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pipelines::tables::images::{IMAGE_BYTES, Images};
use pipelines::tables::parquet_file;
use pipelines::tables::predictions::Predictions;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzzed.parquet");
    if let Ok(images) = Images::decode(path, bytes.to_vec()) {
        let rows = images.len();
        assert_eq!(images.splits.len(), rows);
        assert_eq!(images.labels.len(), rows);
        assert_eq!(images.pixels.len(), rows * IMAGE_BYTES);
        assert!(images.labels.iter().all(|label| *label < 10));
    }
    if let Ok(predictions) = Predictions::decode(path, bytes.to_vec()) {
        let rows = predictions.len();
        assert_eq!(predictions.splits.len(), rows);
        assert_eq!(predictions.labels.len(), rows);
        assert_eq!(predictions.probabilities.len(), rows * 10);
        for row in 0..rows {
            assert!(predictions.predicted(row) < 10);
        }
    }
    if let Ok((batch, _)) = parquet_file::decode(path, bytes.to_vec()) {
        for column in batch.columns() {
            assert_eq!(column.len(), batch.num_rows());
        }
    }
});
