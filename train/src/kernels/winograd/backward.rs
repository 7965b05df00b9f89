//! D = A dY Aᵀ, and from it the gradients of input, filters and bias.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    Winograd,
    forward::InputTiles,
    pad,
    tile::{FactorsToInput, OutputToProducts, Tile, transform},
    with_tile,
};
use crate::kernels::{
    gemm::{Gemm, Left, Segments, Start},
    lanes::{LANES, from_line, full_or_part, load, load_bytes, store},
    scratch::with_scratch,
    shared_slice::SharedSlice,
};

/// The gradient of what a forward pass gave, from which that of the convolution's own results is
/// made while it is transformed.
#[derive(Clone, Copy, Debug)]
pub enum OutputGradient<'a> {
    /// Of all wanted outputs, (N, wanted height, wanted width, out).
    Map {
        /// The gradient.
        dy: &'a [f32],
        /// The outputs, if they went through a ReLU.
        relu: Option<&'a [f32]>,
    },
    /// Of the values that 2 x 2 pooling chose.
    Pooled {
        /// The gradient.
        dy: &'a [f32],
        /// Where each value came from.
        winner: &'a [u8],
    },
    /// Of a batch normalisation of the outputs, which went through a ReLU. Where an output y is
    /// positive, its gradient is dy * `dy_factor` + y * `map_factor` + `constant`.
    Normalised {
        /// The gradient behind the normalisation.
        dy: &'a [f32],
        /// Where each value came from, if 2 x 2 pooling chose some.
        winner: Option<&'a [u8]>,
        /// The outputs, (N, wanted height, wanted width, out).
        map: &'a [f32],
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
    /// The input, (N, H, W, in).
    pub x: &'a [f32],
    /// The transposed factors of the filters; not read without `dx`.
    pub factors_transposed: &'a [f32],
    /// Where it begins.
    pub gradient: OutputGradient<'a>,
    /// The input's gradient, (N, H, W, in); written.
    pub dx: Option<&'a mut [f32]>,
    /// The kernel's gradient, (3, 3, in, out); written.
    pub dkernel: &'a mut [f32],
    /// The bias's gradient, (out); written.
    pub dbias: &'a mut [f32],
}

impl Winograd {
    /// The gradients of [`Winograd::forward`].
    pub fn backward(&self, backward: Backward<'_>) {
        let Backward {
            x,
            factors_transposed,
            gradient,
            dx,
            dkernel,
            dbias,
        } = backward;
        let shape = &self.shape;
        let (inputs, outputs) = (shape.in_channels, shape.out_channels);
        assert_eq!(x.len(), shape.input_len());
        assert!(dx.is_none() || factors_transposed.len() == self.filter_len());
        assert_eq!(dbias.len(), outputs);
        self.check(&gradient);
        let factors_transposed = from_line(factors_transposed);
        let dx = dx.map(|dx| {
            assert_eq!(dx.len(), shape.input_len());
            SharedSlice::new(dx)
        });
        let (v_len, d_len) = (self.group_len(inputs), self.group_len(outputs));
        let stage = self.stage.min(self.groups());
        let bias_len = (self.groups() * outputs).next_multiple_of(LANES);
        let lens = [self.filter_len(), bias_len, stage * v_len];
        with_scratch(lens.iter().sum::<usize>() + stage * d_len, |room| {
            let (dfactors, room) = room.split_at_mut(lens[0]);
            let (bias_sums, room) = room.split_at_mut(lens[1]);
            let (v, d) = room.split_at_mut(lens[2]);
            bias_sums.fill(0.0);
            for first in (0..self.groups()).step_by(stage) {
                let groups = first..self.groups().min(first + stage);
                let bias_sums = &mut bias_sums[first * outputs..groups.end * outputs];
                v.par_chunks_mut(v_len)
                    .zip(d.par_chunks_mut(d_len))
                    .zip(bias_sums.par_chunks_mut(outputs))
                    .enumerate()
                    .for_each(|(index, ((v, d), bias_sums))| {
                        let task = BackwardTask {
                            winograd: self,
                            group: first + index,
                            x,
                            gradient,
                            factors_transposed,
                            v,
                            d,
                            bias_sums,
                            dx,
                        };
                        with_tile!(self, run, task);
                    });
                dfactors
                    .par_chunks_mut(self.filter_plane())
                    .take(self.points())
                    .enumerate()
                    .for_each(|(point, dfactors)| {
                        self.add_filter_gradients(point, groups.clone(), v, d, dfactors);
                    });
            }
            for (channel, dbias) in dbias.iter_mut().enumerate() {
                let sums = bias_sums.iter().skip(channel).step_by(outputs);
                *dbias = sums.map(|&sum| f64::from(sum)).sum::<f64>() as f32;
            }
            self.transform_filter_gradients(dfactors, dkernel);
        });
    }

