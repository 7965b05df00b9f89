//! Rows of a table to the bytes of its files.

use anyhow::{Context, Result};
use pipelines::tables::metrics::{self, Row, Table};

/// A table as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodedTable {
    /// The table.
    pub table: Table,
    /// Bytes of its Parquet file.
    pub parquet: Vec<u8>,
    /// Bytes of its CSV file.
    pub csv: Vec<u8>,
}

impl EncodedTable {
    /// Encodes `rows` as both files.
    ///
    /// # Errors
    /// Names the table and the column with a number that is not finite.
    pub fn new<R: Row>(rows: &[R]) -> Result<Self> {
        Ok(Self {
            table: R::TABLE,
            parquet: metrics::encode(rows)?,
            csv: csv(rows).with_context(|| format!("cannot encode {}", R::TABLE.csv_file()))?,
        })
    }
}

/// `rows` as CSV: a header, an empty field for a missing value, quotes where a text has a comma.
///
/// # Errors
/// None for the row types of the tables.
pub fn csv<R: Row>(rows: &[R]) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    // A header of the writer's own would be missing from a table without rows.
    writer.write_record(R::TABLE.columns.iter().map(|column| column.name))?;
    for row in rows {
        writer.serialize(row)?;
    }
    Ok(writer.into_inner()?)
}

#[cfg(test)]
mod tests {
    use pipelines::tables::metrics::{ClassScores, FailedRun};

    use super::*;

    #[test]
    fn a_table_without_rows_has_a_header() {
        assert_eq!(csv::<FailedRun>(&[]).unwrap(), b"model,seed,reason\n");
    }

    #[test]
    fn texts_with_commas_are_quoted() {
        let row = FailedRun {
            model: "model-1".to_owned(),
            seed: 3,
            reason: "epoch 2, batch 5: the \"loss\" is NaN".to_owned(),
        };
        let found = String::from_utf8(csv(&[row]).unwrap()).unwrap();
        let expected = "model-1,3,\"epoch 2, batch 5: the \"\"loss\"\" is NaN\"";
        assert_eq!(found.lines().nth(1), Some(expected));
    }

    #[test]
    fn missing_values_are_empty_and_floats_are_as_short_as_possible() {
        let row = ClassScores {
            model: "m".to_owned(),
            seed: 0,
            split: "test".to_owned(),
            class: "macro avg".to_owned(),
            label: None,
            precision: 1.0,
            recall: 0.1 + 0.2,
            f1: 1.25e-7,
            support: 10,
        };
        let found = String::from_utf8(csv(&[row]).unwrap()).unwrap();
        let expected = "m,0,test,macro avg,,1.0,0.30000000000000004,1.25e-7,10";
        assert_eq!(found.lines().nth(1), Some(expected));
    }
}
