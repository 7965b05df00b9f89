// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    OneChannelShape,
    filter::{Filter, add_window},
    for_each_unpooled,
};
use crate::kernels::{
    lanes::{full_or_part, load, load_bytes, store},
    scratch::with_scratch,
    simd::arch,
    unroll::unroll,
};

/// What the pooled values' gradient means for the convolution's outputs.
#[derive(Clone, Copy, Debug)]
pub enum PooledGradient<'a> {
    /// Each goes to its winner.
    Plain,
    /// A batch normalisation lies between: where an output y is positive, its gradient is dy *
    /// `dy_factor` + y * `map_factor` + `constant`, with dy at winners and 0 elsewhere.
    Normalised {
        /// One for each channel.
        dy_factor: &'a [f32],
        /// One for each channel.
        map_factor: &'a [f32],
        /// One for each channel.
        constant: &'a [f32],
    },
}

/// What a backward pass reads and writes.
#[derive(Debug)]
pub struct Backward<'a> {
    /// The images, (N, H, W).
    pub x: &'a [f32],
    /// (3, 3, channels)
    pub kernel: &'a [f32],
    /// (channels)
    pub bias: &'a [f32],
    /// The gradient of the pooled values.
    pub dy: &'a [f32],
    /// Where they came from.
    pub winner: &'a [u8],
    /// What lies between.
    pub gradient: PooledGradient<'a>,
    /// The kernel's gradient; written.
    pub dkernel: &'a mut [f32],
    /// The bias's gradient; written.
    pub dbias: &'a mut [f32],
}

/// The gradients of [`super::forward`]'s kernel and bias.
pub fn backward(shape: &OneChannelShape, backward: Backward<'_>) {
    let Backward {
        x,
        kernel,
        bias,
        dy,
        winner,
        gradient,
        dkernel,
        dbias,
    } = backward;
    shape.check(x, kernel, bias);
    assert_eq!([dy.len(), winner.len()], [shape.pooled_len(); 2]);
    assert_eq!([dkernel.len(), dbias.len()], [kernel.len(), bias.len()]);
    match gradient {
        PooledGradient::Plain => {}
        PooledGradient::Normalised {
            dy_factor,
            map_factor,
            constant,
        } => assert_eq!(
            [dy_factor.len(), map_factor.len(), constant.len()],
            [shape.channels; 3]
        ),
    }
    let sums_len = 10 * shape.channels;
    with_scratch(shape.groups() * sums_len, |sums| {
        sums.par_chunks_mut(sums_len)
            .enumerate()
            .for_each(|(group, sums)| {
                arch().dispatch(BackwardTask {
                    shape,
                    group,
                    x,
                    kernel,
                    bias,
                    dy,
                    winner,
                    gradient,
                    sums,
                });
            });
        for (place, target) in dkernel.iter_mut().chain(dbias).enumerate() {
            let sums = sums.iter().skip(place).step_by(sums_len);
            *target = sums.map(|&sum| f64::from(sum)).sum::<f64>() as f32;
        }
    });
}

struct BackwardTask<'a> {
    shape: &'a OneChannelShape,
    group: usize,
    x: &'a [f32],
    kernel: &'a [f32],
    bias: &'a [f32],
    dy: &'a [f32],
    winner: &'a [u8],
    gradient: PooledGradient<'a>,
    /// The group's gradients: (9, channels) of the kernel, (channels) of the bias.
    sums: &'a mut [f32],
}

impl WithSimd for BackwardTask<'_> {
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

