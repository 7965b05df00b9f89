//! Y = Aᵀ M A, and what follows it.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd,
    forward::{SharedPool, SharedSink},
    pad,
    tile::{ProductsToOutput, Tile, transform},
};
use crate::kernels::{
    NO_WINNER,
    lanes::{LANES, full_or_part, load, sign_flip, store, store_bytes},
    shared_slice::SharedSlice,
};

/// Y of a group's tiles, its bias and ReLU, and what `sink` wants of it.
pub(super) struct OutputTiles<'a, T, const M: usize, const N: usize> {
    pub(super) winograd: &'a Winograd,
    pub(super) group: usize,
    pub(super) products: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) relu: bool,
    /// Room for one register of channels of an image's map, (tiles * M, tiles * M, lanes).
    pub(super) map: &'a mut [f32],
    pub(super) sink: SharedSink<'a>,
    pub(super) tile: PhantomData<T>,
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
                // SAFETY: both positions have room for `count` values of this image, which no other
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
            let at = (self.image / self.winograd.summed * 2 + which) * channels + self.channel;
            let mut values = [0.0f32; LANES];
            // SAFETY: `values` is as long as a register; the positions belong to the sum of this
            // image, whose images are all in one task.
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
