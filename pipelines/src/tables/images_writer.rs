//! Tables of images that are written row group by row group, so that any number of images passes
//! through a bounded memory.

use std::io::Write;
use std::mem;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{Field, FieldRef};
use arrow_select::concat::concat;
use rayon::prelude::*;

use crate::spec::dataset_info::DatasetInfo;
use crate::tables::image_column::{ImagePage, PageEncoder, group_rows, page_rows};
use crate::tables::images::{DATASET_INFO, Images, tensor_field};
use crate::tables::parquet_writer::{Column, ParquetWriter};
use crate::tables::row_columns;
use crate::tables::split::Split;

/// Rows whose pixels are encoded already, as columns of equal length.
#[derive(Clone, Debug, Default)]
pub struct EncodedRows {
    /// See [`Images::ids`].
    pub ids: Vec<u32>,
    /// See [`Images::splits`].
    pub splits: Vec<Split>,
    /// See [`Images::labels`].
    pub labels: Vec<u16>,
    /// Full pages, the last of a table aside.
    pub pages: Vec<ImagePage>,
    /// A column for each field that the writer was given.
    pub extra: Vec<ArrayRef>,
}

/// Writes a table of images. The bytes depend on the rows alone, and not on how they are cut into
/// batches or on the number of threads.
///
/// ```
/// use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
/// use pipelines::tables::images::Images;
/// use pipelines::tables::images_writer::ImagesWriter;
/// use pipelines::tables::split::Split;
///
/// let images = Images {
///     info: DatasetInfo {
///         shape: ImageShape::new(2, 2, 1),
///         class_names: vec!["cat".into(), "dog".into()],
///     },
///     ids: vec![0, 1],
///     splits: vec![Split::Train; 2],
///     labels: vec![1, 0],
///     pixels: vec![0, 1, 2, 3, 4, 5, 6, 7].into(),
///     extra: Vec::new(),
/// };
/// let mut writer = ImagesWriter::new(Vec::new(), &images.info, &[])?;
/// writer.write(&images.slice(0, 1))?;
/// writer.write(&images.slice(1, 1))?;
/// assert_eq!(writer.finish()?, images.encode()?);
/// # Ok::<(), anyhow::Error>(())
/// ```
pub struct ImagesWriter<W: Write + Send> {
    file: ParquetWriter<W>,
    info: DatasetInfo,
    extra_fields: Vec<FieldRef>,
    /// Rows of the row group that is not written yet.
    group: Group,
    is_empty: bool,
}

/// A row group in the making.
#[derive(Default)]
struct Group {
    ids: Vec<u32>,
    splits: Vec<Split>,
    labels: Vec<u16>,
    pages: Vec<ImagePage>,
    /// Images that do not fill a page yet, behind those of `pages`.
    pixels: Vec<u8>,
    /// Pieces of each further column.
    extra: Vec<Vec<ArrayRef>>,
}

impl<W: Write + Send> ImagesWriter<W> {
    /// A table of images of `info` with the further columns `extra`, written into `sink`.
    ///
    /// # Errors
    /// Columns that the format cannot hold; those of `sink`.
    pub fn new(sink: W, info: &DatasetInfo, extra: &[FieldRef]) -> Result<Self> {
        let mut fields: Vec<FieldRef> = row_columns::encode(&[], &[], &[])
            .map(|(name, array)| Field::new(name, array.data_type().clone(), false).into())
            .into();
        fields.push(Arc::new(tensor_field(info)?));
        fields.extend(extra.iter().cloned());
        let metadata = serde_json::to_string(info).context(CONTEXT)?;
        let file = ParquetWriter::of_fields(sink, fields, &[(DATASET_INFO, metadata)]);
        Ok(Self {
            file: file.context(CONTEXT)?,
            info: info.clone(),
            extra_fields: extra.to_vec(),
            group: Group::default(),
            is_empty: true,
        })
    }

    /// Rows of a full row group.
    pub fn group_rows(&self) -> usize {
        group_rows(self.info.shape.len())
    }

    /// Adds the rows of `images`; pages are made on rayon's current threads.
    ///
    /// # Errors
    /// Images of another shape, columns of different lengths or other columns than the writer was
    /// given; those of the sink.
    pub fn write(&mut self, images: &Images) -> Result<()> {
        let image_bytes = self.info.shape.len();
        ensure!(
            images.info.shape == self.info.shape
                && images.pixels.len() == images.len() * image_bytes,
            "{CONTEXT}: expected {} images of {}, found {} bytes of images of {}",
            images.len(),
            self.info.shape,
            images.pixels.len(),
            images.info.shape
        );
        let extra: Vec<_> = images
            .extra
            .iter()
            .map(|(_, array)| array.clone())
            .collect();
        self.check_extra(&extra, images.len())?;
        let mut first = 0;
        while first < images.len() {
            let rows = (images.len() - first).min(self.group_rows() - self.group.ids.len());
            let range = first..first + rows;
            let extra = extra.iter().map(|array| array.slice(first, rows));
            self.group.add_rows(
                &images.ids[range.clone()],
                images.splits.get(range.clone()).context(CONTEXT)?,
                images.labels.get(range.clone()).context(CONTEXT)?,
                extra,
            );
            let pixels = &images.pixels[range.start * image_bytes..range.end * image_bytes];
            self.group.add_pixels(pixels, image_bytes)?;
            self.write_full_group()?;
            first += rows;
        }
        Ok(())
    }

