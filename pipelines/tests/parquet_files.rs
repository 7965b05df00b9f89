//! Parquet files that must be refused, and that no file makes the reader panic.
#![cfg(feature = "stage")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt8Array, UInt32Array};
use arrow_schema::{Field, Schema};
use pipelines::tables::images::{IMAGE_BYTES, Images, Split};
use pipelines::tables::page_header::PageHeader;
use pipelines::tables::parquet_file;
use proptest::prelude::*;

fn path() -> &'static Path {
    Path::new("file.parquet")
}

fn images(rows: usize) -> Images {
    Images {
        ids: (0..rows as u32).collect(),
        splits: vec![Split::Test; rows],
        labels: vec![3; rows],
        pixels: (0..rows * IMAGE_BYTES)
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
    parquet_file::encode(&batch, parquet_file::properties().build()).unwrap()
}

fn refusal(bytes: Vec<u8>) -> String {
    format!("{:#}", parquet_file::decode(path(), bytes).unwrap_err())
}

#[test]
fn what_does_not_end_as_parquet_is_no_parquet() {
    let expected = "file.parquet: expected a Parquet file, found no PAR1 at its end";
    for bytes in [&b""[..], b"PAR1", b"a foreign file"] {
        assert_eq!(refusal(bytes.to_vec()), expected);
    }
    let mut truncated = images(3).encode().unwrap();
    truncated.pop();
    assert_eq!(refusal(truncated), expected);
}

#[test]
fn a_footer_longer_than_the_file_is_refused() {
    let bytes = [b"PAR1", &u32::to_le_bytes(20), &b"PAR1"[..]].concat();
    assert_eq!(
        refusal(bytes),
        "file.parquet: footer: expected at most 4 bytes, found 20"
    );
}

#[test]
fn texts_that_would_fill_the_memory_are_refused() {
    // 1 MB of text, once in the file and 1,000 times in memory.
    let text = "x".repeat(1_000_000);
    let texts: ArrayRef = Arc::new(StringArray::from(vec![text.as_str(); 1_000]));
    let bytes = table(vec![("text", texts)]);
    assert!(bytes.len() < 10_000);
    let error = refusal(bytes);
    assert!(
        error.starts_with("file.parquet: bytes in texts: expected at most "),
        "{error}"
    );
}

#[test]
fn more_rows_than_any_table_has_are_refused() {
    // Five million equal values are a few bytes of runs.
    let values: ArrayRef = Arc::new(UInt8Array::from(vec![1; 5_000_000]));
    let bytes = table(vec![("value", values)]);
    assert!(bytes.len() < 10_000);
    assert_eq!(
        refusal(bytes),
        "file.parquet: rows: expected at most 4194304, found 5000000"
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
        "file.parquet: column `image`: expected FixedSizeList(784 x UInt8), found none"
    );
}

#[test]
fn a_page_header_gives_its_sizes() {
    // type 0, sizes 300 and 20, data page header with 784 values in RLE_DICTIONARY.
    let bytes = [
        0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0x28, 0x2c, 0x15, 0xa0, 0x0c, 0x15, 0x10, 0x15, 0x06,
        0x15, 0x06, 0x00, 0x00, 0xff,
    ];
    let expected = PageHeader {
        uncompressed_bytes: 300,
        compressed_bytes: 20,
        data_values: 784,
        repeats_texts: false,
    };
    assert_eq!(PageHeader::parse(&bytes), Some((expected, 19)));
    assert_eq!(PageHeader::parse(&bytes[..18]), None);
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

    #[test]
    fn no_bytes_make_the_page_header_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Some((_, length)) = PageHeader::parse(&bytes) {
            prop_assert!((1..=bytes.len()).contains(&length));
        }
    }
}

/// `endless-list` kept the Parquet library busy for minutes: a list of two billion booleans.
#[test]
fn what_the_fuzzer_found_is_refused() {
    let found = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fuzz/corpus/parquet/endless-list"
    );
    assert_eq!(
        refusal(std::fs::read(found).unwrap()),
        "file.parquet: footer: expected the fields of FileMetaData in their types, found others"
    );
}
