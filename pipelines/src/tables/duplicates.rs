//! Images that stand in two splits, pixel by pixel the same.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::records;
use super::split::Split;

/// A training or validation image that is also a test image: a row of `duplicates.parquet`. Rows stand
/// in the order of `train.parquet`, each image once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateRow {
    /// The split of the training or validation image.
    pub split: Split,
    /// Its id.
    pub id: u32,
    /// Its class.
    pub label: u16,
    /// Id of the first test image with the same pixels.
    pub test_id: u32,
    /// Class of that image.
    pub test_label: u16,
}

/// The bytes of `duplicates.parquet`.
///
/// # Errors
/// None but those of the format.
pub fn encode(rows: &[DuplicateRow]) -> Result<Vec<u8>> {
    records::encode(rows)
}

/// Reads and checks `file` of `folder`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read(folder: &Path, file: &str) -> Result<Vec<DuplicateRow>> {
    records::read(folder, file)
}

#[cfg(test)]
mod tests {
    use super::super::parquet_file;
    use super::*;

    #[test]
    fn duplicates_survive_the_file() {
        let row = DuplicateRow {
            split: Split::Validation,
            id: 7,
            label: 1,
            test_id: 9,
            test_label: 2,
        };
        for rows in [vec![], vec![row]] {
            let path = Path::new("duplicates.parquet");
            let (batch, _) = parquet_file::decode(path, encode(&rows).unwrap()).unwrap();
            assert_eq!(records::decode::<DuplicateRow>(path, &batch).unwrap(), rows);
        }
    }
}
