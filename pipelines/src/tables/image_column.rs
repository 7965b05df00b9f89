//! The pixels of many images as one Parquet column, written and read without arrow arrays.
//!
//! Parquet has no bytes among its numbers: a u8 is stored as INT32, and a general writer spends
//! most of its time on looking each value of an image up in a dictionary and on two levels for each. Here the dictionary is the identity, 0 to 255, so that the stream of 8-bit
//! dictionary indices *is* the image, and the levels of a page are known beforehand. Encoding is
//! copying and zstd, decoding is zstd and comparing; to any other reader the file is an ordinary
//! dictionary-encoded list column.
//!
//! The formats are described in <https://parquet.apache.org/docs/file-format/data-pages/>.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageReader, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use crate::tables::parquet_source::ParquetSource;

/// Pixels in a page, as far as whole images allow; a fixed number, so that the bytes do not depend
/// on threads.
const PAGE_BYTES: usize = 400 << 10;

/// The fastest level: on Fashion-MNIST the next ones save 2 % at twice the time.
const ZSTD_LEVEL: i32 = 1;

/// Values of the dictionary: every u8.
const DICTIONARY_VALUES: u32 = 256;

/// Bit-packed runs count their values in groups of this many.
const RUN_GROUP: usize = 8;

/// Definition level of a pixel that is there: inside the repeated group, and not null.
const MAX_DEFINITION_LEVEL: i16 = 2;
/// Bits that such a level takes.
const DEFINITION_LEVEL_BITS: u32 = 2;

/// Pixels in a row group, as far as whole pages allow: what is in memory at once while a table is
/// written.
const GROUP_BYTES: usize = 64 << 20;
/// Most rows of a row group of tiny images, as far as whole pages allow.
const MAX_GROUP_ROWS: usize = 1 << 20;

/// Images in a row group, all but the last of a file being full.
pub fn group_rows(image_bytes: usize) -> usize {
    let page_rows = page_rows(image_bytes);
    let rows = (GROUP_BYTES / image_bytes).min(MAX_GROUP_ROWS);
    (rows / page_rows).max(1) * page_rows
}

/// Images in a page, all but the last of a file being full.
pub fn page_rows(image_bytes: usize) -> usize {
    (PAGE_BYTES / image_bytes).max(1)
}

/// One compressed page of up to [`page_rows`] images.
#[derive(Clone, Debug)]
pub struct ImagePage {
    compressed: Bytes,
    rows: usize,
    uncompressed_bytes: usize,
}

impl ImagePage {
    /// Number of images.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// Makes pages one after another, with memory that is used again.
pub struct PageEncoder {
    image_bytes: usize,
    compressor: zstd::bulk::Compressor<'static>,
    /// Levels, bit width, run header, then the pixels.
    body: Vec<u8>,
    /// Rows that `body` is laid out for.
    rows: usize,
    /// Where the pixels stand in it.
    pixels: Range<usize>,
}

impl PageEncoder {
    /// An encoder for any number of pages of images of `image_bytes` values.
    ///
    /// # Errors
    /// None in practice.
    pub fn new(image_bytes: usize) -> Result<Self> {
        Ok(Self {
            image_bytes,
            compressor: zstd::bulk::Compressor::new(ZSTD_LEVEL).context("cannot encode images")?,
            body: Vec::new(),
            rows: 0,
            pixels: 0..0,
        })
    }

    /// Encodes `rows` images, (rows, H, W, C), that `fill` writes.
    ///
    /// # Errors
    /// None in practice.
    pub fn encode(&mut self, rows: usize, fill: impl FnOnce(&mut [u8])) -> Result<ImagePage> {
        if self.rows != rows {
            self.rows = rows;
            self.body.clear();
            self.body
                .extend_from_slice(&page_prefix(rows, self.image_bytes));
            let start = self.body.len();
            self.pixels = start..start + rows * self.image_bytes;
            self.body.resize(start + padded(rows * self.image_bytes), 0);
        }
        fill(&mut self.body[self.pixels.clone()]);
        let compressed = self
            .compressor
            .compress(&self.body)
            .context("cannot encode images")?;
        Ok(ImagePage {
            compressed: compressed.into(),
            rows,
            uncompressed_bytes: self.body.len(),
        })
    }
}

/// The bytes of a column chunk and what the footer says of it; offsets count from the chunk's
/// beginning.
///
/// # Errors
/// None in practice.
pub fn column_chunk(
    column: ColumnDescPtr,
    image_bytes: usize,
    pages: &[ImagePage],
) -> Result<(Bytes, ColumnCloseResult)> {
    let compression = Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?);
    let compressed_bytes: usize = pages.iter().map(|page| page.compressed.len() + 64).sum();
    let mut sink = TrackedWrite::new(Vec::with_capacity(compressed_bytes + 1024));
    let mut writer = SerializedPageWriter::new(&mut sink);
    let dictionary = dictionary();
    let page = Page::DictionaryPage {
        buf: zstd::bulk::compress(&dictionary, ZSTD_LEVEL)
            .context("cannot encode images")?
            .into(),
        num_values: DICTIONARY_VALUES,
        encoding: Encoding::PLAIN,
        is_sorted: true,
    };
    let mut uncompressed_bytes = 0;
    let written = writer.write_page(CompressedPage::new(page, dictionary.len()))?;
    uncompressed_bytes += written.uncompressed_size;
    let data_page_offset = written.bytes_written;
    let mut rows = 0;
    for page in pages {
        let data = Page::DataPage {
            buf: page.compressed.clone(),
            num_values: u32::try_from(page.rows * image_bytes)?,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let written = writer.write_page(CompressedPage::new(data, page.uncompressed_bytes))?;
        uncompressed_bytes += written.uncompressed_size;
        rows += page.rows;
    }
    let bytes: Bytes = sink.into_inner()?.into();
    let metadata = ColumnChunkMetaData::builder(column)
        .set_compression(compression)
        .set_encodings(vec![
            Encoding::PLAIN,
            Encoding::RLE,
            Encoding::RLE_DICTIONARY,
        ])
        .set_num_values(i64::try_from(rows * image_bytes)?)
        .set_total_compressed_size(i64::try_from(bytes.len())?)
        .set_total_uncompressed_size(i64::try_from(uncompressed_bytes)?)
        .set_dictionary_page_offset(Some(0))
        .set_data_page_offset(i64::try_from(data_page_offset)?)
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok((bytes, close))
}

/// Reads the pages of a column chunk of images, (rows, H, W, C), as long as they are laid out as
/// [`column_chunk`] does it.
pub struct ImagePages {
    pages: SerializedPageReader<ParquetSource>,
    image_bytes: usize,
    /// What stands before the pixels of a page with so many rows.
    prefix: (usize, Vec<u8>),
    /// Pixels of the last page that nobody asked for yet.
    rest: Bytes,
}

impl ImagePages {
    /// The pages of `chunk` with `rows` images of `image_bytes` values; `None` when they have another
    /// layout and have to be read as any other.
    ///
    /// # Errors
    /// Damaged pages.
    pub fn open(
        source: Arc<ParquetSource>,
        chunk: &ColumnChunkMetaData,
        rows: usize,
        image_bytes: usize,
    ) -> Result<Option<Self>> {
        let descriptor = chunk.column_descr();
        if (descriptor.max_rep_level(), descriptor.max_def_level()) != (1, MAX_DEFINITION_LEVEL) {
            return Ok(None);
        }
        let mut pages = SerializedPageReader::new(source, chunk, rows, None)?;
        match pages.get_next_page()? {
            Some(Page::DictionaryPage { buf, .. }) if buf == dictionary() => {}
            _ => return Ok(None),
        }
        Ok(Some(Self {
            pages,
            image_bytes,
            prefix: (0, Vec::new()),
            rest: Bytes::new(),
        }))
    }

