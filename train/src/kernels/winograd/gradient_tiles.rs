//! D = A dY Aᵀ, from whatever gradient the pass begins with.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd,
    backward::OutputGradient,
    pad,
    tile::{OutputToProducts, Tile, transform},
};
use crate::kernels::lanes::{full_or_part, load, load_bytes, store};

/// D of a group's tiles, and the sums of dY.
pub(super) struct GradientTiles<'a, T, const M: usize, const N: usize> {
    pub(super) winograd: &'a Winograd,
    pub(super) group: usize,
    pub(super) gradient: OutputGradient<'a>,
    pub(super) d: &'a mut [f32],
    /// (sums of the group, out)
    pub(super) bias_sums: &'a mut [f32],
    /// Room for one register of channels of an image's map, (tiles * M, tiles * M, lanes).
    pub(super) map: &'a mut [f32],
    pub(super) tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for GradientTiles<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let winograd = self.winograd;
        let channels = winograd.shape.out_channels;
        let plane = winograd.plane_len(channels);
        assert!(self.d.len() >= N * N * plane);
        let sums = winograd.images(self.group).len().div_ceil(winograd.summed);
        assert!(self.bias_sums.len() == sums * channels);
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
                        let sum_at = index / winograd.summed * channels + channel;
                        let target = self.bias_sums[sum_at..].as_mut_ptr();
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
    /// Writes the gradient of the wanted outputs to the map and returns its sum.
    ///
    /// # Safety
    /// The map must hold the wanted outputs, the gradient's arrays must be as long as its shape
    /// says.
    #[inline(always)]
    unsafe fn fill<S: Simd>(&self, simd: S, gradient: &OutputGradient<'_>) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        // SAFETY: as the caller promises, here and below.
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
                    relu,
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
                        if relu {
                            simd.select_f32s(simd.greater_than_f32s(y, zero), value, zero)
                        } else {
                            value
                        }
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
