//! Parquet files that must be refused, and that no file makes the reader panic.
#![cfg(feature = "stage")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt8Array, UInt32Array};
use arrow_schema::{Field, Schema};
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::tables::images::Images;
use pipelines::tables::split::Split;
use pipelines::tables::{parquet_file, parquet_writer};
use proptest::prelude::*;

fn path() -> &'static Path {
    Path::new("file.parquet")
}

fn images(rows: usize) -> Images {
    let shape = ImageShape::new(5, 7, 3);
    Images {
        info: DatasetInfo {
            shape,
            class_names: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
        },
        ids: (0..rows as u32).collect(),
        splits: vec![Split::Test; rows],
        labels: vec![3; rows],
        pixels: (0..rows * shape.len())
            .map(|value| (value / 7) as u8)
            .collect(),
        extra: Vec::new(),
    }
}

fn table(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let fields: Vec<_> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), false))
        .collect();
    let schema = Schema::new_with_metadata(fields, HashMap::new());
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::new(schema), arrays).unwrap();
    parquet_writer::encode(&batch, parquet_writer::properties().build()).unwrap()
}

fn refusal(bytes: Vec<u8>) -> String {
    format!("{:#}", parquet_file::decode(path(), bytes).unwrap_err())
}

#[test]
fn what_does_not_end_as_parquet_is_no_parquet() {
    let mut truncated = images(3).encode().unwrap();
    truncated.pop();
    for bytes in [&b""[..], b"PAR1", b"a foreign file", &truncated] {
        let error = refusal(bytes.to_vec());
        assert!(
            error.starts_with("file.parquet: expected a Parquet file: "),
            "{error}"
        );
    }
}

#[test]
fn a_footer_longer_than_the_file_is_refused() {
    let bytes = [b"PAR1", &u32::to_le_bytes(20), &b"PAR1"[..]].concat();
    let error = refusal(bytes);
    assert!(
        error.starts_with("file.parquet: expected a Parquet file: "),
        "{error}"
    );
}

#[test]
fn texts_that_would_fill_the_memory_are_refused() {
    // 1 MB of text, once in the file and 2,000 times in memory.
    let text = "x".repeat(1_000_000);
    let texts: ArrayRef = Arc::new(StringArray::from(vec![text.as_str(); 2_000]));
    let bytes = table(vec![("text", texts)]);
    assert!(bytes.len() < 10_000);
    let error = refusal(bytes);
    assert!(
        error.starts_with("file.parquet: decoded bytes: expected at most "),
        "{error}"
    );
}

#[test]
fn more_rows_than_any_table_has_are_refused() {
    // Twenty million equal values are a few bytes of runs.
    let values: ArrayRef = Arc::new(UInt8Array::from(vec![1; 20_000_000]));
    let bytes = table(vec![("value", values)]);
    assert!(bytes.len() < 40_000);
    assert_eq!(
        refusal(bytes),
        "file.parquet: rows: expected at most 16777216, found 20000000"
    );
}

#[test]
fn a_file_cut_in_the_middle_is_refused() {
    let whole = images(600).encode().unwrap();
    let footer = 2_000.min(whole.len() / 2);
    let cut = [&whole[..500], &whole[whole.len() - footer..]].concat();
    let error = Images::decode(path(), cut).unwrap_err();
    assert!(
        format!("{error:#}").starts_with("file.parquet: "),
        "{error:#}"
    );
}

#[test]
fn a_table_of_something_else_is_not_images() {
    let ids: ArrayRef = Arc::new(UInt32Array::from(vec![1]));
    let error = Images::decode(path(), table(vec![("id", ids)])).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "file.parquet: metadata: `dataset_info`: expected the data set's shape and classes"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn changed_bytes_never_make_the_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        from_the_end: bool,
    ) {
        let mut bytes = images(3).encode().unwrap();
        // Half of the changes go to the footer, where sizes and types are.
        let first = if from_the_end { bytes.len() - bytes.len().min(700) } else { 0 };
        for (at, byte) in changes {
            let rest = &mut bytes[first..];
            let at = at.index(rest.len());
            rest[at] = byte;
        }
        // The library's own panics are errors by then, as this one would be.
        if let Err(error) = Images::decode(path(), bytes) {
            prop_assert!(format!("{error:#}").starts_with("file.parquet: "), "{error:#}");
        }
    }
}

/// `endless-list` claims a list of two billion booleans, `dictionary-of-billions` a dictionary of two
/// billion values in a page of a few bytes.
#[test]
fn what_the_fuzzer_found_is_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile_parquet");
    for (name, expected) in [
        ("endless-list", "file.parquet: expected a Parquet file: "),
        (
            "dictionary-of-billions",
            "file.parquet: expected a whole Parquet file: Parquet argument error: Parquet error: \
             dictionary page: expected at most a value for each of its 2553 bytes, found 1352745605 values",
        ),
    ] {
        let error = refusal(std::fs::read(format!("{folder}/{name}")).unwrap());
        assert!(error.starts_with(expected), "{name}: {error}");
    }
}
