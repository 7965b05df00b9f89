//! V = Bᵀ d B, the products V · U, and Y = Aᵀ M A with what follows it.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    Winograd, pad,
    tile::{InputToFactors, ProductsToOutput, Tile, transform},
    with_tile,
};
use crate::kernels::{
    NO_WINNER,
    gemm::{Gemm, Left, Segments, Start},
    lanes::{LANES, from_line, full_or_part, load, sign_flip, store, store_bytes},
    scratch::with_scratch,
    shared_slice::SharedSlice,
};

/// Where the results of a forward pass go.
#[derive(Debug, Default)]
pub struct ForwardSink<'a> {
    /// All wanted outputs, (N, wanted height, wanted width, out).
    pub map: Option<&'a mut [f32]>,
    /// The extreme of each 2 x 2 window of them.
    pub pool: Option<PoolSink<'a>>,
    /// Two sums for each group and channel, (groups, 2, out): of the wanted outputs and of their
    /// squares.
    pub sums: Option<&'a mut [f64]>,
}

/// 2 x 2 pooling of stride 2.
#[derive(Debug)]
pub struct PoolSink<'a> {
    /// The chosen values, (N, wanted height / 2, wanted width / 2, out).
    pub values: &'a mut [f32],
    /// The place of each in its window, row-major, or [`NO_WINNER`].
    pub winner: &'a mut [u8],
    /// Where a channel's slope is negative, the smallest value of a window is chosen: the largest
    /// after a product with that slope. Without slopes, the largest.
    pub slope: Option<&'a [f32]>,
}

#[derive(Clone, Copy)]
struct SharedSink<'a> {
    map: Option<SharedSlice<'a, f32>>,
    pool: Option<SharedPool<'a>>,
    sums: Option<SharedSlice<'a, f64>>,
}

#[derive(Clone, Copy)]
struct SharedPool<'a> {
    values: SharedSlice<'a, f32>,
    winner: SharedSlice<'a, u8>,
    slope: Option<&'a [f32]>,
}

impl Winograd {
    /// Convolution of x (N, H, W, in) with the filters behind `factors`, plus bias, then a ReLU if
    /// `relu`; the results go to `sink`.
    pub fn forward(
        &self,
        x: &[f32],
        factors: &[f32],
        bias: &[f32],
        relu: bool,
        sink: ForwardSink<'_>,
    ) {
        let shape = &self.shape;
        assert_eq!(x.len(), shape.input_len());
        assert_eq!(factors.len(), self.filter_len());
        assert_eq!(bias.len(), shape.out_channels);
        let images_area = shape.windows.batch * self.wanted[0] * self.wanted[1];
        let factors = from_line(factors);
        let map = sink.map.map(|map| {
            assert_eq!(map.len(), images_area * shape.out_channels);
            SharedSlice::new(map)
        });
        let pool = sink.pool.map(|pool| {
            let area = (self.wanted[0] / 2) * (self.wanted[1] / 2);
            let len = shape.windows.batch * area * shape.out_channels;
            assert_eq!([pool.values.len(), pool.winner.len()], [len; 2]);
            assert!(
                pool.slope
                    .is_none_or(|slope| slope.len() == shape.out_channels)
            );
            SharedPool {
                values: SharedSlice::new(pool.values),
                winner: SharedSlice::new(pool.winner),
                slope: pool.slope,
            }
        });
        let sums = sink.sums.map(|sums| {
            assert_eq!(sums.len(), self.groups() * 2 * shape.out_channels);
            sums.fill(0.0);
            SharedSlice::new(sums)
        });
        let sink = SharedSink { map, pool, sums };
        (0..self.groups()).into_par_iter().for_each(|group| {
            with_scratch(self.group_len(shape.in_channels), |v| {
                let task = ForwardTask {
                    winograd: self,
                    group,
                    x,
                    factors,
                    bias,
                    relu,
                    v,
                    sink,
                };
                with_tile!(self, run, task);
            });
        });
    }
}

struct ForwardTask<'a> {
    winograd: &'a Winograd,
    group: usize,
    x: &'a [f32],
    factors: &'a [f32],
    bias: &'a [f32],
    relu: bool,
    v: &'a mut [f32],
    sink: SharedSink<'a>,
}

impl ForwardTask<'_> {
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
        let rows = winograd.images(self.group).len() * winograd.tiles_of_image();
        let (v_plane, m_plane) = (winograd.plane_len(inputs), winograd.plane_len(outputs));
        with_scratch(winograd.group_len(outputs), |products| {
            for point in 0..N * N {
                Gemm {
                    shape: (rows, outputs, inputs),
                    a: Left::rows(&self.v[point * v_plane..], pad(inputs)),
                    b: &self.factors[point * winograd.filter_plane()..],
                    b_stride: outputs,
                    c: &mut products[point * m_plane..],
                    c_stride: pad(outputs),
                    segments: Segments::ONE,
                    start: Start::Zero,
                    relu: false,
                }
                .run();
            }
            let area = winograd.tiles[0] * M * winograd.tiles[1] * M;
            with_scratch(area * LANES, |map| {
                arch.dispatch(OutputTiles::<T, M, N> {
                    winograd,
                    group: self.group,
                    products,
                    bias: self.bias,
                    relu: self.relu,
                    map,
                    sink: self.sink,
                    tile: PhantomData,
                });
            });
        });
    }
}

