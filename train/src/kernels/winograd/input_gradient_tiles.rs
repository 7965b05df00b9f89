//! dX = B dV Bᵀ, overlapping tiles added.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd, pad,
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
    /// Room for one register of channels of an image's input, (H, W, lanes).
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
        let plane = winograd.plane_len(channels);
        assert!(self.products.len() >= N * N * plane);
        let map = &mut self.map[..height * width * S::F32_LANES];
        for (index, image) in winograd.images(self.group).enumerate() {
            for channel in (0..channels).step_by(S::F32_LANES) {
                let count = (channels - channel).min(S::F32_LANES);
                zero_edges::<M, N>(winograd, map, S::F32_LANES);
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
                                put::<S, M, N>(simd, sum, i, j, value);
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
                                    put::<S, M, N>(simd, sum, i, j, value);
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
                        // other task writes to, and `other_dx` is as long as dX; the sum is a position of
                        // the map.
                        unsafe {
                            let mut sum = sums.add(position).read_unaligned();
                            if let Some(other) = self.other_dx {
                                let other = load(simd, other.as_ptr().add(at), count);
                                sum = simd.add_f32s(other, sum);
                            }
                            store(simd, target, count, sum);
                        }
                    }
                });
            }
        }
    }
}

/// Inputs that a tile shares with the one before it.
const fn overlap<const M: usize, const N: usize>() -> usize {
    N - M
}

/// Writes what no tile before this one has written, and adds to what one has.
///
/// # Safety
/// `sum` must point to a register.
#[inline(always)]
unsafe fn put<S: Simd, const M: usize, const N: usize>(
    simd: S,
    sum: *mut S::f32s,
    i: usize,
    j: usize,
    value: S::f32s,
) {
    let is_first = i >= overlap::<M, N>() && j >= overlap::<M, N>();
    // SAFETY: as the caller promises.
    unsafe {
        let value = match is_first {
            true => value,
            false => simd.add_f32s(sum.read_unaligned(), value),
        };
        sum.write_unaligned(value);
    }
}

/// Zeros where [`put`] adds though no tile has written, and where none writes: the first rows and
/// columns, and those behind the last tile.
fn zero_edges<const M: usize, const N: usize>(winograd: &Winograd, map: &mut [f32], lanes: usize) {
    let windows = &winograd.shape.windows;
    let [height, width] = windows.input;
    let written = |axis: usize, size: usize| {
        let first = overlap::<M, N>().saturating_sub(windows.before[axis]);
        let end = winograd.tiles[axis] * M + overlap::<M, N>() - windows.before[axis];
        (first.min(size), end.min(size))
    };
    let (rows, columns) = (written(0, height), written(1, width));
    for (row, values) in map.chunks_exact_mut(width * lanes).enumerate() {
        if row < rows.0 || row >= rows.1 {
            values.fill(0.0);
        } else {
            values[..columns.0 * lanes].fill(0.0);
            values[columns.1 * lanes..].fill(0.0);
        }
    }
}
