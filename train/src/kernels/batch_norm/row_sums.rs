//! Sums over the rows of each channel.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::ROWS;
use crate::kernels::{
    lanes::{full_or_part, load, store},
    scratch::with_scratch,
    simd::arch,
};

/// What is summed for each channel.
#[derive(Clone, Copy)]
pub(super) enum Term<'a> {
    /// x - pivot, and its square.
    Squares { pivot: &'a [f32] },
    /// dy, and dy * (x - mean).
    Products { mean: &'a [f32] },
}

/// Two sums for each channel of each group of [`ROWS`] rows, (groups, 2, channels).
pub(super) fn sum_rows(channels: usize, x: &[f32], dy: &[f32], term: Term<'_>) -> Vec<f64> {
    assert_eq!(x.len(), dy.len());
    let groups = x.len().div_ceil(ROWS * channels);
    let mut sums = vec![0.0; groups * 2 * channels];
    sums.par_chunks_mut(2 * channels)
        .zip(x.par_chunks(ROWS * channels))
        .zip(dy.par_chunks(ROWS * channels))
        .for_each(|((sums, x), dy)| sum_group(channels, x, dy, term, sums));
    sums
}

/// The two sums for each channel of one group of rows, (2, channels).
pub(super) fn sum_group(channels: usize, x: &[f32], dy: &[f32], term: Term<'_>, sums: &mut [f64]) {
    assert_eq!(x.len(), dy.len());
    assert_eq!(sums.len(), 2 * channels);
    with_scratch(2 * channels, |scratch| {
        arch().dispatch(SumRows {
            channels,
            x,
            dy,
            term,
            sums: scratch,
        });
        for (sum, &value) in sums.iter_mut().zip(&*scratch) {
            *sum = f64::from(value);
        }
    });
}

struct SumRows<'a> {
    channels: usize,
    x: &'a [f32],
    dy: &'a [f32],
    term: Term<'a>,
    /// (2, channels)
    sums: &'a mut [f32],
}

impl WithSimd for SumRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.channels;
        for channel in (0..channels).step_by(S::F32_LANES) {
            let count = (channels - channel).min(S::F32_LANES);
            full_or_part!(simd: S, count => {
                let part = |values: &[f32], at: usize| {
                    let values = &values[at..at + count];
                    // SAFETY: `count` values.
                    unsafe { load(simd, values.as_ptr(), count) }
                };
                let mut sums = [simd.splat_f32s(0.0); 2];
                match self.term {
                    Term::Squares { pivot } => {
                        let pivot = part(pivot, channel);
                        for row in 0..self.x.len() / channels {
                            let x = part(self.x, row * channels + channel);
                            let x = simd.sub_f32s(x, pivot);
                            sums[0] = simd.add_f32s(sums[0], x);
                            sums[1] = simd.mul_add_e_f32s(x, x, sums[1]);
                        }
                    }
                    Term::Products { mean } => {
                        let mean = part(mean, channel);
                        for row in 0..self.x.len() / channels {
                            let x = part(self.x, row * channels + channel);
                            let dy = part(self.dy, row * channels + channel);
                            sums[0] = simd.add_f32s(sums[0], dy);
                            sums[1] = simd.mul_add_e_f32s(dy, simd.sub_f32s(x, mean), sums[1]);
                        }
                    }
                }
                for (which, sum) in sums.into_iter().enumerate() {
                    let at = which * channels + channel;
                    let target = &mut self.sums[at..at + count];
                    // SAFETY: room for `count` values.
                    unsafe { store(simd, target.as_mut_ptr(), count, sum) };
                }
            });
        }
    }
}
