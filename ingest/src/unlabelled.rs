//! Images without labels in files of any kind, for a model that is trained already.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use arrow_buffer::ScalarBuffer;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::stage_program::interrupted;
use pipelines::tables::images_reader::ImagesReader;
use rayon::prelude::*;

use crate::class_folders::pictures_below;
use crate::damaged_images::DamagedImages;
use crate::gunzip::is_gzip;
use crate::idx_set;
use crate::image_folder::read_picture;
use crate::picture::{self, Damage};
use crate::shards::{Shard, Shards};
use crate::source::group_rows;

/// A file or a folder, and what messages call it.
#[derive(Clone, Debug)]
pub struct Input {
    /// Such as its path.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// Some images, in the order of their files.
pub struct Group {
    /// Of each image: its file, and its row where a file has more than one.
    pub names: Vec<String>,
    /// (n, H, W, C), row-major, 0 = black.
    pub pixels: Vec<u8>,
    /// Whether they come from picture files, which may be dark on light, and not from a data set.
    pub are_pictures: bool,
}

/// Calls `sink` with one group after another of the images in `inputs`, brought to `shape` as
/// [`picture::decode`] does it. Gives those that cannot be decoded, which are left out.
///
/// # Errors
/// A file that cannot be read; an IDX or Parquet file that is damaged; those of `sink`.
pub fn read(
    inputs: &[Input],
    shape: ImageShape,
    sink: impl FnMut(Group) -> Result<()>,
) -> Result<DamagedImages> {
    let mut reader = Reader {
        shape,
        sink,
        damaged: DamagedImages::default(),
    };
    let mut files = Vec::new();
    for input in inputs {
        add_files(input, &mut files)?;
    }
    for files in files.chunk_by(|(a, _), (b, _)| a == b) {
        match files[0].0 {
            Kind::Picture => reader.pictures(files)?,
            Kind::Idx => {
                for (_, file) in files {
                    reader.idx(file)?;
                }
            }
            Kind::Parquet => {
                for (_, file) in files {
                    reader.parquet(file)?;
                }
            }
        }
    }
    Ok(reader.damaged)
}

/// What a file holds, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Picture,
    Idx,
    Parquet,
}

fn add_files(input: &Input, files: &mut Vec<(Kind, Input)>) -> Result<()> {
    if input.path.is_dir() {
        for path in pictures_below(&input.path)? {
            let name = path.display().to_string();
            files.push((Kind::Picture, Input { name, path }));
        }
        return Ok(());
    }
    files.push((kind(&input.path)?, input.clone()));
    Ok(())
}

fn kind(path: &Path) -> Result<Kind> {
    let context = || format!("cannot read {}", path.display());
    let mut magic = Vec::new();
    let file = File::open(path).with_context(context)?;
    file.take(4).read_to_end(&mut magic).with_context(context)?;
    Ok(match magic[..] {
        [b'P', b'A', b'R', b'1'] => Kind::Parquet,
        [0, 0, 8, _] => Kind::Idx,
        ref magic if is_gzip(magic) => Kind::Idx,
        _ => Kind::Picture,
    })
}

struct Reader<S> {
    shape: ImageShape,
    sink: S,
    damaged: DamagedImages,
}

impl<S: FnMut(Group) -> Result<()>> Reader<S> {
    fn pictures(&mut self, files: &[(Kind, Input)]) -> Result<()> {
        for files in files.chunks(group_rows(self.shape.len())) {
            self.decode(
                files.len(),
                |number| read_picture(&files[number].1.path).map(Cow::Owned),
                |number| files[number].1.name.clone(),
            )?;
        }
        Ok(())
    }

    fn idx(&mut self, input: &Input) -> Result<()> {
        let (found, images) = idx_set::open_unlabelled(&input.path)?;
        let rows: Vec<u32> = (0..images.labels().len() as u32).collect();
        let mut first = 0;
        images.read(&rows, &mut |pixels| {
            self.rows(input, found, &mut first, &pixels)
        })?;
        Ok(())
    }

    fn parquet(&mut self, input: &Input) -> Result<()> {
        let shards = Shards::open(vec![input.path.clone()])?;
        for shard in &shards.shards {
            match shard {
                Shard::Encoded(images) => {
                    for group in images.groups()? {
                        let group = group?;
                        self.decode(
                            group.len(),
                            |row| {
                                let bytes = group.bytes(row);
                                bytes
                                    .map(Cow::Borrowed)
                                    .ok_or_else(|| "no bytes".to_owned())
                            },
                            |row| format!("{} row {}", input.name, group.first_row + row),
                        )?;
                    }
                }
                Shard::Own(file, info) => {
                    let mut first = 0;
                    for images in ImagesReader::new(file.clone())?.without_extra() {
                        self.rows(input, info.shape, &mut first, &images?.pixels)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Decodes `count` pictures on all threads.
    fn decode<'a>(
        &mut self,
        count: usize,
        bytes: impl Fn(usize) -> Result<Cow<'a, [u8]>, Damage> + Sync,
        name: impl Fn(usize) -> String,
    ) -> Result<()> {
        interrupted(|| "not all images were classified".to_owned())?;
        let shape = self.shape;
        let mut pixels = vec![0; count * shape.len()];
        let decoded: Vec<_> = pixels
            .par_chunks_exact_mut(shape.len())
            .enumerate()
            .map(|(number, pixels)| picture::decode(&bytes(number)?, shape, pixels))
            .collect();
        let mut group = Group {
            names: Vec::with_capacity(count),
            pixels: Vec::with_capacity(pixels.len()),
            are_pictures: true,
        };
        for (number, decoded) in decoded.into_iter().enumerate() {
            match decoded {
                Ok(_) => {
                    let at = number * shape.len();
                    group.names.push(name(number));
                    group
                        .pixels
                        .extend_from_slice(&pixels[at..at + shape.len()]);
                }
                Err(damage) => self.damaged.add(name(number), &damage),
            }
        }
        (self.sink)(group)
    }

    /// Passes on images that are decoded already, from row `first` of `input` on.
    fn rows(
        &mut self,
        input: &Input,
        found: ImageShape,
        first: &mut usize,
        images: &ScalarBuffer<u8>,
    ) -> Result<()> {
        let count = images.len() / found.len();
        let mut pixels = vec![0; count * self.shape.len()];
        pixels
            .par_chunks_exact_mut(self.shape.len())
            .zip(images.par_chunks_exact(found.len()))
            .for_each(|(pixels, image)| picture::fit(image, found, self.shape, pixels));
        let rows = *first..*first + count;
        *first = rows.end;
        (self.sink)(Group {
            names: rows
                .map(|row| format!("{} row {row}", input.name))
                .collect(),
            pixels,
            are_pictures: false,
        })
    }
}
