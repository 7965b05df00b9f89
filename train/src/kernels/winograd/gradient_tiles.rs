//! D = A dY Aᵀ, from whatever gradient the pass begins with.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd,
    backward::OutputGradient,
    line_map::LineMap,
    tile::{OutputToProducts, Tile},
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
    /// Room for [`Winograd::output_map`].
    pub(super) map: &'a mut [f32],
    pub(super) tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for GradientTiles<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let winograd = self.winograd;
        let channels = winograd.shape.out_channels;
        let map = LineMap::<S>::new(self.map, winograd.output_map());
        // Outputs that are not wanted have no gradient.
        map.zero_around(simd, winograd.wanted.map(|size| 0..size));
        for (index, image) in winograd.images(self.group).enumerate() {
            for line in (0..channels).step_by(LineMap::<S>::CHANNELS) {
                for (register, first, count) in LineMap::<S>::registers(channels - line) {
                    let channel = line + first;
                    full_or_part!(simd: S, count => {
                        let chunk = Chunk {
                            wanted: winograd.wanted,
                            channels,
                            image,
                            channel,
                            count,
                            map,
                            register,
                        };
                        // SAFETY: the map holds whole tiles, which cover the wanted outputs; `check`
                        // has found the gradient's arrays to be as long as its shape says, and `count`
                        // sums lie behind the pointer.
                        unsafe {
                            let sum = chunk.fill(simd, &self.gradient);
                            let sum_at = index / winograd.summed * channels + channel;
                            let target = self.bias_sums[sum_at..][..count].as_mut_ptr();
                            let sum = simd.add_f32s(load(simd, target, count), sum);
                            store(simd, target, count, sum);
                        }
                    });
                }
                // SAFETY: the map holds the outputs of all tiles.
                unsafe {
                    winograd.write_planes::<S, OutputToProducts<T, M, N>, N, M>(
                        simd,
                        map,
                        [index, line],
                        channels,
                        self.d,
                    );
                }
            }
        }
    }
}

/// One register of channels of the gradient of an image's outputs.
struct Chunk<'a, S: Simd> {
    wanted: [usize; 2],
    channels: usize,
    image: usize,
    channel: usize,
    count: usize,
    map: LineMap<'a, S>,
    register: usize,
}

impl<S: Simd> Chunk<'_, S> {
    /// Writes the gradient of the wanted outputs to the map and returns its sum.
    ///
    /// # Safety
    /// The map must hold the wanted outputs, the gradient's arrays must be as long as its shape
    /// says.
    #[inline(always)]
    unsafe fn fill(&self, simd: S, gradient: &OutputGradient<'_>) -> S::f32s {
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
    unsafe fn fill_each(&self, simd: S, gradient_at: impl Fn(usize, usize) -> S::f32s) -> S::f32s {
        let mut sum = simd.splat_f32s(0.0);
        for row in 0..self.wanted[0] {
            for column in 0..self.wanted[1] {
                let value = gradient_at(row, column);
                sum = simd.add_f32s(sum, value);
                // SAFETY: as the caller promises.
                unsafe { self.map.put(row, column, self.register, value) };
            }
        }
        sum
    }

    /// The gradient of each window goes to its winner; `of_output` makes an output's from it.
    ///
    /// # Safety
    /// As [`Chunk::fill`].
    #[inline(always)]
    unsafe fn fill_windows(
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
                        self.map.put(row, column, self.register, value);
                    }
                }
            }
            // The last row and column of an odd map belong to no window.
            for row in 0..self.wanted[0] {
                for column in 0..self.wanted[1] {
                    if row >= 2 * pooled[0] || column >= 2 * pooled[1] {
                        let value = of_output(row, column, zero);
                        sum = simd.add_f32s(sum, value);
                        self.map.put(row, column, self.register, value);
                    }
                }
            }
        }
        sum
    }
}
