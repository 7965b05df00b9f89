//! Rows of a table to the bytes of its Parquet file and back.

use std::path::Path;

use anyhow::{Context, Result, bail};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use parquet::file::metadata::KeyValue;

use super::Row;
use crate::tables::{parquet_writer, records};

/// The bytes of a table's Parquet file. The file's metadata says what the table and its columns mean.
///
/// # Errors
/// Names the table and the column with a number that is not finite.
pub fn encode<R: Row>(rows: &[R]) -> Result<Vec<u8>> {
    let table = R::TABLE;
    let context = || format!("table {}", table.name);
    let batch = records::batch(rows).with_context(context)?;
    for (column, array) in table.columns.iter().zip(batch.columns()) {
        let Some(numbers) = array.as_primitive_opt::<Float64Type>() else {
            continue;
        };
        if let Some(found) = numbers.iter().flatten().find(|number| !number.is_finite()) {
            bail!(
                "table {}: column `{}`: expected a finite number, found {found}",
                table.name,
                column.name
            );
        }
    }
    let mut metadata = vec![KeyValue::new("about".to_owned(), table.about.to_owned())];
    for column in table.columns {
        let unit = match column.unit {
            "" => String::new(),
            unit => format!(" [{unit}]"),
        };
        let meaning = format!("{}{unit}", column.meaning);
        metadata.push(KeyValue::new(column.name.to_owned(), meaning));
    }
    let properties = parquet_writer::properties()
        .set_key_value_metadata(Some(metadata))
        .build();
    parquet_writer::encode(&batch, properties).with_context(context)
}

/// Reads the table in `folder` and checks it against the manifest beside it.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read<R: Row>(folder: &Path) -> Result<Vec<R>> {
    records::read(folder, &R::TABLE.parquet_file())
}

#[cfg(test)]
mod tests {
    use super::super::{CLASSIFICATION_REPORT, ClassScores};
    use super::*;
    use crate::tables::parquet_file;

    fn macro_average() -> ClassScores {
        ClassScores {
            model: "model-1".to_owned(),
            seed: 0,
            split: "test".to_owned(),
            class: "macro avg".to_owned(),
            label: None,
            precision: 0.1 + 0.2,
            recall: 0.5,
            f1: 0.4,
            support: 10,
        }
    }

    #[test]
    fn rows_survive_the_file_and_the_file_explains_its_columns() {
        let rows = [
            macro_average(),
            ClassScores {
                label: Some(999),
                ..macro_average()
            },
        ];
        let path = Path::new("classification_report.parquet");
        let (batch, schema) = parquet_file::decode(path, encode(&rows).unwrap()).unwrap();
        assert_eq!(records::decode::<ClassScores>(path, &batch).unwrap(), rows);
        assert_eq!(schema.metadata["about"], CLASSIFICATION_REPORT.about);
        assert_eq!(
            schema.metadata["support"],
            "number of images of the class; of an average, all images [images]"
        );
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        let path = Path::new("classification_report.parquet");
        let bytes = encode::<ClassScores>(&[]).unwrap();
        let (batch, schema) = parquet_file::decode(path, bytes).unwrap();
        let names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
        let expected = CLASSIFICATION_REPORT.columns.iter();
        assert_eq!(
            names,
            expected.map(|column| column.name).collect::<Vec<_>>()
        );
        assert_eq!(batch.num_rows(), 0);
    }

    #[test]
    fn nan_and_infinity_are_refused() {
        for number in [f64::NAN, f64::INFINITY] {
            let row = ClassScores {
                recall: number,
                ..macro_average()
            };
            let expected = format!(
                "table classification_report: column `recall`: expected a finite number, found {number}"
            );
            assert_eq!(encode(&[row]).unwrap_err().to_string(), expected);
        }
    }
}
