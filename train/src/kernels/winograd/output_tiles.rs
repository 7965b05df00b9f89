//! Y = Aᵀ M A, and what follows it.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd,
    forward::{SharedPool, SharedSink},
    line_map::LineMap,
    pad,
    tile::{ProductsToOutput, Tile, transform},
};
use crate::kernels::{
    NO_WINNER,
    lanes::{LANES, load, sign_flip, store, store_bytes},
    shared_slice::SharedSlice,
};

/// Y of a group's tiles, its bias and ReLU, and what `sink` wants of it.
pub(super) struct OutputTiles<'a, T, const M: usize, const N: usize> {
    pub(super) winograd: &'a Winograd,
    pub(super) group: usize,
    pub(super) products: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) relu: bool,
    /// Room for [`Winograd::output_map`].
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
        let map = LineMap::<S>::new(self.map, winograd.output_map());
        let zero = simd.splat_f32s(0.0);
        for (index, image) in winograd.images(self.group).enumerate() {
            for line in (0..channels).step_by(LineMap::<S>::CHANNELS) {
                for tile in 0..winograd.tiles_of_image() {
                    let [down, right] = winograd.corner(tile);
                    let row = index * winograd.tiles_of_image() + tile;
                    for (register, first, count) in LineMap::<S>::registers(channels - line) {
                        let channel = line + first;
                        let products = &self.products[row * pad(channels) + channel..];
                        // SAFETY: `count` biases lie behind the pointer.
                        let bias = unsafe { load(simd, self.bias[channel..].as_ptr(), count) };
                        transform::<S, ProductsToOutput<T, M, N>, M, N>(
                            simd,
                            // SAFETY: as in `InputTiles`, a whole register lies in every plane.
                            |i, j| unsafe {
                                let at = products.as_ptr().add((i * N + j) * plane);
                                at.cast::<S::f32s>().read_unaligned()
                            },
                            |i, j, value| {
                                let mut value = simd.add_f32s(value, bias);
                                if self.relu {
                                    // In this order, x86's maximum keeps what is not a number.
                                    value = simd.max_f32s(zero, value);
                                }
                                // SAFETY: the map holds the outputs of all tiles.
                                unsafe { map.put(down + i, right + j, register, value) };
                            },
                        );
                    }
                }
                let count = (channels - line).min(LineMap::<S>::CHANNELS);
                let chunk = Chunk {
                    winograd,
                    image,
                    line,
                    relu: self.relu,
                    map,
                };
                // SAFETY: the map holds whole tiles, which cover the wanted outputs.
                unsafe {
                    if count == LineMap::<S>::CHANNELS {
                        chunk.sink(simd, LineMap::<S>::CHANNELS, self.sink);
                    } else {
                        chunk.sink(simd, count, self.sink);
                    }
                }
            }
        }
    }
}

/// A line of channels of an image's map.
struct Chunk<'a, S: Simd> {
    winograd: &'a Winograd,
    image: usize,
    line: usize,
    relu: bool,
    map: LineMap<'a, S>,
}

impl<S: Simd> Chunk<'_, S> {
    /// Writes what is wanted of the first `count` channels.
    ///
    /// # Safety
    /// The map must hold the wanted outputs, and `count` be the channels of a line at most.
    #[inline(always)]
    unsafe fn sink(&self, simd: S, count: usize, sink: SharedSink<'_>) {
        // SAFETY: as the caller promises, here and below; a place has room for its values of this image, which
        // no other task writes to.
        unsafe {
            match (sink.map, sink.sums) {
                (None, None) => {}
                (Some(map), None) => self.each(count, |_, at, count, value| {
                    store(simd, map.at(at, count), count, value);
                }),
                (map, Some(sums)) => self.add_sums(simd, count, map, sums),
            }
            if let Some(pool) = sink.pool {
                for place in LineMap::<S>::registers(count) {
                    self.pool(simd, place, pool);
                }
            }
        }
    }

    /// Calls `operation` with each register of the wanted outputs: its number in the line, the place of its values
    /// among all outputs, their number and the values. The registers of a position follow each other, so that
    /// chains of sums run side by side.
    ///
    /// # Safety
    /// As [`Chunk::sink`].
    #[inline(always)]
    unsafe fn each(&self, count: usize, mut operation: impl FnMut(usize, usize, usize, S::f32s)) {
        let [height, width] = self.winograd.wanted;
        for row in 0..height {
            let position = (self.image * height + row) * width;
            for column in 0..width {
                let at = (position + column) * self.winograd.shape.out_channels + self.line;
                for (register, first, count) in LineMap::<S>::registers(count) {
                    // SAFETY: a wanted output.
                    let value = unsafe { self.map.get(row, column, register) };
                    operation(register, at + first, count, value);
                }
            }
        }
    }

    /// # Safety
    /// As [`Chunk::sink`].
    #[inline(always)]
    unsafe fn pool(
        &self,
        simd: S,
        (register, first, count): (usize, usize, usize),
        pool: SharedPool<'_>,
    ) {
        let [height, width] = self.winograd.wanted.map(|size| size / 2);
        let channels = self.winograd.shape.out_channels;
        let channel = self.line + first;
        let flip = sign_flip(simd, pool.slope, channel, count);
        for row in 0..height {
            for column in 0..width {
                // SAFETY: the window lies inside the wanted outputs.
                let value = |place: usize| unsafe {
                    let (row, column) = (2 * row + place / 2, 2 * column + place % 2);
                    flip(self.map.get(row, column, register))
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
                let at = position * channels + channel;
                // SAFETY: both positions have room for `count` values of this image, which no other
                // task writes to.
                unsafe {
                    store(simd, pool.values.at(at, count), count, flip(best));
                    store_bytes(simd, pool.winner.at(at, count), count, winner);
                }
            }
        }
    }

    /// Adds to the sums, and writes the map in the same pass if it is wanted.
    ///
    /// # Safety
    /// As [`Chunk::sink`].
    #[inline(always)]
    unsafe fn add_sums(
        &self,
        simd: S,
        count: usize,
        map: Option<SharedSlice<'_, f32>>,
        sums: SharedSlice<'_, f64>,
    ) {
        let mut of_registers = [[simd.splat_f32s(0.0); 2]; 2];
        let mut add = |register: usize, value| {
            let [sum, squares] = &mut of_registers[register];
            *sum = simd.add_f32s(*sum, value);
            *squares = simd.mul_add_e_f32s(value, value, *squares);
        };
        // SAFETY: as the caller promises; a place has room for its values.
        unsafe {
            match map {
                None => self.each(count, |register, _, _, value| add(register, value)),
                Some(map) => self.each(count, |register, at, count, value| {
                    store(simd, map.at(at, count), count, value);
                    add(register, value);
                }),
            }
        }
        let channels = self.winograd.shape.out_channels;
        for (register, first, count) in LineMap::<S>::registers(count) {
            for (which, sum) in of_registers[register].into_iter().enumerate() {
                let sum_at = self.image / self.winograd.summed * 2 + which;
                let mut values = [0.0f32; LANES];
                // SAFETY: `values` is as long as a register; the positions belong to the sum of this
                // image, whose images are all in one task.
                let target = unsafe {
                    values.as_mut_ptr().cast::<S::f32s>().write_unaligned(sum);
                    sums.part(sum_at * channels + self.line + first, count)
                };
                for (target, value) in target.iter_mut().zip(values) {
                    *target += f64::from(value);
                }
            }
        }
    }
}
