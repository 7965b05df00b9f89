//! Parquet files: encoded pictures in Hugging Face's layout, or tables that `ingest` has written.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use pipelines::spec::Data;
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::stage_program::{bar, interrupted};
use pipelines::tables::images_reader::ImagesReader;
use rayon::prelude::*;

use crate::group_decoder::GroupDecoder;
use crate::picture::{self, Damage};
use crate::picture_counts::PictureCounts;
use crate::seen_shapes::SeenShapes;
use crate::shards::{DATA_FOLDER, Shard, Shards, files};
use crate::source::{DataSource, ImageRows, Sink, numbered_classes};

/// The files of a data set.
pub struct ParquetSet {
    /// Those to train and validate on; all of them when no others are there.
    pub train: Shards,
    /// Those to test on.
    pub test: Option<Shards>,
}

impl ParquetSet {
    /// Opens the files in the folder `path`, in its folder `data`, or the one file at `path`:
    /// `train.parquet` or `train-*.parquet`, and the same with `test`.
    ///
    /// # Errors
    /// No such files; files of another layout, or of different ones.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_file() {
            return Ok(Self {
                train: Shards::open(vec![path.to_path_buf()])?,
                test: None,
            });
        }
        let [train, test] = ["train", "test"].map(|split| files(path, split));
        let (train, test) = (train?, test?);
        ensure!(
            !train.is_empty(),
            "{}: expected train.parquet or train-*.parquet, here or in {DATA_FOLDER}/, found neither",
            path.display()
        );
        Ok(Self {
            train: Shards::open(train)?,
            test: (!test.is_empty()).then(|| Shards::open(test)).transpose()?,
        })
    }

    fn parts(&self) -> impl Iterator<Item = &Shards> {
        std::iter::once(&self.train).chain(&self.test)
    }

    fn shards(&self) -> impl Iterator<Item = &Shard> {
        self.parts().flat_map(|part| &part.shards)
    }

    /// Names of the classes, if the files have them.
    ///
    /// # Errors
    /// Files with different names.
    pub fn class_names(&self) -> Result<Option<Vec<String>>> {
        let mut names: Option<&[String]> = None;
        for shard in self.shards() {
            let own = match shard {
                Shard::Encoded(images) => images.class_names(),
                Shard::Own(_, info) => Some(info.class_names.as_slice()),
            };
            if let (Some(own), Some(names)) = (own, names) {
                ensure!(
                    own == names,
                    "{}: expected the classes {}, as in the other files, found {}",
                    shard.path().display(),
                    names.join(", "),
                    own.join(", ")
                );
            }
            names = names.or(own);
        }
        Ok(names.map(<[_]>::to_vec))
    }

    /// The shape of tables that `ingest` has written; `None` for encoded pictures.
    ///
    /// # Errors
    /// Tables of different shapes, and a mixture.
    pub fn own_shape(&self) -> Result<Option<ImageShape>> {
        let mut shapes = self.shards().map(|shard| match shard {
            Shard::Encoded(_) => None,
            Shard::Own(_, info) => Some(info.shape),
        });
        let first = shapes.next().flatten();
        ensure!(
            shapes.all(|shape| shape == first),
            "expected Parquet files of one layout and shape, found different ones"
        );
        Ok(first)
    }

    /// The sizes and channels of all pictures, of each of which only the beginning is decoded.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn shapes(&self) -> Result<SeenShapes> {
        let rows: usize = self.parts().map(|part| part.labels.len()).sum();
        let bar = bar("looking at images", rows as u64, "images");
        let mut seen = SeenShapes::default();
        for shard in self.shards() {
            let Shard::Encoded(images) = shard else {
                continue;
            };
            for group in images.groups()? {
                interrupted(|| "ingest has not finished".to_owned())?;
                let group = group?;
                let name = |row| name_of(images.path(), group.first_row + row);
                let found = (0..group.len())
                    .into_par_iter()
                    .fold(SeenShapes::default, |mut seen, row| {
                        let found = bytes_of(group.bytes(row));
                        seen.add(&name(row), found.and_then(picture::properties));
                        seen
                    })
                    .reduce(SeenShapes::default, SeenShapes::merge);
                seen = seen.merge(found);
                bar.inc(group.len() as u64);
            }
        }
        bar.finish_and_clear();
        Ok(seen)
    }
}

