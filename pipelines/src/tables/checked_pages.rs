//! Pages of a Parquet file, checked before the Parquet library decodes them.
//!
//! The library makes room for as many values as the header of a dictionary page declares, before it
//! looks at the bytes behind it: a file of a hundred bytes can ask for gigabytes. That headers are
//! believed is known (<https://github.com/apache/arrow-rs/issues/9742>).

use std::sync::Arc;
use std::vec;

use parquet::arrow::arrow_reader::RowGroups;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use crate::tables::parquet_source::ParquetSource;

/// Row groups of a file whose pages are checked as they are read.
pub struct CheckedRowGroups {
    /// The bytes of the file.
    pub source: Arc<ParquetSource>,
    /// What its footer says.
    pub metadata: Arc<ParquetMetaData>,
    /// Numbers of the row groups to read, in this order.
    pub groups: Vec<usize>,
}

impl RowGroups for CheckedRowGroups {
    fn num_rows(&self) -> usize {
        let rows = self.row_groups().map(RowGroupMetaData::num_rows);
        rows.map(|rows| usize::try_from(rows).unwrap_or(0)).sum()
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        Ok(Box::new(ColumnChunks {
            source: self.source.clone(),
            metadata: self.metadata.clone(),
            groups: self.groups.clone().into_iter(),
            column,
        }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        let groups = self.groups.iter();
        Box::new(groups.map(|group| self.metadata.row_group(*group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The chunks of one column, a row group after the other.
struct ColumnChunks {
    source: Arc<ParquetSource>,
    metadata: Arc<ParquetMetaData>,
    groups: vec::IntoIter<usize>,
    column: usize,
}

impl Iterator for ColumnChunks {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.metadata.row_group(self.groups.next()?);
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let chunk = group.column(self.column);
        let pages = SerializedPageReader::new(self.source.clone(), chunk, rows, None);
        Some(pages.map(|pages| Box::new(CheckedPages { pages }) as Box<dyn PageReader>))
    }
}

impl PageIterator for ColumnChunks {}

/// The pages of one column chunk.
struct CheckedPages {
    pages: SerializedPageReader<ParquetSource>,
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(Page::DictionaryPage {
            buf, num_values, ..
        }) = &page
        {
            check_dictionary(*num_values, buf.len())?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

/// No value of a dictionary takes less than a byte: numbers take 4 or more, texts a length of 4 bytes.
fn check_dictionary(values: u32, bytes: usize) -> Result<()> {
    if values as usize > bytes {
        return Err(ParquetError::General(format!(
            "dictionary page: expected at most a value for each of its {bytes} bytes, found {values} values"
        )));
    }
    Ok(())
}