/// V of a group's tiles.
pub(super) struct InputTiles<'a, T, const M: usize, const N: usize> {
    pub(super) winograd: &'a Winograd,
    pub(super) group: usize,
    pub(super) x: &'a [f32],
    pub(super) v: &'a mut [f32],
    pub(super) tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for InputTiles<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let winograd = self.winograd;
        let windows = &winograd.shape.windows;
        let (channels, [height, width]) = (winograd.shape.in_channels, windows.input);
        let plane = winograd.plane_len(channels);
        assert!(self.v.len() >= N * N * plane);
        let v = self.v.as_mut_ptr();
        let mut row = 0;
        for image in winograd.images(self.group) {
            let len = height * width * channels;
            let x = self.x[image * len..(image + 1) * len].as_ptr();
            for tile in 0..winograd.tiles_of_image() {
                let (down, right) = (tile / winograd.tiles[1] * M, tile % winograd.tiles[1] * M);
                let is_inside = winograd.is_inside::<N>(down, right);
                for channel in (0..channels).step_by(S::F32_LANES) {
                    let count = (channels - channel).min(S::F32_LANES);
                    // SAFETY: `row` is below the group's tiles and `channel` below the padded
                    // channels, so a whole register fits each plane, and all planes fit `v`.
                    let target = unsafe { v.add(row * pad(channels) + channel) };
                    // SAFETY: as above.
                    let put = |i, j, value| unsafe {
                        let place = target.add((i * N + j) * plane);
                        place.cast::<S::f32s>().write_unaligned(value);
                    };
                    if is_inside {
                        let y = down - windows.before[0];
                        let x_at = right - windows.before[1];
                        // SAFETY: the tile's inputs lie inside the image.
                        let corner = unsafe { x.add((y * width + x_at) * channels + channel) };
                        full_or_part!(simd: S, count => transform::<S, InputToFactors<T, M, N>, N, N>(
                            simd,
                            // SAFETY: as above; `count` channels follow.
                            |i, j| unsafe {
                                load(simd, corner.add((i * width + j) * channels), count)
                            },
                            put,
                        ));
                    } else {
                        transform::<S, InputToFactors<T, M, N>, N, N>(
                            simd,
                            |i, j| {
                                let y = (down + i).wrapping_sub(windows.before[0]);
                                let x_at = (right + j).wrapping_sub(windows.before[1]);
                                if y < height && x_at < width {
                                    let at = (y * width + x_at) * channels + channel;
                                    // SAFETY: a position inside the image; `count` channels
                                    // follow.
                                    unsafe { load(simd, x.add(at), count) }
                                } else {
                                    simd.splat_f32s(0.0)
                                }
                            },
                            put,
                        );
                    }
                }
                row += 1;
            }
        }
    }
}

/// Y of a group's tiles, its bias and ReLU, and what `sink` wants of it.
struct OutputTiles<'a, T, const M: usize, const N: usize> {
    winograd: &'a Winograd,
    group: usize,
    products: &'a [f32],
    bias: &'a [f32],
    relu: bool,
    /// Room for one register of channels of an image's map, (tiles * M, tiles * M, lanes).
    map: &'a mut [f32],
    sink: SharedSink<'a>,
    tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for OutputTiles<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let winograd = self.winograd;
        let channels = winograd.shape.out_channels;
        let plane = winograd.plane_len(channels);
        assert!(self.products.len() >= N * N * plane);
        let map_width = winograd.tiles[1] * M;
        let map_len = winograd.tiles[0] * M * map_width * S::F32_LANES;
        assert!(self.map.len() >= map_len);
        let zero = simd.splat_f32s(0.0);
        let map = self.map.as_mut_ptr();
        for (index, image) in winograd.images(self.group).enumerate() {
            for channel in (0..channels).step_by(S::F32_LANES) {
                let count = (channels - channel).min(S::F32_LANES);
                // SAFETY: `count` biases lie behind the pointer.
                let bias = unsafe { load(simd, self.bias[channel..].as_ptr(), count) };
                for tile in 0..winograd.tiles_of_image() {
                    let down = tile / winograd.tiles[1] * M;
                    let right = tile % winograd.tiles[1] * M;
                    let row = index * winograd.tiles_of_image() + tile;
                    let products = &self.products[row * pad(channels) + channel..];
                    transform::<S, ProductsToOutput<T, M, N>, M, N>(
                        simd,
                        |i, j| {
                            // SAFETY: as in `InputTiles`, a whole register lies in every plane.
                            unsafe {
                                let at = products.as_ptr().add((i * N + j) * plane);
                                at.cast::<S::f32s>().read_unaligned()
                            }
                        },
                        |i, j, value| {
                            let mut value = simd.add_f32s(value, bias);
                            if self.relu {
                                // In this order, x86's maximum keeps what is not a number.
                                value = simd.max_f32s(zero, value);
                            }
                            let place = (down + i) * map_width + right + j;
                            // SAFETY: a position of the map, whose length was checked.
                            unsafe { map.cast::<S::f32s>().add(place).write_unaligned(value) };
                        },
                    );
                }
                full_or_part!(simd: S, count => {
                    let chunk = Chunk {
                        winograd,
                        group: self.group,
                        image,
                        channel,
                        count,
                        relu: self.relu,
                        map,
                        map_width,
                    };
                    // SAFETY: the map holds whole tiles, which cover the wanted outputs.
                    unsafe {
                        if let Some(target) = self.sink.map {
                            chunk.write_map(simd, target);
                        }
                        if let Some(pool) = self.sink.pool {
                            chunk.pool(simd, pool);
                        }
                        if let Some(sums) = self.sink.sums {
                            chunk.add_sums(simd, sums);
                        }
                    }
                });
            }
        }
    }
}