/// Opens the files at `path`.
///
/// # Errors
/// As [`ParquetSet::open`]; images of different sizes if `data` gives none.
pub fn open(data: &Data, path: &Path) -> Result<DataSource> {
    let set = ParquetSet::open(path)?;
    let shape = match (set.own_shape()?, SeenShapes::given(data)) {
        (Some(shape), _) | (None, Some(shape)) => shape,
        (None, None) => set.shapes()?.shape(data, path)?,
    };
    let class_names = match (set.class_names()?, &data.classes) {
        (Some(names), _) => names,
        (None, Some(names)) => names.clone(),
        (None, None) => {
            let labels: Vec<&[u16]> = set.parts().map(|part| part.labels.as_slice()).collect();
            numbered_classes(&labels)
        }
    };
    for part in set.parts() {
        let is_class = |label: &u16| usize::from(*label) < class_names.len();
        if let Some(row) = part.labels.iter().position(|label| !is_class(label)) {
            bail!(
                "{}: label: expected 0 to {}, found {} in row {row}",
                path.display(),
                class_names.len().saturating_sub(1),
                part.labels[row]
            );
        }
    }
    let rows = |shards| -> Box<dyn ImageRows> { Box::new(ParquetRows { shards, shape }) };
    Ok(DataSource {
        info: DatasetInfo { shape, class_names },
        train: rows(set.train),
        test: set.test.map(rows),
        notes: Vec::new(),
        stand_in: None,
    })
}

struct ParquetRows {
    shards: Shards,
    shape: ImageShape,
}

impl ImageRows for ParquetRows {
    fn labels(&self) -> &[u16] {
        &self.shards.labels
    }

    fn read(&self, rows: &[u32], sink: &mut Sink) -> Result<PictureCounts> {
        let bar = bar("ingest", rows.len() as u64, "images");
        let mut decoder = GroupDecoder::new(self.shape);
        let mut wanted = Wanted { rows, first: 0 };
        for shard in &self.shards.shards {
            match shard {
                Shard::Encoded(images) => {
                    for group in images.groups()? {
                        interrupted(|| "ingest has not finished".to_owned())?;
                        let group = group?;
                        let rows = wanted.next(group.len());
                        decoder.decode(
                            rows.len(),
                            |number| bytes_of(group.bytes(rows[number])).map(Cow::Borrowed),
                            |number| name_of(images.path(), group.first_row + rows[number]),
                            sink,
                        )?;
                        bar.inc(rows.len() as u64);
                    }
                }
                Shard::Own(file, _) => {
                    for images in ImagesReader::new(file.clone())?.without_extra() {
                        interrupted(|| "ingest has not finished".to_owned())?;
                        let images = images?;
                        let rows = wanted.next(images.len());
                        let pixels: Vec<u8> = match rows.len() == images.len() {
                            true => {
                                sink(images.pixels)?;
                                continue;
                            }
                            false => rows
                                .iter()
                                .flat_map(|&row| images.image(row))
                                .copied()
                                .collect(),
                        };
                        sink(pixels.into())?;
                        bar.inc(rows.len() as u64);
                    }
                }
            }
        }
        bar.finish_and_clear();
        decoder.finish()
    }
}

/// Ascending rows of all files, given out as the files are read.
struct Wanted<'a> {
    rows: &'a [u32],
    /// Number of the row that the next group begins with.
    first: usize,
}

impl Wanted<'_> {
    /// The wanted rows among the next `count`, counted from the first of these.
    fn next(&mut self, count: usize) -> Vec<usize> {
        let end = self.first + count;
        let split = self.rows.partition_point(|&row| (row as usize) < end);
        let (rows, rest) = self.rows.split_at(split);
        let rows = rows.iter().map(|&row| row as usize - self.first).collect();
        (self.rows, self.first) = (rest, end);
        rows
    }
}

fn bytes_of(bytes: Option<&[u8]>) -> Result<&[u8], Damage> {
    bytes.ok_or_else(|| "no bytes in the file, only a path to them".to_owned())
}

fn name_of(path: &Path, row: usize) -> String {
    format!("{} row {row}", path.display())
}