    fn check(&self, gradient: &OutputGradient<'_>) {
        let outputs = self.shape.out_channels;
        let images = self.shape.windows.batch * outputs;
        let map_len = images * self.wanted[0] * self.wanted[1];
        let pooled_len = images * (self.wanted[0] / 2) * (self.wanted[1] / 2);
        match *gradient {
            OutputGradient::Map { dy, relu } => {
                assert_eq!(dy.len(), map_len);
                assert!(relu.is_none_or(|relu| relu.len() == map_len));
            }
            OutputGradient::Pooled { dy, winner } => {
                assert_eq!([dy.len(), winner.len()], [pooled_len; 2]);
            }
            OutputGradient::Normalised {
                dy,
                winner,
                map,
                dy_factor,
                map_factor,
                constant,
            } => {
                match winner {
                    Some(winner) => assert_eq!([dy.len(), winner.len()], [pooled_len; 2]),
                    None => assert_eq!(dy.len(), map_len),
                }
                assert_eq!(map.len(), map_len);
                let lens = [dy_factor.len(), map_factor.len(), constant.len()];
                assert_eq!(lens, [outputs; 3]);
            }
        }
    }

    /// dU = Vᵀ · D at one point, summed over the tiles of `groups` in their order and, unless these
    /// are the first, added to what is there.
    fn add_filter_gradients(
        &self,
        point: usize,
        groups: std::ops::Range<usize>,
        v: &[f32],
        d: &[f32],
        dfactors: &mut [f32],
    ) {
        let (inputs, outputs) = (self.shape.in_channels, self.shape.out_channels);
        let (v_len, d_len) = (self.group_len(inputs), self.group_len(outputs));
        // The last group may have fewer images.
        let whole = (self.shape.windows.batch / self.group).clamp(groups.start, groups.end);
        let mut start = match groups.start {
            0 => Start::Zero,
            _ => Start::Accumulate,
        };
        for part in [groups.start..whole, whole..groups.end] {
            if part.is_empty() {
                continue;
            }
            let index = part.start - groups.start;
            Gemm {
                shape: (
                    inputs,
                    outputs,
                    self.images(part.start).len() * self.tiles_of_image(),
                ),
                a: Left::transposed(
                    &v[index * v_len + point * self.plane_len(inputs)..],
                    pad(inputs),
                ),
                b: &d[index * d_len + point * self.plane_len(outputs)..],
                b_stride: pad(outputs),
                c: dfactors,
                c_stride: outputs,
                segments: Segments {
                    count: part.len(),
                    a_stride: v_len,
                    b_stride: d_len,
                },
                start,
                relu: false,
            }
            .run();
            start = Start::Accumulate;
        }
    }
}

struct BackwardTask<'a> {
    winograd: &'a Winograd,
    group: usize,
    x: &'a [f32],
    gradient: OutputGradient<'a>,
    factors_transposed: &'a [f32],
    v: &'a mut [f32],
    d: &'a mut [f32],
    bias_sums: &'a mut [f32],
    dx: Option<SharedSlice<'a, f32>>,
}

