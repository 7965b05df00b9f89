//! How many images each class has in each split, and how bright they are.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow_array::{
    Array, ArrayRef, Float64Array, RecordBatch, StringArray, UInt8Array, UInt32Array,
};
use arrow_schema::{DataType, Field, Schema};

use crate::class::{CLASS_COUNT, CLASS_NAMES};
use crate::tables::images::Split;
use crate::tables::parquet_file::{self, column, nullable_column};

/// Column: `train`, `validation` or `test`.
pub const SPLIT: &str = "split";
/// Column: class.
pub const LABEL: &str = "label";
/// Column: name of the class.
pub const CLASS: &str = "class";
/// Column: number of images.
pub const IMAGES: &str = "images";
/// Column: mean of all pixels, 0 to 255.
pub const PIXEL_MEAN: &str = "pixel_mean";
/// Column: standard deviation of all pixels, dividing by their number.
pub const PIXEL_STANDARD_DEVIATION: &str = "pixel_standard_deviation";

/// The rows of `overview.parquet`: splits in the order of [`Split::ALL`], ten classes each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// One for each split and class.
    pub rows: Vec<OverviewRow>,
}

/// One class in one split.
#[derive(Clone, Debug, PartialEq)]
pub struct OverviewRow {
    /// The split.
    pub split: Split,
    /// The class, 0..10.
    pub label: u8,
    /// Number of images.
    pub images: u32,
    /// Mean of all pixels, 0 to 255; none without images.
    pub pixel_mean: Option<f64>,
    /// Standard deviation of all pixels, dividing by their number; none without images.
    pub pixel_standard_deviation: Option<f64>,
}

impl Overview {
    /// The bytes of `overview.parquet`.
    ///
    /// # Errors
    /// None in practice.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let rows = &self.rows;
        let class = |row: &OverviewRow| CLASS_NAMES.get(usize::from(row.label)).copied();
        let columns: [(&str, ArrayRef); 6] = [
            (
                SPLIT,
                Arc::new(StringArray::from_iter_values(
                    rows.iter().map(|row| row.split.name()),
                )),
            ),
            (
                LABEL,
                Arc::new(UInt8Array::from_iter_values(
                    rows.iter().map(|row| row.label),
                )),
            ),
            (
                CLASS,
                Arc::new(StringArray::from_iter_values(
                    rows.iter().map(|row| class(row).unwrap_or("")),
                )),
            ),
            (
                IMAGES,
                Arc::new(UInt32Array::from_iter_values(
                    rows.iter().map(|row| row.images),
                )),
            ),
            (
                PIXEL_MEAN,
                Arc::new(Float64Array::from_iter(
                    rows.iter().map(|row| row.pixel_mean),
                )),
            ),
            (
                PIXEL_STANDARD_DEVIATION,
                Arc::new(Float64Array::from_iter(
                    rows.iter().map(|row| row.pixel_standard_deviation),
                )),
            ),
        ];
        let nullable = [PIXEL_MEAN, PIXEL_STANDARD_DEVIATION];
        let fields: Vec<_> = columns
            .iter()
            .map(|(name, array)| {
                Field::new(*name, array.data_type().clone(), nullable.contains(name))
            })
            .collect();
        let batch = RecordBatch::try_new(
            Arc::new(Schema::new(fields)),
            columns.into_iter().map(|(_, array)| array).collect(),
        )
        .context("cannot encode the overview")?;
        parquet_file::encode(&batch, parquet_file::properties().build())
    }

    /// Reads and checks `file` of `folder`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn read(folder: &Path, file: &str) -> Result<Self> {
        let path = folder.join(file);
        let (batch, _) = parquet_file::read(folder, file)?;
        Self::from_batch(&path, &batch)
    }

    fn from_batch(path: &Path, batch: &RecordBatch) -> Result<Self> {
        let splits: &StringArray = column(path, batch, SPLIT, &DataType::Utf8)?;
        let labels: &UInt8Array = column(path, batch, LABEL, &DataType::UInt8)?;
        let images: &UInt32Array = column(path, batch, IMAGES, &DataType::UInt32)?;
        let float = |name| nullable_column(path, batch, name, &DataType::Float64);
        let means: &Float64Array = float(PIXEL_MEAN)?;
        let deviations: &Float64Array = float(PIXEL_STANDARD_DEVIATION)?;
        let value = |array: &Float64Array, row| array.is_valid(row).then(|| array.value(row));
        let row = |row| {
            let label = labels.value(row);
            anyhow::ensure!(
                usize::from(label) < CLASS_COUNT,
                "{}: column `{LABEL}`: expected 0 to {}, found {label}",
                path.display(),
                CLASS_COUNT - 1
            );
            Ok(OverviewRow {
                split: Split::from_name(path, splits.value(row))?,
                label,
                images: images.value(row),
                pixel_mean: value(means, row),
                pixel_standard_deviation: value(deviations, row),
            })
        };
        let rows = (0..batch.num_rows()).map(row).collect::<Result<_>>()?;
        Ok(Self { rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overview_survives_the_file() {
        let row = |label, images, pixel_mean| OverviewRow {
            split: Split::Test,
            label,
            images,
            pixel_mean,
            pixel_standard_deviation: pixel_mean,
        };
        let overview = Overview {
            rows: vec![row(0, 2, Some(1.5)), row(9, 0, None)],
        };
        let path = Path::new("overview.parquet");
        let (batch, _) = parquet_file::decode(path, overview.encode().unwrap()).unwrap();
        assert_eq!(Overview::from_batch(path, &batch).unwrap(), overview);
    }
}
