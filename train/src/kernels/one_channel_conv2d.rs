//! 3 x 3 convolution of one-channel images, with its bias, ReLU and 2 x 2 max pooling in one pass.
//!
//! With one input channel a convolution is bound by memory, not by arithmetic: its map is the
//! largest of a network. Here a 4 x 4 patch of the image makes the four outputs of a pooling
//! window in registers, and only the chosen value and two bits of place are written.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    NO_WINNER,
    lanes::{LANES, full_or_part, load, load_bytes, sign_flip, store, store_bytes},
    scratch::with_scratch,
    shared_slice::SharedSlice,
    unroll::unroll,
};

/// The shapes of the convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneChannelShape {
    /// Images.
    pub batch: usize,
    /// (height, width) of an image, at least 4 x 4.
    pub input: [usize; 2],
    /// Channels of the result.
    pub channels: usize,
}

/// Images of a task; sums over the batch are taken group by group.
const GROUP: usize = 4;

impl OneChannelShape {
    /// Values of the input.
    pub fn input_len(&self) -> usize {
        self.batch * self.input[0] * self.input[1]
    }

    /// Values of the pooled result, (N, pooled height, pooled width, channels).
    pub fn pooled_len(&self) -> usize {
        self.batch * self.pooled()[0] * self.pooled()[1] * self.channels
    }

    /// Groups of images, for [`Forward::sums`].
    pub fn groups(&self) -> usize {
        self.batch.div_ceil(GROUP)
    }

    /// (height, width) of the convolution's map.
    pub fn map(&self) -> [usize; 2] {
        self.input.map(|size| size - 2)
    }

    /// (height, width) of the pooled map.
    pub fn pooled(&self) -> [usize; 2] {
        self.map().map(|size| size / 2)
    }

    fn images(&self, group: usize) -> std::ops::Range<usize> {
        group * GROUP..self.batch.min((group + 1) * GROUP)
    }

    fn check(&self, x: &[f32], kernel: &[f32], bias: &[f32]) {
        assert!(self.input[0] >= 4 && self.input[1] >= 4);
        assert_eq!(x.len(), self.input_len());
        assert_eq!(kernel.len(), 9 * self.channels);
        assert_eq!(bias.len(), self.channels);
    }
}

