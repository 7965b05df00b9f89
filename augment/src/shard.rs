//! One copy of all training images.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use arrow_array::{ArrayRef, UInt32Array};
use arrow_schema::{DataType, Field};
use pipelines::spec::Policy;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::image_column::{PageEncoder, page_rows};
use pipelines::tables::images::{self, Images};
use pipelines::tables::split::Split;
use rayon::prelude::*;

use crate::draw::{self, Draw};
use crate::transform::Transformer;

/// The rows that are augmented.
#[derive(Clone, Debug)]
pub struct Originals {
    info: DatasetInfo,
    ids: Vec<u32>,
    labels: Vec<u16>,
    /// (N, H, W, C).
    pixels: Vec<u8>,
}

impl Originals {
    /// The training rows of `images`.
    pub fn of(images: &Images) -> Self {
        let rows: Vec<usize> = (0..images.len())
            .filter(|&row| images.splits[row] == Split::Train)
            .collect();
        Self {
            info: images.info.clone(),
            ids: rows.iter().map(|&row| images.ids[row]).collect(),
            labels: rows.iter().map(|&row| images.labels[row]).collect(),
            pixels: rows
                .iter()
                .flat_map(|&row| images.image(row))
                .copied()
                .collect(),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// The bytes of the shard with number `copy`. Pages are made on rayon's current threads, each page
/// by one of them from its own images: the bytes do not depend on their number.
///
/// # Errors
/// None in practice.
pub fn encode(policy: &Policy, copy: u32, originals: &Originals) -> Result<Vec<u8>> {
    let shape = originals.info.shape;
    let image_bytes = shape.len();
    let page_rows = page_rows(image_bytes);
    let tools = || (PageEncoder::new(image_bytes), Transformer::new(shape));
    let pages = originals
        .ids
        .par_chunks(page_rows)
        .zip(originals.pixels.par_chunks(page_rows * image_bytes))
        .map_init(tools, |(encoder, transformer), (ids, pixels)| {
            let encoder = encoder.as_mut().map_err(|error| anyhow!("{error:#}"))?;
            let draws: Vec<Draw> = Draw::of_images(policy, copy, shape, ids).collect();
            let page = encoder.encode(ids.len(), |page| {
                let images = pixels.chunks_exact(image_bytes);
                let transformed = page.chunks_exact_mut(image_bytes);
                for ((draw, image), transformed) in draws.iter().zip(images).zip(transformed) {
                    transformer.apply(draw, image, transformed);
                }
            })?;
            Ok((draws, page))
        })
        .collect::<Result<Vec<_>>>()?;
    let (draws, pages): (Vec<_>, Vec<_>) = pages.into_iter().unzip();
    let mut extra = draw::columns(policy, &draws.concat());
    let copies: ArrayRef = Arc::new(UInt32Array::from(vec![copy; originals.len()]));
    extra.push((
        Arc::new(Field::new("copy", DataType::UInt32, false)),
        copies,
    ));
    let splits = vec![Split::Train; originals.len()];
    images::encode(
        &originals.info,
        &originals.ids,
        &splits,
        &originals.labels,
        &pages,
        &extra,
    )
}
