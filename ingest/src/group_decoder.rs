//! Groups of pictures to pixels, on all threads.

use std::borrow::Cow;

use anyhow::Result;
use pipelines::spec::dataset_info::ImageShape;
use rayon::prelude::*;

use crate::damaged_images::DamagedImages;
use crate::picture::{self, Damage};
use crate::picture_counts::PictureCounts;
use crate::source::Sink;

/// Decodes one group after another and remembers what was done and what is damaged.
pub struct GroupDecoder {
    shape: ImageShape,
    counts: PictureCounts,
    damaged: DamagedImages,
}

impl GroupDecoder {
    /// A decoder for images of `shape`.
    pub fn new(shape: ImageShape) -> Self {
        Self {
            shape,
            counts: PictureCounts::default(),
            damaged: DamagedImages::default(),
        }
    }

    /// Decodes a group of `count` pictures, whose bytes and names are asked for by their number in the
    /// group, and gives the pixels to `sink` unless a picture was damaged.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn decode<'a>(
        &mut self,
        count: usize,
        bytes: impl Fn(usize) -> Result<Cow<'a, [u8]>, Damage> + Sync,
        name: impl Fn(usize) -> String,
        sink: &mut Sink,
    ) -> Result<()> {
        let shape = self.shape;
        let mut pixels = vec![0; count * shape.len()];
        let decoded: Vec<_> = pixels
            .par_chunks_exact_mut(shape.len())
            .enumerate()
            .map(|(number, pixels)| picture::decode(&bytes(number)?, shape, pixels))
            .collect();
        for (number, decoded) in decoded.into_iter().enumerate() {
            match decoded {
                Ok(properties) => self.counts += PictureCounts::of(&properties, shape),
                Err(damage) => self.damaged.add(name(number), &damage),
            }
        }
        match self.damaged.is_empty() {
            true => sink(pixels.into()),
            false => Ok(()),
        }
    }

    /// What was done to all pictures.
    ///
    /// # Errors
    /// The damaged ones.
    pub fn finish(self) -> Result<PictureCounts> {
        match self.damaged.is_empty() {
            true => Ok(self.counts),
            false => Err(self.damaged.into()),
        }
    }
}
