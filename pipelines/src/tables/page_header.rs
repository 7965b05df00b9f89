//! The sizes in a Parquet page header, read without the page.
//!
//! Fields are those of `PageHeader` in <https://github.com/apache/parquet-format>.

use crate::tables::thrift::Input;
use crate::tables::thrift::Kind::{self, Binary, Boolean, Integer, Struct};

/// What decides how much memory a page takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageHeader {
    /// Bytes after decompression.
    pub uncompressed_bytes: u32,
    /// Bytes in the file, without the header.
    pub compressed_bytes: u32,
    /// Values of a data page, nulls included; 0 for other pages.
    pub data_values: u32,
    /// Whether few of its bytes can stand for long texts over and over: a dictionary, or texts
    /// that repeat the beginning of the one before (DELTA_BYTE_ARRAY).
    pub repeats_texts: bool,
}

/// `Statistics`, also of a column chunk.
pub(crate) const STATISTICS: [(i16, Kind); 9] = [
    (1, Binary),
    (2, Binary),
    (3, Integer),
    (4, Integer),
    (5, Binary),
    (6, Binary),
    (7, Boolean),
    (8, Boolean),
    (9, Integer),
];
const FIELDS: [(i16, Kind); 8] = [
    (1, Integer),
    (UNCOMPRESSED_PAGE_SIZE, Integer),
    (COMPRESSED_PAGE_SIZE, Integer),
    (4, Integer),
    (
        DATA_PAGE_HEADER,
        Struct(&[
            (NUM_VALUES, Integer),
            (ENCODING, Integer),
            (3, Integer),
            (4, Integer),
            (5, Struct(&STATISTICS)),
        ]),
    ),
    (6, Struct(&[])),
    (
        DICTIONARY_PAGE_HEADER,
        Struct(&[(NUM_VALUES, Integer), (2, Integer), (3, Boolean)]),
    ),
    (
        DATA_PAGE_HEADER_V2,
        Struct(&[
            (NUM_VALUES, Integer),
            (2, Integer),
            (3, Integer),
            (ENCODING_V2, Integer),
            (5, Integer),
            (6, Integer),
            (7, Boolean),
            (8, Struct(&STATISTICS)),
        ]),
    ),
];
const UNCOMPRESSED_PAGE_SIZE: i16 = 2;
const COMPRESSED_PAGE_SIZE: i16 = 3;
const DATA_PAGE_HEADER: i16 = 5;
const DICTIONARY_PAGE_HEADER: i16 = 7;
const DATA_PAGE_HEADER_V2: i16 = 8;
/// Field of all three.
const NUM_VALUES: i16 = 1;
/// Fields of the two data page headers.
const ENCODING: i16 = 2;
const ENCODING_V2: i16 = 4;
/// The encoding that repeats texts without a dictionary.
const DELTA_BYTE_ARRAY: i64 = 7;

impl PageHeader {
    /// The header at the beginning of `bytes` and its length; `None` if there is none.
    pub fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut header = Self::default();
        let mut input = Input::new(bytes);
        let mut in_range = true;
        let mut size = |value: i64| {
            u32::try_from(value).unwrap_or_else(|_| {
                in_range = false;
                0
            })
        };
        input.fields(&FIELDS, &mut |path, value| match *path {
            [UNCOMPRESSED_PAGE_SIZE] => header.uncompressed_bytes = size(value),
            [COMPRESSED_PAGE_SIZE] => header.compressed_bytes = size(value),
            [DATA_PAGE_HEADER | DATA_PAGE_HEADER_V2, NUM_VALUES] => {
                header.data_values = header.data_values.max(size(value));
            }
            [DATA_PAGE_HEADER, ENCODING] | [DATA_PAGE_HEADER_V2, ENCODING_V2] => {
                header.repeats_texts |= value == DELTA_BYTE_ARRAY;
            }
            [DICTIONARY_PAGE_HEADER, NUM_VALUES] => header.repeats_texts = true,
            _ => {}
        })?;
        in_range.then(|| (header, bytes.len() - input.rest().len()))
    }
}
