//! The footer of a Parquet file, checked before the Parquet library decodes it.
//!
//! Fields are those of `FileMetaData` in <https://github.com/apache/parquet-format>, as far as the
//! library reads them.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::tables::page_header::STATISTICS;
use crate::tables::thrift::Input;
use crate::tables::thrift::Kind::{self, Binary, Boolean, Byte, Double, Integer, List, Struct};

/// Most bytes of the footer. A schema is decoded by recursion: this bounds its depth.
const MOST_FOOTER_BYTES: usize = 64 << 10;
/// Footer length and magic number at the end of a file.
const TAIL_BYTES: usize = 8;

const FILE_META_DATA: [(i16, Kind); 7] = [
    (1, Integer),
    (2, List(&Struct(&SCHEMA_ELEMENT))),
    (3, Integer),
    (4, List(&Struct(&ROW_GROUP))),
    (5, List(&Struct(&KEY_VALUE))),
    (6, Binary),
    (7, List(&Struct(&COLUMN_ORDER))),
];
const SCHEMA_ELEMENT: [(i16, Kind); 10] = [
    (1, Integer),
    (2, Integer),
    (3, Integer),
    (4, Binary),
    (5, Integer),
    (6, Integer),
    (7, Integer),
    (8, Integer),
    (9, Integer),
    (10, Struct(&LOGICAL_TYPE)),
];
const LOGICAL_TYPE: [(i16, Kind); 18] = [
    (1, EMPTY),
    (2, EMPTY),
    (3, EMPTY),
    (4, EMPTY),
    (5, Struct(&[(1, Integer), (2, Integer)])),
    (6, EMPTY),
    (7, TIME),
    (8, TIME),
    (10, Struct(&[(1, Byte), (2, Boolean)])),
    (11, EMPTY),
    (12, EMPTY),
    (13, EMPTY),
    (14, EMPTY),
    (15, EMPTY),
    (16, Struct(&[(1, Byte)])),
    (17, Struct(&[(1, Binary)])),
    (18, Struct(&[(1, Binary), (2, Integer)])),
    (19, EMPTY),
];
const EMPTY: Kind = Struct(&[]);
/// `TimeType` and `TimestampType`.
const TIME: Kind = Struct(&[
    (1, Boolean),
    (2, Struct(&[(1, EMPTY), (2, EMPTY), (3, EMPTY)])),
]);
const ROW_GROUP: [(i16, Kind); 6] = [
    (1, List(&Struct(&COLUMN_CHUNK))),
    (2, Integer),
    (3, Integer),
    (
        4,
        List(&Struct(&[(1, Integer), (2, Boolean), (3, Boolean)])),
    ),
    (5, Integer),
    (7, Integer),
];
const COLUMN_CHUNK: [(i16, Kind); 7] = [
    (1, Binary),
    (2, Integer),
    (3, Struct(&COLUMN_META_DATA)),
    (4, Integer),
    (5, Integer),
    (6, Integer),
    (7, Integer),
];
const COLUMN_META_DATA: [(i16, Kind); 15] = [
    (1, Integer),
    (2, List(&Integer)),
    (4, Integer),
    (5, Integer),
    (6, Integer),
    (7, Integer),
    (9, Integer),
    (10, Integer),
    (11, Integer),
    (12, Struct(&STATISTICS)),
    (
        13,
        List(&Struct(&[(1, Integer), (2, Integer), (3, Integer)])),
    ),
    (14, Integer),
    (15, Integer),
    (
        16,
        Struct(&[(1, Integer), (2, List(&Integer)), (3, List(&Integer))]),
    ),
    (
        17,
        Struct(&[(1, Struct(&BOUNDING_BOX)), (2, List(&Integer))]),
    ),
];
const BOUNDING_BOX: [(i16, Kind); 8] = [
    (1, Double),
    (2, Double),
    (3, Double),
    (4, Double),
    (5, Double),
    (6, Double),
    (7, Double),
    (8, Double),
];
const KEY_VALUE: [(i16, Kind); 2] = [(1, Binary), (2, Binary)];
const COLUMN_ORDER: [(i16, Kind); 3] = [(1, EMPTY), (2, EMPTY), (3, EMPTY)];

/// Checks that the file at `path` ends in a footer of bounded size that can be decoded in a time
/// that its length bounds.
///
/// # Errors
/// Names the file, what was expected and what was found.
pub fn check(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = path.display();
    let tail = bytes
        .len()
        .checked_sub(TAIL_BYTES)
        .map(|start| bytes.split_at(start));
    let Some((body, [length @ .., b'P', b'A', b'R', b'1'])) = tail else {
        bail!("{path}: expected a Parquet file, found no PAR1 at its end");
    };
    let length = length
        .iter()
        .rev()
        .fold(0, |length, &byte| length << 8 | usize::from(byte));
    let most = MOST_FOOTER_BYTES.min(body.len());
    ensure!(
        length <= most,
        "{path}: footer: expected at most {most} bytes, found {length}",
    );
    Input::new(&body[body.len() - length..])
        .fields(&FILE_META_DATA, &mut |_, _| {})
        .with_context(|| {
            format!(
                "{path}: footer: expected the fields of FileMetaData in their types, found others"
            )
        })
}