impl BackwardTask<'_> {
    #[inline(always)]
    fn chunk<S: Simd>(&mut self, simd: S, channel: usize, count: usize) {
        let (channels, width) = (self.shape.channels, self.shape.input[1]);
        let [height, pooled_width] = self.shape.pooled();
        let zero = simd.splat_f32s(0.0);
        let mut sums = [zero; 10];
        let part = |values: &[f32], at: usize| {
            let values = &values[at..at + count];
            // SAFETY: `count` values.
            unsafe { load(simd, values.as_ptr(), count) }
        };
        let images = self.shape.images(self.group);
        let mut position = images.start * height * pooled_width;
        match self.gradient {
            PooledGradient::Plain => {
                for image in images {
                    let x = self.x[image * self.shape.input[0] * width..].as_ptr();
                    for window in 0..height * pooled_width {
                        let at = position * channels + channel;
                        let dy = part(self.dy, at);
                        let corner =
                            2 * (window / pooled_width) * width + 2 * (window % pooled_width);
                        let winner = &self.winner[at..at + count];
                        // SAFETY: `count` bytes; the window's 4 x 4 patch lies inside the image.
                        unsafe {
                            let winner = load_bytes(simd, winner.as_ptr(), count);
                            let mut outputs = [zero; 4];
                            unroll!(p < 4, {
                                let is_winner = simd.equal_u32s(winner, simd.splat_u32s(p as u32));
                                outputs[p] = simd.select_f32s(is_winner, dy, zero);
                            });
                            unroll!(p < 4, {
                                sums[9] = simd.add_f32s(sums[9], outputs[p]);
                            });
                            sums = add_window(simd, x.add(corner), width, &outputs, sums);
                        }
                        position += 1;
                    }
                }
            }
            PooledGradient::Normalised {
                dy_factor,
                map_factor,
                constant,
            } => {
                let filter = Filter::new(simd, self.kernel, self.bias, channel, count);
                let [dy_factor, map_factor, constant] =
                    [dy_factor, map_factor, constant].map(|values| part(values, channel));
                let of_output = |y: S::f32s, dy: S::f32s| {
                    let value = simd.mul_add_e_f32s(y, map_factor, constant);
                    let value = simd.mul_add_e_f32s(dy, dy_factor, value);
                    simd.select_f32s(simd.greater_than_f32s(y, zero), value, zero)
                };
                for image in images {
                    let x = self.x[image * self.shape.input[0] * width..].as_ptr();
                    for window in 0..height * pooled_width {
                        let at = position * channels + channel;
                        let dy = part(self.dy, at);
                        let corner =
                            2 * (window / pooled_width) * width + 2 * (window % pooled_width);
                        let winner = &self.winner[at..at + count];
                        // SAFETY: `count` bytes; the window's 4 x 4 patch lies inside the image.
                        unsafe {
                            let winner = load_bytes(simd, winner.as_ptr(), count);
                            let mut outputs = filter.window(simd, x.add(corner), width);
                            unroll!(p < 4, {
                                let is_winner = simd.equal_u32s(winner, simd.splat_u32s(p as u32));
                                let dy = simd.select_f32s(is_winner, dy, zero);
                                outputs[p] = of_output(outputs[p], dy);
                                sums[9] = simd.add_f32s(sums[9], outputs[p]);
                            });
                            sums = add_window(simd, x.add(corner), width, &outputs, sums);
                        }
                        position += 1;
                    }
                    for_each_unpooled(self.shape, |row, column| {
                        // SAFETY: an output of the map; its 3 x 3 patch lies inside the image.
                        unsafe {
                            let corner = x.add(row * width + column);
                            let y = filter.single(simd, corner, width);
                            let value = of_output(y, zero);
                            unroll!(i < 3, {
                                unroll!(j < 3, {
                                    let x = simd.splat_f32s(*corner.add(i * width + j));
                                    let sum = &mut sums[i * 3 + j];
                                    *sum = simd.mul_add_e_f32s(x, value, *sum);
                                });
                            });
                            sums[9] = simd.add_f32s(sums[9], value);
                        }
                    });
                }
            }
        }
        for (tap, sum) in sums.into_iter().enumerate() {
            let at = tap * channels + channel;
            let target = &mut self.sums[at..at + count];
            // SAFETY: room for `count` values.
            unsafe { store(simd, target.as_mut_ptr(), count, sum) };
        }
    }
}
