//! Tables of images that are read batch by batch, so that any number of images passes through a
//! bounded memory.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::files::output;
use crate::spec::dataset_info::DatasetInfo;
use crate::tables::image_column::{ImagePages, page_rows};
use crate::tables::images::{self, IMAGE, Images};
use crate::tables::parquet_file::{Batches, ParquetFile};
use crate::tables::parquet_limits;
use crate::tables::row_columns::{self, ID, LABEL};
use crate::tables::split::SPLIT;

/// Pixels of a batch, as far as whole pages allow.
const BATCH_BYTES: usize = 4 << 20;

/// The images of a file, as batches of checked rows in the order of the file.
pub struct ImagesReader {
    file: ParquetFile,
    info: DatasetInfo,
    batch_rows: usize,
    has_extra: bool,
    next_group: usize,
    group: Option<Group>,
}

/// The row group that is being read.
struct Group {
    number: usize,
    /// Rows of earlier batches.
    done: usize,
    rows: Batches,
    pixels: Pixels,
}

enum Pixels {
    /// As this project writes them.
    Pages(ImagePages),
    /// As any other column.
    Column(Batches),
}

impl ImagesReader {
    /// Opens `file` of `folder` after comparing its hash with the manifest's.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open(folder: &Path, file: &str) -> Result<Self> {
        let opened = output::open(folder, file)?;
        Self::new(ParquetFile::open_file(&folder.join(file), opened)?)
    }

    /// Reads the images of `file`.
    ///
    /// # Errors
    /// A file that does not describe its images.
    pub fn new(file: ParquetFile) -> Result<Self> {
        let info = images::dataset_info(file.path(), file.schema())?;
        let image_bytes = info.shape.len();
        let page_rows = page_rows(image_bytes);
        let pages = (BATCH_BYTES / (page_rows * image_bytes)).max(1);
        let limit = parquet_limits::batch_rows(file.metadata(), file.schema());
        Ok(Self {
            info,
            batch_rows: (pages * page_rows).min(limit),
            has_extra: true,
            next_group: 0,
            group: None,
            file,
        })
    }

    /// Leaves out the columns that the writer added.
    pub fn without_extra(mut self) -> Self {
        self.has_extra = false;
        self
    }

    /// Shape of every image and names of the classes.
    pub fn info(&self) -> &DatasetInfo {
        &self.info
    }

    /// Number of rows, as the footer says.
    pub fn rows(&self) -> usize {
        self.file.rows()
    }

    /// Class of each row.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn labels(&self) -> Result<Vec<u16>> {
        let mut labels = Vec::new();
        for batch in self
            .file
            .batches(|name| [ID, SPLIT, LABEL].contains(&name))?
        {
            let class_count = self.info.class_count();
            let (_, _, of_batch) = row_columns::decode(self.file.path(), &batch?, class_count)?;
            labels.extend(of_batch);
        }
        Ok(labels)
    }

    /// The file.
    pub fn file(&self) -> &ParquetFile {
        &self.file
    }

    fn read_next(&mut self) -> Result<Option<Images>> {
        loop {
            if self.group.is_none() {
                if self.next_group == self.file.metadata().num_row_groups() {
                    return Ok(None);
                }
                self.group = Some(self.open_group(self.next_group)?);
                self.next_group += 1;
            }
            if let Some(images) = self.next_of_group()? {
                return Ok(Some(images));
            }
            self.group = None;
        }
    }

    fn open_group(&self, number: usize) -> Result<Group> {
        let own = [ID, SPLIT, LABEL];
        let has_extra = self.has_extra;
        let is_wanted = |name: &str| own.contains(&name) || has_extra && name != IMAGE;
        let rows = self
            .file
            .group_batches(number, 0, self.batch_rows, is_wanted)?;
        let image_bytes = self.info.shape.len();
        let pixels = match self.file.image_pages(IMAGE, number, image_bytes)? {
            Some(pages) => Pixels::Pages(pages),
            None => self.column(number, 0)?,
        };
        Ok(Group {
            number,
            done: 0,
            rows,
            pixels,
        })
    }

    fn column(&self, group: usize, first: usize) -> Result<Pixels> {
        let batches = self
            .file
            .group_batches(group, first, self.batch_rows, |name| name == IMAGE)?;
        Ok(Pixels::Column(batches))
    }

    fn next_of_group(&mut self) -> Result<Option<Images>> {
        let Some(mut group) = self.group.take() else {
            return Ok(None);
        };
        let path = self.file.path();
        let group_rows = self.file.group_rows(group.number);
        let Some(batch) = group.rows.next().transpose()? else {
            ensure!(
                group.done == group_rows,
                "{}: rows of row group {}: expected {group_rows}, found {}",
                path.display(),
                group.number,
                group.done
            );
            return Ok(None);
        };
        let length = batch.num_rows() * self.info.shape.len();
        let mut pixels = None;
        if let Pixels::Pages(pages) = &mut group.pixels {
            let mut filled = Vec::with_capacity(length);
            if self.file.fill(IMAGE, pages, &mut filled, length)? {
                pixels = Some(filled.into());
            } else {
                // A page of another layout: this batch and the rest are read as any other column.
                group.pixels = self.column(group.number, group.done)?;
            }
        }
        let pixels = match (pixels, &mut group.pixels) {
            (None, Pixels::Column(batches)) => match batches.next().transpose()? {
                Some(batch) => images::pixels_of(path, &self.info, &batch)?,
                None => Vec::new().into(),
            },
            (pixels, _) => pixels.unwrap_or_default(),
        };
        group.done += batch.num_rows();
        self.group = Some(group);
        Images::from_columns(self.file.path(), &self.info, &batch, pixels).map(Some)
    }
}

impl Iterator for ImagesReader {
    type Item = Result<Images>;

    /// The next batch; none is empty.
    fn next(&mut self) -> Option<Result<Images>> {
        self.read_next().transpose()
    }
}