impl BackwardTask<'_> {
    fn run<T: Tile<M, N>, const M: usize, const N: usize>(self) {
        let winograd = self.winograd;
        let (inputs, outputs) = (winograd.shape.in_channels, winograd.shape.out_channels);
        let arch = Arch::new();
        arch.dispatch(InputTiles::<T, M, N> {
            winograd,
            group: self.group,
            x: self.x,
            v: self.v,
            tile: PhantomData,
        });
        let area = winograd.tiles[0] * M * winograd.tiles[1] * M;
        with_scratch(area * LANES, |map| {
            arch.dispatch(GradientTiles::<T, M, N> {
                winograd,
                group: self.group,
                gradient: self.gradient,
                d: self.d,
                bias_sums: self.bias_sums,
                map,
                tile: PhantomData,
            });
        });
        let Some(dx) = self.dx else {
            return;
        };
        let rows = winograd.images(self.group).len() * winograd.tiles_of_image();
        let (p_plane, d_plane) = (winograd.plane_len(inputs), winograd.plane_len(outputs));
        with_scratch(winograd.group_len(inputs), |products| {
            for point in 0..N * N {
                Gemm {
                    shape: (rows, inputs, outputs),
                    a: Left::rows(&self.d[point * d_plane..], pad(outputs)),
                    b: &self.factors_transposed[point * winograd.filter_plane()..],
                    b_stride: inputs,
                    c: &mut products[point * p_plane..],
                    c_stride: pad(inputs),
                    segments: Segments::ONE,
                    start: Start::Zero,
                    relu: false,
                }
                .run();
            }
            let area = winograd.shape.windows.input_area();
            with_scratch(area * LANES, |map| {
                arch.dispatch(InputGradientTiles::<T, M, N> {
                    winograd,
                    group: self.group,
                    products,
                    map,
                    dx,
                    tile: PhantomData,
                });
            });
        });
    }
}

/// D of a group's tiles, and the sums of dY.
struct GradientTiles<'a, T, const M: usize, const N: usize> {
    winograd: &'a Winograd,
    group: usize,
    gradient: OutputGradient<'a>,
    d: &'a mut [f32],
    bias_sums: &'a mut [f32],
    /// Room for one register of channels of an image's map, (tiles * M, tiles * M, lanes).
    map: &'a mut [f32],
    tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for GradientTiles<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let winograd = self.winograd;
        let channels = winograd.shape.out_channels;
        let plane = winograd.plane_len(channels);
        assert!(self.d.len() >= N * N * plane);
        assert!(self.bias_sums.len() == channels);
        let map_width = winograd.tiles[1] * M;
        let map_len = winograd.tiles[0] * M * map_width * S::F32_LANES;
        // Outputs that no tile wants have no gradient.
        self.map[..map_len].fill(0.0);
        let map = self.map.as_mut_ptr();
        let d = self.d.as_mut_ptr();
        for (index, image) in winograd.images(self.group).enumerate() {
            for channel in (0..channels).step_by(S::F32_LANES) {
                let count = (channels - channel).min(S::F32_LANES);
                full_or_part!(simd: S, count => {
                    let chunk = Chunk {
                        wanted: winograd.wanted,
                        channels,
                        image,
                        channel,
                        count,
                        map,
                        map_width,
                    };
                    // SAFETY: the map holds whole tiles, which cover the wanted outputs; `check`
                    // has found the gradient's arrays to be as long as its shape says, and `count`
                    // sums lie behind the pointer.
                    unsafe {
                        let sum = chunk.fill(simd, &self.gradient);
                        let target = self.bias_sums[channel..].as_mut_ptr();
                        store(simd, target, count, simd.add_f32s(load(simd, target, count), sum));
                    }
                });
                for tile in 0..winograd.tiles_of_image() {
                    let down = tile / winograd.tiles[1] * M;
                    let right = tile % winograd.tiles[1] * M;
                    let row = index * winograd.tiles_of_image() + tile;
                    let target = row * pad(channels) + channel;
                    transform::<S, OutputToProducts<T, M, N>, N, M>(
                        simd,
                        |i, j| {
                            let place = (down + i) * map_width + right + j;
                            // SAFETY: a position of the map.
                            unsafe { map.cast::<S::f32s>().add(place).read_unaligned() }
                        },
                        |i, j, value| {
                            let place = (i * N + j) * plane + target;
                            // SAFETY: `row` is below the group's tiles and `channel` below the
                            // padded channels, so a whole register fits the plane, and all planes
                            // fit `d`.
                            unsafe { d.add(place).cast::<S::f32s>().write_unaligned(value) };
                        },
                    );
                }
            }
        }
    }
}

