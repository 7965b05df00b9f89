// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{GROUP, OneChannelShape, filter::Filter, for_each_unpooled};
use crate::kernels::{
    NO_WINNER,
    lanes::{LANES, full_or_part, sign_flip, store, store_bytes},
    shared_slice::SharedSlice,
    simd::arch,
    unroll::unroll,
};

/// What a forward pass writes.
#[derive(Debug)]
pub struct Forward<'a> {
    /// The chosen values, (N, pooled height, pooled width, channels).
    pub values: &'a mut [f32],
    /// The position of each in its window, row-major, or [`NO_WINNER`].
    pub winner: &'a mut [u8],
    /// Where a channel's slope is negative, the smallest value of a window is chosen: the largest
    /// after a product with that slope. Without slopes, the largest.
    pub slope: Option<&'a [f32]>,
    /// Two sums for each group and channel, (groups, 2, channels): of all outputs of the
    /// convolution and of their squares.
    pub sums: Option<&'a mut [f64]>,
}

/// max(0, x * kernel + bias), pooled. x (N, H, W), kernel (3, 3, channels), bias (channels).
pub fn forward(
    shape: &OneChannelShape,
    x: &[f32],
    kernel: &[f32],
    bias: &[f32],
    forward: Forward<'_>,
) {
    shape.check(x, kernel, bias);
    let Forward {
        values,
        winner,
        slope,
        sums,
    } = forward;
    assert_eq!([values.len(), winner.len()], [shape.pooled_len(); 2]);
    assert!(slope.is_none_or(|slope| slope.len() == shape.channels));
    let image = shape.pooled()[0] * shape.pooled()[1] * shape.channels;
    let sums_len = 2 * shape.channels;
    let sums = sums.map(|sums| {
        assert_eq!(sums.len(), shape.groups() * sums_len);
        sums.fill(0.0);
        SharedSlice::new(sums)
    });
    values
        .par_chunks_mut(GROUP * image)
        .zip(winner.par_chunks_mut(GROUP * image))
        .enumerate()
        .for_each(|(group, (values, winner))| {
            // SAFETY: each group has its own part.
            let sums = sums.map(|sums| unsafe { sums.part(group * sums_len, sums_len) });
            arch().dispatch(ForwardTask {
                shape,
                group,
                x,
                kernel,
                bias,
                slope,
                values,
                winner,
                sums,
            });
        });
}

struct ForwardTask<'a> {
    shape: &'a OneChannelShape,
    group: usize,
    x: &'a [f32],
    kernel: &'a [f32],
    bias: &'a [f32],
    slope: Option<&'a [f32]>,
    values: &'a mut [f32],
    winner: &'a mut [u8],
    sums: Option<&'a mut [f64]>,
}

impl WithSimd for ForwardTask<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let channels = self.shape.channels;
        for channel in (0..channels).step_by(S::F32_LANES) {
            let count = (channels - channel).min(S::F32_LANES);
            full_or_part!(simd: S, count => self.chunk(simd, channel, count));
        }
    }
}

impl ForwardTask<'_> {
    #[inline(always)]
    fn chunk<S: Simd>(&mut self, simd: S, channel: usize, count: usize) {
        let (channels, width) = (self.shape.channels, self.shape.input[1]);
        let pooled = self.shape.pooled();
        let filter = Filter::new(simd, self.kernel, self.bias, channel, count);
        let flip = sign_flip(simd, self.slope, channel, count);
        let (mut sum, mut squares) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
        let mut position = 0;
        for image in self.shape.images(self.group) {
            let x = self.x[image * self.shape.input[0] * width..].as_ptr();
            for row in 0..pooled[0] {
                for column in 0..pooled[1] {
                    // SAFETY: the window's 4 x 4 patch lies inside the image.
                    let outputs =
                        unsafe { filter.window(simd, x.add(2 * row * width + 2 * column), width) };
                    let mut best = flip(outputs[0]);
                    let mut winner = simd.splat_u32s(0);
                    unroll!(p < 3, {
                        let value = flip(outputs[p + 1]);
                        let is_better = simd.greater_than_f32s(value, best);
                        best = simd.select_f32s(is_better, value, best);
                        winner = simd.select_u32s(is_better, simd.splat_u32s(p as u32 + 1), winner);
                    });
                    let is_positive = simd.greater_than_f32s(flip(best), simd.splat_f32s(0.0));
                    let none = simd.splat_u32s(NO_WINNER.into());
                    winner = simd.select_u32s(is_positive, winner, none);
                    if self.sums.is_some() {
                        unroll!(p < 4, {
                            sum = simd.add_f32s(sum, outputs[p]);
                            squares = simd.mul_add_e_f32s(outputs[p], outputs[p], squares);
                        });
                    }
                    let at = position * channels + channel;
                    let values = &mut self.values[at..at + count];
                    let winners = &mut self.winner[at..at + count];
                    // SAFETY: both have room for `count` values.
                    unsafe {
                        store(simd, values.as_mut_ptr(), count, flip(best));
                        store_bytes(simd, winners.as_mut_ptr(), count, winner);
                    }
                    position += 1;
                }
            }
            if self.sums.is_some() {
                for_each_unpooled(self.shape, |row, column| {
                    // SAFETY: an output of the map; its 3 x 3 patch lies inside the image.
                    let value = unsafe { filter.single(simd, x.add(row * width + column), width) };
                    sum = simd.add_f32s(sum, value);
                    squares = simd.mul_add_e_f32s(value, value, squares);
                });
            }
        }
        if let Some(sums) = &mut self.sums {
            for (which, register) in [sum, squares].into_iter().enumerate() {
                let mut values = [0.0f32; LANES];
                // SAFETY: `values` is as long as a register.
                unsafe { store(simd, values.as_mut_ptr(), S::F32_LANES, register) };
                let at = which * channels + channel;
                for (sum, value) in sums[at..at + count].iter_mut().zip(values) {
                    *sum = f64::from(value);
                }
            }
        }
    }
}