/// What a forward pass writes.
#[derive(Debug)]
pub struct Forward<'a> {
    /// The chosen values, (N, pooled height, pooled width, channels).
    pub values: &'a mut [f32],
    /// The place of each in its window, row-major, or [`NO_WINNER`].
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
            Arch::new().dispatch(ForwardTask {
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
                    unroll!(P < 3, {
                        let value = flip(outputs[P + 1]);
                        let is_better = simd.greater_than_f32s(value, best);
                        best = simd.select_f32s(is_better, value, best);
                        winner = simd.select_u32s(is_better, simd.splat_u32s(P as u32 + 1), winner);
                    });
                    let is_positive = simd.greater_than_f32s(flip(best), simd.splat_f32s(0.0));
                    let none = simd.splat_u32s(NO_WINNER.into());
                    winner = simd.select_u32s(is_positive, winner, none);
                    if self.sums.is_some() {
                        unroll!(P < 4, {
                            sum = simd.add_f32s(sum, outputs[P]);
                            squares = simd.mul_add_e_f32s(outputs[P], outputs[P], squares);
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

/// The gradients of [`forward`]'s kernel and bias.
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
                Arch::new().dispatch(BackwardTask {
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
                            unroll!(P < 4, {
                                let is_winner = simd.equal_u32s(winner, simd.splat_u32s(P as u32));
                                outputs[P] = simd.select_f32s(is_winner, dy, zero);
                            });
                            unroll!(P < 4, {
                                sums[9] = simd.add_f32s(sums[9], outputs[P]);
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
                            unroll!(P < 4, {
                                let is_winner = simd.equal_u32s(winner, simd.splat_u32s(P as u32));
                                let dy = simd.select_f32s(is_winner, dy, zero);
                                outputs[P] = of_output(outputs[P], dy);
                                sums[9] = simd.add_f32s(sums[9], outputs[P]);
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
                            unroll!(I < 3, {
                                unroll!(J < 3, {
                                    let x = simd.splat_f32s(*corner.add(I * width + J));
                                    let sum = &mut sums[I * 3 + J];
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

/// One register of channels of the filters.
struct Filter<S: Simd> {
    taps: [S::f32s; 9],
    bias: S::f32s,
}

impl<S: Simd> Filter<S> {
    #[inline(always)]
    fn new(simd: S, kernel: &[f32], bias: &[f32], channel: usize, count: usize) -> Self {
        let part = |values: &[f32], at: usize| {
            let values = &values[at..at + count];
            // SAFETY: `count` values.
            unsafe { load(simd, values.as_ptr(), count) }
        };
        let mut taps = [simd.splat_f32s(0.0); 9];
        for (tap, register) in taps.iter_mut().enumerate() {
            *register = part(kernel, tap * bias.len() + channel);
        }
        Self {
            taps,
            bias: part(bias, channel),
        }
    }

    /// The four outputs of a pooling window after the ReLU, row-major, from the 4 x 4 patch at
    /// `corner`.
    ///
    /// # Safety
    /// The patch must lie in an image of `width` columns.
    #[inline(always)]
    unsafe fn window(&self, simd: S, corner: *const f32, width: usize) -> [S::f32s; 4] {
        let mut outputs = [self.bias; 4];
        unroll!(I < 4, {
            unroll!(J < 4, {
                // SAFETY: as the caller promises.
                let x = simd.splat_f32s(unsafe { *corner.add(I * width + J) });
                unroll!(P < 4, {
                    if I >= P / 2 && I < P / 2 + 3 && J >= P % 2 && J < P % 2 + 3 {
                        let tap = self.taps[(I - P / 2) * 3 + J - P % 2];
                        outputs[P] = simd.mul_add_e_f32s(x, tap, outputs[P]);
                    }
                });
            });
        });
        let zero = simd.splat_f32s(0.0);
        // In this order, x86's maximum keeps what is not a number.
        outputs.map(|output| simd.max_f32s(zero, output))
    }

    /// One output after the ReLU, from the 3 x 3 patch at `corner`.
    ///
    /// # Safety
    /// The patch must lie in an image of `width` columns.
    #[inline(always)]
    unsafe fn single(&self, simd: S, corner: *const f32, width: usize) -> S::f32s {
        let mut output = self.bias;
        unroll!(I < 3, {
            unroll!(J < 3, {
                // SAFETY: as the caller promises.
                let x = simd.splat_f32s(unsafe { *corner.add(I * width + J) });
                output = simd.mul_add_e_f32s(x, self.taps[I * 3 + J], output);
            });
        });
        simd.max_f32s(simd.splat_f32s(0.0), output)
    }
}

/// Adds the products of a pooling window's output gradients with its 4 x 4 patch to the sums of
/// the nine taps.
///
/// # Safety
/// The patch must lie in an image of `width` columns.
#[inline(always)]
unsafe fn add_window<S: Simd>(
    simd: S,
    corner: *const f32,
    width: usize,
    outputs: &[S::f32s; 4],
    mut sums: [S::f32s; 10],
) -> [S::f32s; 10] {
    unroll!(I < 4, {
        unroll!(J < 4, {
            // SAFETY: as the caller promises.
            let x = simd.splat_f32s(unsafe { *corner.add(I * width + J) });
            unroll!(P < 4, {
                if I >= P / 2 && I < P / 2 + 3 && J >= P % 2 && J < P % 2 + 3 {
                    let tap = (I - P / 2) * 3 + J - P % 2;
                    sums[tap] = simd.mul_add_e_f32s(x, outputs[P], sums[tap]);
                }
            });
        });
    });
    sums
}

/// Outputs in the last row or column of an odd map, which belong to no window.
#[inline(always)]
fn for_each_unpooled(shape: &OneChannelShape, mut visit: impl FnMut(usize, usize)) {
    let ([height, width], pooled) = (shape.map(), shape.pooled());
    for row in 0..height {
        for column in 0..width {
            if row >= 2 * pooled[0] || column >= 2 * pooled[1] {
                visit(row, column);
            }
        }
    }
}
