//! The end of a residual block: y = relu(x * scale + shift + shortcut), for maps of (rows, channels).

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::activated::{Factors, block, block_mut, put_rest, rest};
use super::row_sums::{Term, sum_group};
use super::{Affine, BatchStatistics, ROWS, set_parameter_gradients};
use crate::kernels::{lanes::LANES, simd::arch};

/// Writes y for the normalisation `affine` of x.
pub fn forward(affine: &Affine, x: &[f32], shortcut: &[f32], y: &mut [f32]) {
    assert_eq!([x.len(), shortcut.len()], [y.len(); 2]);
    let factors = Factors::new(affine, &[]);
    let task_len = factors.task_len();
    y.par_chunks_mut(task_len)
        .zip(x.par_chunks(task_len))
        .zip(shortcut.par_chunks(task_len))
        .for_each(|((y, x), shortcut)| {
            arch().dispatch(Rows {
                factors: &factors,
                x,
                shortcut,
                y,
            });
        });
}

struct Rows<'a> {
    factors: &'a Factors,
    x: &'a [f32],
    shortcut: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let factors = self.factors;
        let len = factors.len();
        let sum = |index, x: &[f32; LANES], shortcut: &[f32; LANES]| {
            let mut values = factors.before(index, x);
            for (value, shortcut) in values.iter_mut().zip(shortcut) {
                let sum = *value + shortcut;
                *value = if sum < 0.0 { 0.0 } else { sum };
            }
            values
        };
        let read = self.x.chunks(len).zip(self.shortcut.chunks(len));
        for (y, (x, shortcut)) in self.y.chunks_mut(len).zip(read) {
            let whole = x.len() / LANES;
            for index in 0..whole {
                *block_mut(y, index) = sum(index, block(x, index), block(shortcut, index));
            }
            if whole * LANES < x.len() {
                put_rest(sum(whole, &rest(x), &rest(shortcut)), y);
            }
        }
    }
}

/// The way back through a normalisation by the batch's own `statistics`: turns `dy` into the gradient of the
/// sum, which is that of the normalised values and of the shortcut, and writes the gradients of gamma and
/// beta. `y` is what [`forward`] wrote.
pub fn backward(
    statistics: &BatchStatistics,
    epsilon: f32,
    x: &[f32],
    y: &[f32],
    dy: &mut [f32],
    dgamma: &mut [f32],
    dbeta: &mut [f32],
) {
    assert_eq!([x.len(), y.len()], [dy.len(); 2]);
    let channels = dgamma.len();
    let mean = &statistics.mean;
    let task_len = ROWS * channels;
    let mut sums = vec![0.0; x.len().div_ceil(task_len) * 2 * channels];
    dy.par_chunks_mut(task_len)
        .zip(x.par_chunks(task_len))
        .zip(y.par_chunks(task_len))
        .zip(sums.par_chunks_mut(2 * channels))
        .for_each(|(((dy, x), y), sums)| {
            arch().dispatch(|| {
                for (dy, y) in dy.iter_mut().zip(y) {
                    *dy *= if *y > 0.0 { 1.0 } else { 0.0 };
                }
            });
            sum_group(channels, x, dy, Term::Products { mean }, sums);
        });
    set_parameter_gradients(statistics, epsilon, &sums, dgamma, dbeta);
}
