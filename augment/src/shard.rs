//! Contents of shards.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use arrow_array::{ArrayRef, UInt32Array};
use arrow_schema::{DataType, Field, FieldRef};
use pipelines::spec::Policy;
use pipelines::tables::image_column::{PageEncoder, group_rows, page_rows};
use pipelines::tables::images::Images;
use pipelines::tables::images_writer::EncodedRows;
use pipelines::tables::split::Split;
use rayon::prelude::*;

use crate::draw::{self, Draw};
use crate::transform::Transformer;

/// The images that shards are made from.
#[derive(Clone, Debug)]
pub struct Originals {
    images: Images,
    /// Rows of `images` that are trained on, in ascending order.
    rows: Vec<u32>,
}

impl Originals {
    /// The training rows of `images`.
    pub fn of(images: Images) -> Self {
        let rows = images.splits.iter().zip(0..);
        let training = rows.filter(|(split, _)| **split == Split::Train);
        Self {
            rows: training.map(|(_, row)| row).collect(),
            images,
        }
    }

    /// All images, those that are not trained on among them.
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// Number of rows that are trained on.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows of each row group of a shard; one empty group where there are none.
    pub fn groups(&self) -> Vec<&[u32]> {
        let group_rows = group_rows(self.images.info.shape.len());
        match self.rows.is_empty() {
            true => vec![&[]],
            false => self.rows.chunks(group_rows).collect(),
        }
    }
}

/// The columns of a shard behind those of every table of images: what `policy` draws, and the number
/// of the copy.
pub fn extra_fields(policy: &Policy) -> Vec<FieldRef> {
    let drawn = draw::columns(policy, &[]).into_iter();
    let mut fields: Vec<_> = drawn.map(|(field, _)| field).collect();
    fields.push(Arc::new(Field::new("copy", DataType::UInt32, false)));
    fields
}

/// `rows` of `originals`, a row group of the shard with number `copy`. Pages are made on rayon's
/// current threads, each page by one of them from its own images: the bytes do not depend on their
/// number.
///
/// # Errors
/// None in practice.
pub fn encode_group(
    policy: &Policy,
    copy: u32,
    originals: &Originals,
    rows: &[u32],
) -> Result<EncodedRows> {
    let images = &originals.images;
    let shape = images.info.shape;
    let image_bytes = shape.len();
    let ids: Vec<u32> = rows.iter().map(|&row| images.ids[row as usize]).collect();
    let page_rows = page_rows(image_bytes);
    let tools = || (PageEncoder::new(image_bytes), Transformer::new(shape));
    let pages = rows
        .par_chunks(page_rows)
        .zip(ids.par_chunks(page_rows))
        .map_init(tools, |(encoder, transformer), (rows, ids)| {
            let encoder = encoder.as_mut().map_err(|error| anyhow!("{error:#}"))?;
            let draws: Vec<Draw> = Draw::of_images(policy, copy, shape, ids).collect();
            let page = encoder.encode(rows.len(), |page| {
                let transformed = page.chunks_exact_mut(image_bytes);
                for ((draw, &row), transformed) in draws.iter().zip(rows).zip(transformed) {
                    transformer.apply(draw, images.image(row as usize), transformed);
                }
            })?;
            Ok((draws, page))
        })
        .collect::<Result<Vec<_>>>()?;
    let (draws, pages): (Vec<_>, Vec<_>) = pages.into_iter().unzip();
    let drawn = draw::columns(policy, &draws.concat()).into_iter();
    let mut extra: Vec<ArrayRef> = drawn.map(|(_, column)| column).collect();
    extra.push(Arc::new(UInt32Array::from(vec![copy; rows.len()])));
    Ok(EncodedRows {
        splits: vec![Split::Train; rows.len()],
        labels: rows
            .iter()
            .map(|&row| images.labels[row as usize])
            .collect(),
        ids,
        pages,
        extra,
    })
}
