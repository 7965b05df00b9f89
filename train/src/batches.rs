//! Training rows in a new order each epoch, cut into batches.

use pipelines::random::Streams;
use pipelines::tables::images::{IMAGE_BYTES, Images};
use pulp::Arch;
use rand::seq::SliceRandom;

/// A batch as it enters a network.
#[derive(Debug, Default)]
pub struct Batch {
    /// (N, 28, 28, 1), each pixel divided by the spec's divisor.
    pub x: Vec<f32>,
    /// (N), 0..10.
    pub labels: Vec<u8>,
}

/// The order of `epoch` (counted from 0): a permutation of `rows` that depends on seed and epoch
/// alone.
pub fn shuffled(mut rows: Vec<u32>, seed: u64, epoch: u32) -> Vec<u32> {
    let mut generator = Streams::new(seed, "shuffle", u64::from(epoch)).id(0);
    rows.shuffle(&mut generator);
    rows
}

/// The images of `rows`.
pub fn gather(images: &Images, rows: &[u32], pixel_divisor: f32) -> Batch {
    let mut x = vec![0.0; rows.len() * IMAGE_BYTES];
    Arch::new().dispatch(|| {
        for (x, &row) in x.chunks_exact_mut(IMAGE_BYTES).zip(rows) {
            for (x, pixel) in x.iter_mut().zip(images.image(row as usize)) {
                *x = f32::from(*pixel) / pixel_divisor;
            }
        }
    });
    Batch {
        x,
        labels: rows
            .iter()
            .map(|&row| images.labels[row as usize])
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use pipelines::tables::images::Split;

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
        let images = Images {
            ids: vec![0, 1, 2],
            splits: vec![Split::Train; 3],
            labels: vec![4, 5, 6],
            pixels: (0..3 * IMAGE_BYTES).map(|at| (at % 251) as u8).collect(),
            extra: Vec::new(),
        };
        let batch = gather(&images, &[2, 0], 255.0);
        assert_eq!(batch.labels, [6, 4]);
        let expected = [2, 0].map(|row| images.image(row)).concat();
        let expected: Vec<f32> = expected.iter().map(|p| f32::from(*p) / 255.0).collect();
        assert_eq!(batch.x, expected);
    }
}