    /// Adds rows that are encoded already. They begin with a page and, unless they are the last of
    /// the table, end with a full one.
    ///
    /// # Errors
    /// Rows that begin or end inside a page or that go beyond the row group; columns of different
    /// lengths; those of the sink.
    pub fn write_encoded(&mut self, rows: EncodedRows) -> Result<()> {
        let page_rows = page_rows(self.info.shape.len());
        let count = rows.ids.len();
        let encoded: usize = rows.pages.iter().map(ImagePage::rows).sum();
        let are_full = rows.pages.iter().rev().skip(1);
        ensure!(
            self.group.ids.len().is_multiple_of(page_rows)
                && are_full.into_iter().all(|page| page.rows() == page_rows)
                && encoded == count
                && self.group.ids.len() + count <= self.group_rows(),
            "{CONTEXT}: expected {count} rows in full pages within a row group, found {encoded}"
        );
        self.check_extra(&rows.extra, count)?;
        let EncodedRows {
            ids,
            splits,
            labels,
            pages,
            extra,
        } = rows;
        self.group
            .add_rows(&ids, &splits, &labels, extra.into_iter());
        self.group.pages.extend(pages);
        self.write_full_group()
    }

    /// Writes the rows that are left and the footer, and returns the sink.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self) -> Result<W> {
        if self.is_empty || !self.group.ids.is_empty() {
            self.write_group()?;
        }
        self.file.finish().context(CONTEXT)
    }

    fn check_extra(&self, extra: &[ArrayRef], rows: usize) -> Result<()> {
        ensure!(
            extra.len() == self.extra_fields.len() && extra.iter().all(|array| array.len() == rows),
            "{CONTEXT}: expected {} further columns of {rows} rows, found {} columns",
            self.extra_fields.len(),
            extra.len()
        );
        Ok(())
    }

    fn write_full_group(&mut self) -> Result<()> {
        if self.group.ids.len() == self.group_rows() {
            self.write_group()?;
        }
        Ok(())
    }

    fn write_group(&mut self) -> Result<()> {
        let image_bytes = self.info.shape.len();
        let mut group = mem::take(&mut self.group);
        if !group.pixels.is_empty() {
            let pixels = mem::take(&mut group.pixels);
            group.pages.extend(encode_pages(&pixels, image_bytes)?);
        }
        let rows = row_columns::encode(&group.ids, &group.splits, &group.labels);
        let mut columns: Vec<_> = rows.map(|(_, array)| Column::Array(array)).into();
        columns.push(Column::Images(image_bytes, &group.pages));
        for (number, field) in self.extra_fields.iter().enumerate() {
            let pieces: Vec<&dyn Array> = match group.extra.get(number) {
                Some(pieces) => pieces.iter().map(AsRef::as_ref).collect(),
                None => Vec::new(),
            };
            columns.push(Column::Array(match pieces.as_slice() {
                [] => arrow_array::new_empty_array(field.data_type()),
                [piece] => piece.slice(0, piece.len()),
                pieces => concat(pieces).context(CONTEXT)?,
            }));
        }
        self.is_empty = false;
        self.file
            .write_group(group.ids.len(), columns)
            .context(CONTEXT)
    }
}

impl Group {
    fn add_rows(
        &mut self,
        ids: &[u32],
        splits: &[Split],
        labels: &[u16],
        extra: impl Iterator<Item = ArrayRef>,
    ) {
        self.ids.extend_from_slice(ids);
        self.splits.extend_from_slice(splits);
        self.labels.extend_from_slice(labels);
        for (number, array) in extra.enumerate() {
            if self.extra.len() == number {
                self.extra.push(Vec::new());
            }
            self.extra[number].push(array);
        }
    }

    /// Makes pages of all images that fill one and keeps the rest.
    fn add_pixels(&mut self, mut pixels: &[u8], image_bytes: usize) -> Result<()> {
        let page_bytes = page_rows(image_bytes) * image_bytes;
        if !self.pixels.is_empty() {
            let missing = (page_bytes - self.pixels.len()).min(pixels.len());
            let (first, rest) = pixels.split_at(missing);
            self.pixels.extend_from_slice(first);
            pixels = rest;
            if self.pixels.len() < page_bytes {
                return Ok(());
            }
            self.pages.extend(encode_pages(&self.pixels, image_bytes)?);
            self.pixels.clear();
        }
        let (full, rest) = pixels.split_at(pixels.len() / page_bytes * page_bytes);
        self.pages.extend(encode_pages(full, image_bytes)?);
        self.pixels.extend_from_slice(rest);
        Ok(())
    }
}

