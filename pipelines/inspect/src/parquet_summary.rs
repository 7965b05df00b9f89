//! Schema, statistics and first rows of a Parquet file.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use pipelines::tables::parquet_file::ParquetFile;

use crate::cell::cell;
use crate::plain::plain;
use crate::statistics;

/// Key of metadata that only programs read.
const HIDDEN_KEY: &str = "ARROW:schema";

/// Describes the file at `path` with its first `head` rows.
///
/// # Errors
/// A damaged file.
pub fn describe(path: &Path, size_bytes: usize, file: &ParquetFile, head: usize) -> Result<String> {
    let batch = file.batch(|_| true)?;
    let schema = file.schema();
    let mut text = String::new();
    writeln!(
        text,
        "{}: {} rows, {size_bytes} bytes",
        path.display(),
        batch.num_rows()
    )?;
    let mut metadata: Vec<_> = schema
        .metadata()
        .iter()
        .filter(|(key, _)| *key != HIDDEN_KEY)
        .collect();
    metadata.sort();
    for (key, value) in metadata {
        writeln!(text, "{} = {}", plain(key), plain(value))?;
    }
    let mut columns = vec![["column", "type", "values"].map(str::to_owned)];
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        columns.push([
            plain(field.name()),
            array.data_type().to_string(),
            statistics::describe(array),
        ]);
    }
    text.push('\n');
    push_table(&mut text, &columns);
    let rows = batch.num_rows().min(head);
    if rows > 0 {
        let mut cells = vec![
            columns[1..]
                .iter()
                .map(|[name, ..]| name.clone())
                .collect::<Vec<_>>(),
        ];
        cells.extend((0..rows).map(|row| {
            batch
                .columns()
                .iter()
                .map(|array| cell(array, row))
                .collect()
        }));
        text.push('\n');
        push_table(&mut text, &cells);
    }
    Ok(text)
}

/// Columns as wide as their widest cell.
fn push_table(text: &mut String, rows: &[impl AsRef<[String]>]) {
    let columns = rows.first().map_or(0, |row| row.as_ref().len());
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row.as_ref()[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row.as_ref().iter().zip(&widths);
        let line: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
}
