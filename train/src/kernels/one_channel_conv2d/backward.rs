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

/// The gradients of [`super::forward()`]'s kernel and bias.
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
        match self.gradient {
            PooledGradient::Plain => self.sum(simd, channel, count, None),
            PooledGradient::Normalised {
                dy_factor,
                map_factor,
                constant,
            } => {
                let [dy_factor, map_factor, constant] =
                    [dy_factor, map_factor, constant].map(|values| {
                        let values = &values[channel..channel + count];
                        // SAFETY: `count` values.
                        unsafe { load(simd, values.as_ptr(), count) }
                    });
                let normalised = Normalised {
                    filter: Filter::new(simd, self.kernel, self.bias, channel, count),
                    dy_factor,
                    map_factor,
                    constant,
                };
                self.sum(simd, channel, count, Some(normalised));
            }
        }
    }

    /// Sums the gradients of `count` channels from `channel` on. It is inlined into both calls, so that
    /// `normalised` is known.
    #[inline(always)]
    fn sum<S: Simd>(
        &mut self,
        simd: S,
        channel: usize,
        count: usize,
        normalised: Option<Normalised<S>>,
    ) {
        let (channels, width) = (self.shape.channels, self.shape.input[1]);
        let [height, pooled_width] = self.shape.pooled();
        let zero = simd.splat_f32s(0.0);
        let mut sums = [zero; 10];
        let mut outputs = [[zero; 4]; WINDOWS];
        let images = self.shape.images(self.group);
        let mut position = images.start * height * pooled_width;
        for image in images {
            let x = self.x[image * self.shape.input[0] * width..].as_ptr();
            for row in 0..height {
                for first in (0..pooled_width).step_by(WINDOWS) {
                    let outputs = &mut outputs[..WINDOWS.min(pooled_width - first)];
                    for (window, outputs) in outputs.iter_mut().enumerate() {
                        let at = (position + window) * channels + channel;
                        let (dy, winner) = (&self.dy[at..at + count], &self.winner[at..at + count]);
                        // SAFETY: `count` values and bytes; the window's 4 x 4 patch lies inside the
                        // image.
                        unsafe {
                            let dy = load(simd, dy.as_ptr(), count);
                            let winner = load_bytes(simd, winner.as_ptr(), count);
                            unroll!(p < 4, {
                                let is_winner = simd.equal_u32s(winner, simd.splat_u32s(p as u32));
                                outputs[p] = simd.select_f32s(is_winner, dy, zero);
                            });
                            if let Some(normalised) = &normalised {
                                let corner = x.add(2 * row * width + 2 * (first + window));
                                *outputs = normalised.window(simd, corner, width, *outputs);
                            }
                        }
                    }
                    for (window, outputs) in outputs.iter().enumerate() {
                        unroll!(p < 4, {
                            sums[9] = simd.add_f32s(sums[9], outputs[p]);
                        });
                        // SAFETY: the window's 4 x 4 patch lies inside the image.
                        sums = unsafe {
                            let corner = x.add(2 * row * width + 2 * (first + window));
                            add_window(simd, corner, width, outputs, sums)
                        };
                    }
                    position += outputs.len();
                }
            }
            // Without a normalisation, outputs that belong to no window have no gradient.
            let Some(normalised) = &normalised else {
                continue;
            };
            for_each_unpooled(self.shape, |row, column| {
                // SAFETY: an output of the map; its 3 x 3 patch lies inside the image.
                unsafe {
                    let corner = x.add(row * width + column);
                    let value = normalised.single(simd, corner, width);
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
        for (tap, sum) in sums.into_iter().enumerate() {
            let at = tap * channels + channel;
            let target = &mut self.sums[at..at + count];
            // SAFETY: room for `count` values.
            unsafe { store(simd, target.as_mut_ptr(), count, sum) };
        }
    }
}

/// Windows whose outputs' gradients are made before any is multiplied: filters and sums together would not
/// fit into sixteen registers.
const WINDOWS: usize = 16;

/// [`PooledGradient::Normalised`] for one register of channels.
struct Normalised<S: Simd> {
    filter: Filter<S>,
    dy_factor: S::f32s,
    map_factor: S::f32s,
    constant: S::f32s,
}

impl<S: Simd> Normalised<S> {
    /// The gradients of a window's four outputs from those of their normalised values.
    ///
    /// # Safety
    /// The 4 x 4 patch at `corner` must lie in an image of `width` columns.
    #[inline(always)]
    unsafe fn window(
        &self,
        simd: S,
        corner: *const f32,
        width: usize,
        dy: [S::f32s; 4],
    ) -> [S::f32s; 4] {
        // SAFETY: as the caller promises.
        let mut outputs = unsafe { self.filter.window(simd, corner, width) };
        unroll!(p < 4, {
            outputs[p] = self.of_output(simd, outputs[p], dy[p]);
        });
        outputs
    }

    /// The gradient of an output that belongs to no window.
    ///
    /// # Safety
    /// The 3 x 3 patch at `corner` must lie in an image of `width` columns.
    #[inline(always)]
    unsafe fn single(&self, simd: S, corner: *const f32, width: usize) -> S::f32s {
        // SAFETY: as the caller promises.
        let y = unsafe { self.filter.single(simd, corner, width) };
        self.of_output(simd, y, simd.splat_f32s(0.0))
    }

    #[inline(always)]
    fn of_output(&self, simd: S, y: S::f32s, dy: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        let value = simd.mul_add_e_f32s(y, self.map_factor, self.constant);
        let value = simd.mul_add_e_f32s(dy, self.dy_factor, value);
        simd.select_f32s(simd.greater_than_f32s(y, zero), value, zero)
    }
}
