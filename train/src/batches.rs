//! Training rows in a new order each epoch, cut into batches.

use pipelines::random::Streams;
use pipelines::tables::images::Images;
use pulp::{Simd, WithSimd};
use rand::seq::SliceRandom;

use crate::kernels::simd::arch;
use crate::normalization::Normalization;

/// A batch as it enters a network.
#[derive(Debug, Default)]
pub struct Batch {
    /// (N, H, W, C), normalised.
    pub pixels: Vec<f32>,
    /// (N), class of each image.
    pub labels: Vec<u16>,
}

/// The order of `epoch` (counted from 0): a permutation of `rows` that depends on seed and epoch
/// alone.
pub fn shuffled(mut rows: Vec<u32>, seed: u64, epoch: u32) -> Vec<u32> {
    let mut generator = Streams::new(seed, "shuffle", u64::from(epoch)).id(0);
    rows.shuffle(&mut generator);
    rows
}

/// The images of `rows`.
pub fn gather(images: &Images, rows: &[u32], normalization: &Normalization) -> Batch {
    let mut pixels = vec![0.0; rows.len() * images.info.shape.len()];
    arch().dispatch(Gather {
        images,
        rows,
        normalization,
        pixels: &mut pixels,
    });
    Batch {
        pixels,
        labels: rows
            .iter()
            .map(|&row| images.labels[row as usize])
            .collect(),
    }
}

/// The pixels of `rows`, normalised.
struct Gather<'a> {
    images: &'a Images,
    rows: &'a [u32],
    normalization: &'a Normalization,
    pixels: &'a mut [f32],
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let image_len = self.images.info.shape.len();
        for (pixels, &row) in self.pixels.chunks_exact_mut(image_len).zip(self.rows) {
            let image = self.images.image(row as usize);
            self.normalization.apply(image, pixels);
        }
    }
}

#[cfg(test)]
mod tests {
    use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
    use pipelines::tables::split::Split;

    use super::*;

    #[test]
    fn an_epoch_has_every_row_once_in_an_order_of_its_own() {
        let rows: Vec<u32> = (10..1610).collect();
        let first = shuffled(rows.clone(), 0, 0);
        assert_ne!(first, rows);
        assert_eq!(first, shuffled(rows.clone(), 0, 0));
        assert_ne!(first, shuffled(rows.clone(), 0, 1));
        assert_ne!(first, shuffled(rows.clone(), 1, 0));
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, rows);
    }

    #[test]
    fn a_batch_has_the_pixels_and_labels_of_its_rows() {
        let shape = ImageShape::new(5, 3, 2);
        let images = Images {
            info: DatasetInfo {
                shape,
                class_names: ('a'..'h').map(String::from).collect(),
            },
            ids: vec![0, 1, 2],
            splits: vec![Split::Train; 3],
            labels: vec![4, 5, 6],
            pixels: (0..3 * shape.len()).map(|at| (at * 7) as u8).collect(),
            extra: Vec::new(),
        };
        let batch = gather(&images, &[2, 0], &Normalization::divisor(255.0, 2));
        assert_eq!(batch.labels, [6, 4]);
        let expected = [2, 0].map(|row| images.image(row)).concat();
        let expected: Vec<f32> = expected.iter().map(|p| f32::from(*p) / 255.0).collect();
        assert_eq!(batch.pixels, expected);
    }
}
