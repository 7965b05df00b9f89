//! Rows of cells to a data frame that is exactly what [`pipelines::tables::metrics`] says.

use anyhow::{Context, Result, bail, ensure};
use pipelines::tables::metrics::{ColumnType, Table};
use polars::prelude::{
    Column, CsvWriter, DataFrame, KeyValueMetadata, NamedFrom, ParquetWriter, SerWriter, Series,
};

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Of a text column.
    Text(String),
    /// Of an integer column.
    Integer(u64),
    /// Of a number column.
    Number(f64),
    /// Of a truth column.
    Truth(bool),
    /// Of a nullable column of any type.
    Missing,
}

macro_rules! cell_from {
    ($($source:ty => |$value:ident| $cell:expr;)*) => {$(
        impl From<$source> for Cell {
            fn from($value: $source) -> Self {
                $cell
            }
        }
    )*};
}

cell_from! {
    &str => |value| Cell::Text(value.to_owned());
    &String => |value| Cell::Text(value.clone());
    String => |value| Cell::Text(value);
    u8 => |value| Cell::Integer(value.into());
    u32 => |value| Cell::Integer(value.into());
    u64 => |value| Cell::Integer(value);
    usize => |value| Cell::Integer(value as u64);
    f64 => |value| Cell::Number(value);
    bool => |value| Cell::Truth(value);
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Missing, Into::into)
    }
}

/// One row, from values of any type that a cell can hold.
macro_rules! row {
    ($($value:expr),* $(,)?) => {
        [$($crate::table_builder::Cell::from($value)),*]
    };
}
pub(crate) use row;

/// A table that grows row by row.
#[derive(Debug)]
pub struct TableBuilder {
    table: Table,
    columns: Vec<Values>,
}

#[derive(Debug)]
enum Values {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<u64>>),
    Number(Vec<Option<f64>>),
    Truth(Vec<Option<bool>>),
}

impl TableBuilder {
    /// Without rows.
    pub fn new(table: Table) -> Self {
        let columns = table
            .columns
            .iter()
            .map(|column| match column.column_type {
                ColumnType::Text => Values::Text(Vec::new()),
                ColumnType::Integer => Values::Integer(Vec::new()),
                ColumnType::Number => Values::Number(Vec::new()),
                ColumnType::Truth => Values::Truth(Vec::new()),
            })
            .collect();
        Self { table, columns }
    }

    /// Adds a row with one cell a column, in the table's order.
    ///
    /// # Errors
    /// Names the table and the column whose type the cell does not have, that may not be missing,
    /// or whose number is not finite.
    pub fn push<const N: usize>(&mut self, row: [Cell; N]) -> Result<()> {
        let name = self.table.name;
        ensure!(
            N == self.columns.len(),
            "table {name}: expected {} cells, found {N}",
            self.columns.len()
        );
        for ((column, values), cell) in self.table.columns.iter().zip(&mut self.columns).zip(row) {
            let place = || format!("table {name}: column `{}`", column.name);
            match (values, cell) {
                (Values::Number(_), Cell::Number(value)) if !value.is_finite() => {
                    bail!("{}: expected a finite number, found {value}", place())
                }
                (Values::Text(values), Cell::Text(value)) => values.push(Some(value)),
                (Values::Integer(values), Cell::Integer(value)) => values.push(Some(value)),
                (Values::Number(values), Cell::Number(value)) => values.push(Some(value)),
                (Values::Truth(values), Cell::Truth(value)) => values.push(Some(value)),
                (_, Cell::Missing) if !column.nullable => {
                    bail!("{}: expected a value, found none", place())
                }
                (Values::Text(values), Cell::Missing) => values.push(None),
                (Values::Integer(values), Cell::Missing) => values.push(None),
                (Values::Number(values), Cell::Missing) => values.push(None),
                (Values::Truth(values), Cell::Missing) => values.push(None),
                (_, cell) => bail!(
                    "{}: expected {:?}, found {cell:?}",
                    place(),
                    column.column_type
                ),
            }
        }
        Ok(())
    }