    /// Appends the pixels of the next images to `pixels`, up to a length of `length`, and returns
    /// whether it came so far: a page with another layout and the end of the chunk come before.
    ///
    /// # Errors
    /// Damaged pages.
    pub fn fill(&mut self, pixels: &mut Vec<u8>, length: usize) -> Result<bool> {
        while pixels.len() < length {
            if self.rest.is_empty() {
                match self.next_page()? {
                    Some(page) if !page.is_empty() => self.rest = page,
                    _ => return Ok(false),
                }
            }
            let taken = self.rest.len().min(length - pixels.len());
            pixels.extend_from_slice(&self.rest.split_to(taken));
        }
        Ok(true)
    }

    fn next_page(&mut self) -> Result<Option<Bytes>> {
        let Some(Page::DataPage {
            buf,
            num_values,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            ..
        }) = self.pages.get_next_page()?
        else {
            return Ok(None);
        };
        let page_rows = num_values as usize / self.image_bytes;
        let page_bytes = page_rows * self.image_bytes;
        if page_bytes != num_values as usize || page_rows > buf.len() {
            return Ok(None);
        }
        if self.prefix.0 != page_rows {
            self.prefix = (page_rows, page_prefix(page_rows, self.image_bytes));
        }
        let start = self.prefix.1.len();
        let is_ours = buf.starts_with(&self.prefix.1) && buf.len() == start + padded(page_bytes);
        Ok(is_ours.then(|| buf.slice(start..start + page_bytes)))
    }
}

/// All values of a u8 in ascending order, PLAIN-encoded as INT32.
fn dictionary() -> Vec<u8> {
    (0..DICTIONARY_VALUES).flat_map(u32::to_le_bytes).collect()
}

/// What stands before the pixels of a page with `rows` images: repetition levels (0 for the first
/// pixel of an image, 1 for the rest), definition levels (all the highest), the bit width of the
/// indices and the header of one bit-packed run over all of them.
fn page_prefix(rows: usize, image_bytes: usize) -> Vec<u8> {
    let mut repetition = Vec::with_capacity(rows * 5);
    for _ in 0..rows {
        push_run(&mut repetition, 1, 0);
        if image_bytes > 1 {
            push_run(&mut repetition, image_bytes - 1, 1);
        }
    }
    let mut definition = Vec::new();
    const { assert!(MAX_DEFINITION_LEVEL < 1 << DEFINITION_LEVEL_BITS) };
    push_run(
        &mut definition,
        rows * image_bytes,
        MAX_DEFINITION_LEVEL as u8,
    );
    let mut prefix = Vec::with_capacity(repetition.len() + 32);
    for levels in [repetition, definition] {
        prefix.extend_from_slice(&(levels.len() as u32).to_le_bytes());
        prefix.extend_from_slice(&levels);
    }
    prefix.push(u8::BITS as u8);
    push_varint(
        &mut prefix,
        (padded(rows * image_bytes) / RUN_GROUP) << 1 | 1,
    );
    prefix
}

/// Values of a bit-packed run that holds `values`: whole groups, the last one filled with zeros that
/// readers pass over.
fn padded(values: usize) -> usize {
    values.next_multiple_of(RUN_GROUP)
}

/// `length` times `value`, in the RLE half of the RLE/bit-packing hybrid.
fn push_run(bytes: &mut Vec<u8>, length: usize, value: u8) {
    push_varint(bytes, length << 1);
    bytes.push(value);
}

fn push_varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
