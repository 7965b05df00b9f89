//! dX = B dV Bᵀ, overlapping tiles added.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd,
    line_map::LineMap,
    pad,
    tile::{FactorsToInput, Tile, transform},
};
use crate::kernels::{
    lanes::{full_or_part, load, store},
    shared_slice::SharedSlice,
};

/// dX of a group's tiles.
pub(super) struct InputGradientTiles<'a, T, const M: usize, const N: usize> {
    pub(super) winograd: &'a Winograd,
    pub(super) group: usize,
    pub(super) products: &'a [f32],
    /// Room for [`Winograd::input_map`].
    pub(super) map: &'a mut [f32],
    pub(super) dx: SharedSlice<'a, f32>,
    /// What is added to dX.
    pub(super) other_dx: Option<&'a [f32]>,
    pub(super) tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for InputGradientTiles<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let winograd = self.winograd;
        let windows = &winograd.shape.windows;
        let (channels, [height, width]) = (winograd.shape.in_channels, windows.input);
        let [before_y, before_x] = windows.before;
        let plane = winograd.plane_len(channels);
        assert!(self.products.len() >= N * N * plane);
        assert!(
            self.other_dx
                .is_none_or(|other| other.len() == winograd.shape.input_len())
        );
        let map = LineMap::<S>::new(self.map, winograd.input_map());
        for (index, image) in winograd.images(self.group).enumerate() {
            for line in (0..channels).step_by(LineMap::<S>::CHANNELS) {
                // Zeros where tiles add though none has written, and where none writes.
                map.zero_around(simd, winograd.tiles.map(|tiles| N - M..tiles * M + N - M));
                for tile in 0..winograd.tiles_of_image() {
                    let [down, right] = winograd.corner(tile);
                    let row = index * winograd.tiles_of_image() + tile;
                    for (register, first, _) in LineMap::<S>::registers(channels - line) {
                        let products = &self.products[row * pad(channels) + line + first..];
                        transform::<S, FactorsToInput<T, M, N>, N, N>(
                            simd,
                            // SAFETY: a whole register lies in every plane.
                            |i, j| unsafe {
                                let at = products.as_ptr().add((i * N + j) * plane);
                                at.cast::<S::f32s>().read_unaligned()
                            },
                            // Written where no tile before this one has, added where one has.
                            // SAFETY: the map holds the inputs of all tiles.
                            |i, j, value| unsafe {
                                let (y, x) = (down + i, right + j);
                                let value = match i >= N - M && j >= N - M {
                                    true => value,
                                    false => simd.add_f32s(map.get(y, x, register), value),
                                };
                                map.put(y, x, register, value);
                            },
                        );
                    }
                }
                for row in 0..height {
                    let x = ((image * height + row) * width * channels) + line;
                    for (register, first, count) in LineMap::<S>::registers(channels - line) {
                        full_or_part!(simd: S, count => for column in 0..width {
                            let at = x + first + column * channels;
                            let target = self.dx.at(at, count);
                            // SAFETY: `target` has room for `count` values of this image, which no other task
                            // writes to, `other_dx` is as long as dX, and the map holds all inputs.
                            unsafe {
                                let mut sum = map.get(before_y + row, before_x + column, register);
                                if let Some(other) = self.other_dx {
                                    let other = load(simd, other.as_ptr().add(at), count);
                                    sum = simd.add_f32s(other, sum);
                                }
                                store(simd, target, count, sum);
                            }
                        });
                    }
                }
            }
        }
    }
}