/// One register of channels of an image's map.
struct Chunk<'a> {
    winograd: &'a Winograd,
    group: usize,
    image: usize,
    channel: usize,
    count: usize,
    relu: bool,
    map: *const f32,
    map_width: usize,
}

impl Chunk<'_> {
    /// # Safety
    /// (`row`, `column`) must be a position of the map.
    #[inline(always)]
    unsafe fn at<S: Simd>(&self, row: usize, column: usize) -> S::f32s {
        // SAFETY: as the caller promises.
        unsafe {
            self.map
                .cast::<S::f32s>()
                .add(row * self.map_width + column)
                .read_unaligned()
        }
    }

    /// # Safety
    /// The map must hold the wanted outputs.
    #[inline(always)]
    unsafe fn write_map<S: Simd>(&self, simd: S, target: SharedSlice<'_, f32>) {
        let [height, width] = self.winograd.wanted;
        let channels = self.winograd.shape.out_channels;
        for row in 0..height {
            for column in 0..width {
                let position = (self.image * height + row) * width + column;
                let place = target.at(position * channels + self.channel, self.count);
                // SAFETY: a wanted output; `place` has room for `count` values of this image,
                // which no other task writes to.
                unsafe { store(simd, place, self.count, self.at::<S>(row, column)) };
            }
        }
    }

    /// # Safety
    /// The map must hold the wanted outputs.
    #[inline(always)]
    unsafe fn pool<S: Simd>(&self, simd: S, pool: SharedPool<'_>) {
        let [height, width] = self.winograd.wanted.map(|size| size / 2);
        let channels = self.winograd.shape.out_channels;
        let flip = sign_flip(simd, pool.slope, self.channel, self.count);
        for row in 0..height {
            for column in 0..width {
                // SAFETY: the window lies inside the wanted outputs.
                let value = |place: usize| unsafe {
                    flip(self.at::<S>(2 * row + place / 2, 2 * column + place % 2))
                };
                let mut best = value(0);
                let mut winner = simd.splat_u32s(0);
                for place in 1..4 {
                    let value = value(place);
                    let is_better = simd.greater_than_f32s(value, best);
                    best = simd.select_f32s(is_better, value, best);
                    winner = simd.select_u32s(is_better, simd.splat_u32s(place as u32), winner);
                }
                if self.relu {
                    let is_positive = simd.greater_than_f32s(flip(best), simd.splat_f32s(0.0));
                    let none = simd.splat_u32s(NO_WINNER.into());
                    winner = simd.select_u32s(is_positive, winner, none);
                }
                let position = (self.image * height + row) * width + column;
                let at = position * channels + self.channel;
                // SAFETY: both places have room for `count` values of this image, which no other
                // task writes to.
                unsafe {
                    store(simd, pool.values.at(at, self.count), self.count, flip(best));
                    store_bytes(simd, pool.winner.at(at, self.count), self.count, winner);
                }
            }
        }
    }

    /// # Safety
    /// The map must hold the wanted outputs.
    #[inline(always)]
    unsafe fn add_sums<S: Simd>(&self, simd: S, sums: SharedSlice<'_, f64>) {
        let [height, width] = self.winograd.wanted;
        let channels = self.winograd.shape.out_channels;
        let mut sum = simd.splat_f32s(0.0);
        let mut squares = simd.splat_f32s(0.0);
        for row in 0..height {
            for column in 0..width {
                // SAFETY: a wanted output.
                let value = unsafe { self.at::<S>(row, column) };
                sum = simd.add_f32s(sum, value);
                squares = simd.mul_add_e_f32s(value, value, squares);
            }
        }
        for (which, register) in [sum, squares].into_iter().enumerate() {
            let at = (self.group * 2 + which) * channels + self.channel;
            let mut values = [0.0f32; LANES];
            // SAFETY: `values` is as long as a register; the places belong to this group, which
            // one task works on.
            let target = unsafe {
                values
                    .as_mut_ptr()
                    .cast::<S::f32s>()
                    .write_unaligned(register);
                sums.part(at, self.count)
            };
            for (target, value) in target.iter_mut().zip(values) {
                *target += f64::from(value);
            }
        }
    }
}