const CONTEXT: &str = "cannot encode images";

/// Pages of `pixels`, whole images, made on rayon's current threads.
fn encode_pages(pixels: &[u8], image_bytes: usize) -> Result<Vec<ImagePage>> {
    let new_encoder = || PageEncoder::new(image_bytes);
    pixels
        .par_chunks(page_rows(image_bytes) * image_bytes)
        .map_init(new_encoder, |encoder, pixels| {
            let encoder = encoder.as_mut().map_err(|error| anyhow!("{error:#}"))?;
            encoder.encode(pixels.len() / image_bytes, |page| {
                page.copy_from_slice(pixels);
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use arrow_array::Float32Array;
    use arrow_schema::DataType;

    use super::*;
    use crate::spec::dataset_info::ImageShape;
    use crate::tables::images_reader::ImagesReader;
    use crate::tables::parquet_file::ParquetFile;

    /// `rows` images of one pixel, whose row groups have two pages of 409,600 images.
    fn pixels(rows: usize) -> Images {
        Images {
            info: DatasetInfo {
                shape: ImageShape::new(1, 1, 1),
                class_names: vec!["dark".into(), "light".into()],
            },
            ids: (0..rows as u32).rev().collect(),
            splits: (0..rows).map(|row| Split::ALL[row / 7 % 3]).collect(),
            labels: (0..rows).map(|row| (row % 2) as u16).collect(),
            pixels: (0..rows).map(|row| (row / 3) as u8).collect(),
            extra: vec![(
                Arc::new(Field::new("angle_deg", DataType::Float32, false)),
                Arc::new(Float32Array::from_iter_values(
                    (0..rows).map(|row| row as f32 * 0.25),
                )),
            )],
        }
    }

    fn write(images: &Images, batches: &[usize]) -> Vec<u8> {
        let fields: Vec<_> = images
            .extra
            .iter()
            .map(|(field, _)| field.clone())
            .collect();
        let mut writer = ImagesWriter::new(Vec::new(), &images.info, &fields).unwrap();
        let mut first = 0;
        for &rows in batches {
            writer.write(&images.slice(first, rows)).unwrap();
            first += rows;
        }
        assert_eq!(first, images.len());
        writer.finish().unwrap()
    }

    #[test]
    fn the_bytes_do_not_depend_on_how_the_rows_are_cut() {
        let images = pixels(900_000);
        let whole = write(&images, &[900_000]);
        for batches in [
            &[0, 1, 409_598, 1, 0, 490_400][..],
            &[450_000, 450_000],
            &[819_200, 80_800],
            &[3, 819_200, 80_797],
        ] {
            assert!(write(&images, batches) == whole, "{batches:?}");
        }
    }

    #[test]
    fn row_groups_and_batches_read_as_the_whole_table() {
        let images = pixels(900_000);
        let bytes = write(&images, &[900_000]);
        let path = Path::new("train.parquet");
        let file = ParquetFile::open(path, bytes.clone()).unwrap();
        assert_eq!(file.metadata().num_row_groups(), 2);
        assert_eq!(file.group_rows(0), group_rows(1));
        let mut first = 0;
        for batch in ImagesReader::new(file).unwrap() {
            let batch = batch.unwrap();
            assert!(batch == images.slice(first, batch.len()));
            assert!(batch.len() <= 1 << 16);
            first += batch.len();
        }
        assert_eq!(first, 900_000);
        assert!(Images::decode(path, bytes).unwrap() == images);
    }

    #[test]
    fn encoded_rows_that_leave_a_page_half_full_are_refused() {
        let images = pixels(10);
        let encoded = |rows: usize| EncodedRows {
            ids: images.ids[..rows].to_vec(),
            splits: images.splits[..rows].to_vec(),
            labels: images.labels[..rows].to_vec(),
            pages: encode_pages(&images.pixels[..rows], 1).unwrap(),
            extra: Vec::new(),
        };
        let mut writer = ImagesWriter::new(Vec::new(), &images.info, &[]).unwrap();
        writer.write_encoded(encoded(4)).unwrap();
        let error = writer.write_encoded(encoded(4)).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot encode images: expected 4 rows in full pages"),
            "{error}"
        );
    }

    #[test]
    fn columns_of_other_lengths_and_images_of_another_shape_are_refused() {
        let write = |change: fn(&mut Images)| {
            let mut images = pixels(10);
            images.extra.clear();
            let info = images.info.clone();
            change(&mut images);
            let mut writer = ImagesWriter::new(Vec::new(), &info, &[])?;
            writer.write(&images)?;
            writer.finish()
        };
        assert!(write(|_| {}).is_ok());
        assert!(write(|images| images.extra = pixels(10).extra).is_err());
        assert!(write(|images| images.labels.truncate(9)).is_err());
        assert!(write(|images| images.pixels = vec![0; 9].into()).is_err());
        assert!(write(|images| images.info.shape.width = 2).is_err());
    }
}
