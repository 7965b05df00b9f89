//! The sizes in a Parquet page header, read without the page.
//!
//! The header is Thrift in its compact protocol
//! (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>); fields
//! are those of `PageHeader` in <https://github.com/apache/parquet-format>.

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

/// Fields of `PageHeader`.
const UNCOMPRESSED_PAGE_SIZE: i64 = 2;
const COMPRESSED_PAGE_SIZE: i64 = 3;
const DATA_PAGE_HEADER: i64 = 5;
const DICTIONARY_PAGE_HEADER: i64 = 7;
const DATA_PAGE_HEADER_V2: i64 = 8;
/// Field of both kinds of data page header.
const NUM_VALUES: i64 = 1;
/// Field of `DataPageHeader` and of `DataPageHeaderV2`.
const ENCODINGS: [(i64, i64); 2] = [(DATA_PAGE_HEADER, 2), (DATA_PAGE_HEADER_V2, 4)];
/// The encoding that repeats texts without a dictionary.
const DELTA_BYTE_ARRAY: i64 = 7;

/// Types of the compact protocol.
const STOP: u8 = 0;
const BOOLEANS: [u8; 2] = [1, 2];
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const STRUCT: u8 = 12;

impl PageHeader {
    /// The header at the beginning of `bytes` and its length; `None` if there is none.
    pub fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut header = Self::default();
        let mut input = Input(bytes);
        input.fields(|input, field, kind| match (field, kind) {
            (UNCOMPRESSED_PAGE_SIZE, I32) => {
                header.uncompressed_bytes = input.integer()?.try_into().ok()?;
                Some(())
            }
            (COMPRESSED_PAGE_SIZE, I32) => {
                header.compressed_bytes = input.integer()?.try_into().ok()?;
                Some(())
            }
            (DATA_PAGE_HEADER | DATA_PAGE_HEADER_V2, STRUCT) => {
                input.fields(|input, inner, kind| match (inner, kind) {
                    (NUM_VALUES, I32) => {
                        let values = input.integer()?.try_into().ok()?;
                        header.data_values = header.data_values.max(values);
                        Some(())
                    }
                    (_, I32) if ENCODINGS.contains(&(field, inner)) => {
                        header.repeats_texts |= input.integer()? == DELTA_BYTE_ARRAY;
                        Some(())
                    }
                    (_, STRUCT) => input.fields(Input::skip),
                    _ => input.skip(inner, kind),
                })
            }
            (DICTIONARY_PAGE_HEADER, STRUCT) => {
                header.repeats_texts = true;
                input.fields(Input::skip)
            }
            (_, STRUCT) => input.fields(Input::skip),
            (field, kind) => input.skip(field, kind),
        })?;
        Some((header, bytes.len() - input.0.len()))
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    /// Calls `field` with the number and the type of each field of a struct.
    fn fields(&mut self, mut field: impl FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        let mut number = 0;
        loop {
            let byte = self.byte()?;
            let (step, kind) = (i64::from(byte >> 4), byte & 0x0f);
            if kind == STOP {
                return Some(());
            }
            number = match step {
                0 => self.integer()?,
                step => number + step,
            };
            field(self, number, kind)?;
        }
    }

    /// Passes over a field that is not a struct; no page header holds a list or a map.
    fn skip(&mut self, _field: i64, kind: u8) -> Option<()> {
        match kind {
            kind if BOOLEANS.contains(&kind) => Some(()),
            BYTE => self.pass(1),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.pass(8),
            BINARY => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.pass(length)
            }
            _ => None,
        }
    }

    fn pass(&mut self, length: usize) -> Option<()> {
        self.0 = self.0.get(length..)?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A signed number: zigzag in a varint.
    fn integer(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}