/// One register of channels of the gradient of an image's outputs.
struct Chunk {
    wanted: [usize; 2],
    channels: usize,
    image: usize,
    channel: usize,
    count: usize,
    map: *mut f32,
    map_width: usize,
}

impl Chunk {
    /// Writes the gradient of the wanted outputs to the map and gives its sum.
    ///
    /// # Safety
    /// The map must hold the wanted outputs, the gradient's arrays must be as long as its shape
    /// says.
    #[inline(always)]
    unsafe fn fill<S: Simd>(&self, simd: S, gradient: &OutputGradient<'_>) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        // SAFETY, here and below: as the caller promises.
        unsafe {
            match *gradient {
                OutputGradient::Map { dy, relu } => self.fill_each(simd, |row, column| {
                    let at = self.place(row, column, self.wanted);
                    let dy = load(simd, dy.as_ptr().add(at), self.count);
                    match relu {
                        None => dy,
                        Some(relu) => {
                            let y = load(simd, relu.as_ptr().add(at), self.count);
                            simd.select_f32s(simd.greater_than_f32s(y, zero), dy, zero)
                        }
                    }
                }),
                OutputGradient::Pooled { dy, winner } => {
                    self.fill_windows(simd, dy, winner, |_, _, dy| dy)
                }
                OutputGradient::Normalised {
                    dy,
                    winner,
                    map,
                    dy_factor,
                    map_factor,
                    constant,
                } => {
                    let channel =
                        |values: &[f32]| load(simd, values.as_ptr().add(self.channel), self.count);
                    let (dy_factor, map_factor) = (channel(dy_factor), channel(map_factor));
                    let constant = channel(constant);
                    let of_output = |row, column, dy| {
                        let at = self.place(row, column, self.wanted);
                        let y = load(simd, map.as_ptr().add(at), self.count);
                        let value = simd.mul_add_e_f32s(y, map_factor, constant);
                        let value = simd.mul_add_e_f32s(dy, dy_factor, value);
                        simd.select_f32s(simd.greater_than_f32s(y, zero), value, zero)
                    };
                    match winner {
                        Some(winner) => self.fill_windows(simd, dy, winner, of_output),
                        None => self.fill_each(simd, |row, column| {
                            let at = self.place(row, column, self.wanted);
                            of_output(row, column, load(simd, dy.as_ptr().add(at), self.count))
                        }),
                    }
                }
            }
        }
    }

    fn place(&self, row: usize, column: usize, [height, width]: [usize; 2]) -> usize {
        ((self.image * height + row) * width + column) * self.channels + self.channel
    }

    /// # Safety
    /// As [`Chunk::fill`].
    #[inline(always)]
    unsafe fn fill_each<S: Simd>(
        &self,
        simd: S,
        gradient_at: impl Fn(usize, usize) -> S::f32s,
    ) -> S::f32s {
        let mut sum = simd.splat_f32s(0.0);
        for row in 0..self.wanted[0] {
            for column in 0..self.wanted[1] {
                let value = gradient_at(row, column);
                sum = simd.add_f32s(sum, value);
                // SAFETY: as the caller promises.
                unsafe { self.put::<S>(row, column, value) };
            }
        }
        sum
    }