    /// The rows as a data frame.
    ///
    /// # Errors
    /// None for rows that were taken.
    pub fn finish(self) -> Result<DataFrame> {
        let height = self.columns.first().map_or(0, Values::len);
        let columns: Vec<Column> = self
            .table
            .columns
            .iter()
            .zip(self.columns)
            .map(|(column, values)| values.series(column.name).into())
            .collect();
        DataFrame::new(height, columns).with_context(|| format!("table {}", self.table.name))
    }
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Values::Text(values) => values.len(),
            Values::Integer(values) => values.len(),
            Values::Number(values) => values.len(),
            Values::Truth(values) => values.len(),
        }
    }

    fn series(self, name: &str) -> Series {
        match self {
            Values::Text(values) => Series::new(name.into(), values),
            Values::Integer(values) => Series::new(name.into(), values),
            Values::Number(values) => Series::new(name.into(), values),
            Values::Truth(values) => Series::new(name.into(), values),
        }
    }
}

/// The bytes of a table's Parquet file; what the table and its columns mean stands in the file's
/// metadata.
///
/// # Errors
/// None but those of the format.
pub fn parquet(table: &Table, frame: &mut DataFrame) -> Result<Vec<u8>> {
    let mut metadata = vec![("about".to_owned(), table.about.to_owned())];
    for column in table.columns {
        let unit = match column.unit {
            "" => String::new(),
            unit => format!(" [{unit}]"),
        };
        metadata.push((column.name.to_owned(), format!("{}{unit}", column.meaning)));
    }
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata)))
        .finish(frame)
        .with_context(|| format!("cannot encode table {}", table.name))?;
    Ok(bytes)
}

/// The bytes of a table's CSV file.
///
/// # Errors
/// None but those of the format.
pub fn csv(frame: &mut DataFrame) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    CsvWriter::new(&mut bytes)
        .finish(frame)
        .context("cannot encode a CSV table")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use pipelines::tables::metrics::{FAILURES, TRAINING_TIMES};

    use super::*;

    fn error(row: [Cell; 3]) -> String {
        TableBuilder::new(FAILURES)
            .push(row)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn cells_of_another_type_are_refused() {
        let found = error(row!["model-1", "0", "loss is NaN"]);
        assert_eq!(
            found,
            "table failures: column `seed`: expected Integer, found Text(\"0\")"
        );
        let found = error(row!["model-1", None::<u64>, "loss is NaN"]);
        assert_eq!(
            found,
            "table failures: column `seed`: expected a value, found none"
        );
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        let mut builder = TableBuilder::new(TRAINING_TIMES);
        let row = row![
            "model-1",
            0_u64,
            1_u64,
            f64::NAN,
            1.0,
            1.0,
            1.0,
            2_u64,
            "cpu"
        ];
        let found = builder.push(row).unwrap_err().to_string();
        assert!(
            found.contains("`duration_s`: expected a finite number, found NaN"),
            "{found}"
        );
    }

    #[test]
    fn a_table_is_its_columns_even_without_rows() {
        let mut frame = TableBuilder::new(FAILURES).finish().unwrap();
        assert_eq!(csv(&mut frame).unwrap(), b"model,seed,reason\n");
        assert!(!parquet(&FAILURES, &mut frame).unwrap().is_empty());
    }

    #[test]
    fn missing_values_are_empty_in_csv() {
        use pipelines::tables::metrics::CLASSIFICATION_REPORT;
        let mut builder = TableBuilder::new(CLASSIFICATION_REPORT);
        builder
            .push(row![
                "m",
                0_u64,
                "test",
                "macro avg",
                None::<u64>,
                0.5,
                0.25,
                0.1,
                10_u64
            ])
            .unwrap();
        let found = csv(&mut builder.finish().unwrap()).unwrap();
        let text = String::from_utf8(found).unwrap();
        assert_eq!(
            text.lines().nth(1),
            Some("m,0,test,macro avg,,0.5,0.25,0.1,10")
        );
    }
}
