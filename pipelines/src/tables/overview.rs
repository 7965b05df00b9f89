//! How many images each class has in each split, and how bright they are.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::records;
use super::split::Split;

/// One class in one split: a row of `overview.parquet`. Rows stand in the order of [`Split::ALL`],
/// then by label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverviewRow {
    /// The split.
    pub split: Split,
    /// The class.
    pub label: u16,
    /// Name of the class.
    pub class: String,
    /// Number of images.
    pub images: u32,
    /// Mean of all pixels, 0 to 255; none without images.
    pub pixel_mean: Option<f64>,
    /// Standard deviation of all pixels, dividing by their number; none without images.
    pub pixel_standard_deviation: Option<f64>,
}

/// The bytes of `overview.parquet`.
///
/// # Errors
/// None but those of the format.
pub fn encode(rows: &[OverviewRow]) -> Result<Vec<u8>> {
    records::encode(rows)
}

/// Reads and checks `file` of `folder`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read(folder: &Path, file: &str) -> Result<Vec<OverviewRow>> {
    records::read(folder, file)
}

#[cfg(test)]
mod tests {
    use super::super::parquet_file;
    use super::*;

    #[test]
    fn an_overview_survives_the_file() {
        let row = |label, images, pixel_mean| OverviewRow {
            split: Split::Test,
            label,
            class: format!("class {label}"),
            images,
            pixel_mean,
            pixel_standard_deviation: pixel_mean,
        };
        let rows = vec![row(0, 2, Some(1.5)), row(999, 0, None)];
        let path = Path::new("overview.parquet");
        let (batch, _) = parquet_file::decode(path, encode(&rows).unwrap()).unwrap();
        assert_eq!(records::decode::<OverviewRow>(path, &batch).unwrap(), rows);
    }
}
