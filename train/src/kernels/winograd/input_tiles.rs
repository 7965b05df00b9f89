//! V = Bᵀ d B.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd, pad,
    tile::{InputToFactors, Tile, transform},
};
use crate::kernels::lanes::{full_or_part, load};

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