    /// The gradient of each window goes to its winner; `of_output` makes an output's from it.
    ///
    /// # Safety
    /// As [`Chunk::fill`].
    #[inline(always)]
    unsafe fn fill_windows<S: Simd>(
        &self,
        simd: S,
        dy: &[f32],
        winner: &[u8],
        of_output: impl Fn(usize, usize, S::f32s) -> S::f32s,
    ) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        let pooled = self.wanted.map(|size| size / 2);
        let mut sum = zero;
        // SAFETY: as the caller promises.
        unsafe {
            for row in 0..pooled[0] {
                for column in 0..pooled[1] {
                    let at = self.place(row, column, pooled);
                    let dy = load(simd, dy.as_ptr().add(at), self.count);
                    let winner = load_bytes(simd, winner.as_ptr().add(at), self.count);
                    for place in 0..4 {
                        let (row, column) = (2 * row + place / 2, 2 * column + place % 2);
                        let is_winner = simd.equal_u32s(winner, simd.splat_u32s(place as u32));
                        let value = simd.select_f32s(is_winner, dy, zero);
                        let value = of_output(row, column, value);
                        sum = simd.add_f32s(sum, value);
                        self.put::<S>(row, column, value);
                    }
                }
            }
            // The last row and column of an odd map belong to no window.
            for row in 0..self.wanted[0] {
                for column in 0..self.wanted[1] {
                    if row >= 2 * pooled[0] || column >= 2 * pooled[1] {
                        let value = of_output(row, column, zero);
                        sum = simd.add_f32s(sum, value);
                        self.put::<S>(row, column, value);
                    }
                }
            }
        }
        sum
    }

    /// # Safety
    /// (`row`, `column`) must be a position of the map.
    #[inline(always)]
    unsafe fn put<S: Simd>(&self, row: usize, column: usize, value: S::f32s) {
        // SAFETY: as the caller promises.
        unsafe {
            self.map
                .cast::<S::f32s>()
                .add(row * self.map_width + column)
                .write_unaligned(value);
        }
    }
}

/// dX of a group's tiles.
struct InputGradientTiles<'a, T, const M: usize, const N: usize> {
    winograd: &'a Winograd,
    group: usize,
    products: &'a [f32],
    /// Room for one register of channels of an image's input, (H, W, lanes).
    map: &'a mut [f32],
    dx: SharedSlice<'a, f32>,
    tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for InputGradientTiles<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let winograd = self.winograd;
        let windows = &winograd.shape.windows;
        let (channels, [height, width]) = (winograd.shape.in_channels, windows.input);
        let plane = winograd.plane_len(channels);
        assert!(self.products.len() >= N * N * plane);
        let map = &mut self.map[..height * width * S::F32_LANES];
        for (index, image) in winograd.images(self.group).enumerate() {
            for channel in (0..channels).step_by(S::F32_LANES) {
                let count = (channels - channel).min(S::F32_LANES);
                map.fill(0.0);
                let sums = map.as_mut_ptr().cast::<S::f32s>();
                for tile in 0..winograd.tiles_of_image() {
                    let down = tile / winograd.tiles[1] * M;
                    let right = tile % winograd.tiles[1] * M;
                    let row = index * winograd.tiles_of_image() + tile;
                    let products = &self.products[row * pad(channels) + channel..];
                    // SAFETY: a whole register lies in every plane.
                    let get = |i, j| unsafe {
                        let at = products.as_ptr().add((i * N + j) * plane);
                        at.cast::<S::f32s>().read_unaligned()
                    };
                    if winograd.is_inside::<N>(down, right) {
                        let (y, x) = (down - windows.before[0], right - windows.before[1]);
                        transform::<S, FactorsToInput<T, M, N>, N, N>(simd, get, |i, j, value| {
                            // SAFETY: a position of the map.
                            unsafe {
                                let sum = sums.add((y + i) * width + x + j);
                                let value = simd.add_f32s(sum.read_unaligned(), value);
                                sum.write_unaligned(value);
                            }
                        });
                    } else {
                        transform::<S, FactorsToInput<T, M, N>, N, N>(simd, get, |i, j, value| {
                            let y = (down + i).wrapping_sub(windows.before[0]);
                            let x = (right + j).wrapping_sub(windows.before[1]);
                            if y < height && x < width {
                                // SAFETY: a position of the map.
                                unsafe {
                                    let sum = sums.add(y * width + x);
                                    let value = simd.add_f32s(sum.read_unaligned(), value);
                                    sum.write_unaligned(value);
                                }
                            }
                        });
                    }
                }
                full_or_part!(simd: S, count => {
                    for position in 0..height * width {
                        let at = (image * height * width + position) * channels + channel;
                        let target = self.dx.at(at, count);
                        // SAFETY: `target` has room for `count` values of this image, which no
                        // other task writes to; the sum is a position of the map.
                        unsafe {
                            let sum = sums.add(position).read_unaligned();
                            store(simd, target, count, sum);
                        }
                    }
                });
            }
        }
    }
}
