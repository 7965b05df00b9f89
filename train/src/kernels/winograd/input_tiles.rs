//! V = Bᵀ d B.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd, pad,
    tile::{InputToFactors, Tile, transform},
};
use crate::kernels::{
    batch_norm::Affine,
    lanes::{full_or_part, load},
};

/// What a convolution reads, (N, H, W, in).
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The values.
    pub values: &'a [f32],
    /// A normalisation and a ReLU that the values go through first.
    pub normalised: Option<&'a Affine>,
}

impl<'a> From<&'a [f32]> for Input<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self {
            values,
            normalised: None,
        }
    }
}

impl Input<'_> {
    pub(super) fn check(&self, len: usize, channels: usize) {
        assert_eq!(self.values.len(), len);
        if let Some(affine) = self.normalised {
            assert_eq!([affine.scale.len(), affine.shift.len()], [channels; 2]);
        }
    }
}

/// V of a group's tiles.
pub(super) struct InputTiles<'a, T, const M: usize, const N: usize> {
    pub(super) winograd: &'a Winograd,
    pub(super) group: usize,
    pub(super) input: Input<'a>,
    pub(super) v: &'a mut [f32],
    pub(super) tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for InputTiles<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.input.normalised {
            None => self.transform(simd, |_, _| |value| value),
            Some(affine) => self.transform(simd, |channel, count| {
                let [scale, shift] = [&affine.scale, &affine.shift].map(|factors| {
                    let factors = &factors[channel..channel + count];
                    // SAFETY: `count` values.
                    unsafe { load(simd, factors.as_ptr(), count) }
                });
                let zero = simd.splat_f32s(0.0);
                move |value| {
                    // In this order, x86's maximum keeps what is not a number.
                    simd.max_f32s(zero, simd.add_f32s(simd.mul_f32s(value, scale), shift))
                }
            }),
        }
    }
}

impl<T: Tile<M, N>, const M: usize, const N: usize> InputTiles<'_, T, M, N> {
    /// `through` gives, for a channel and a number of channels from there on, what their values go through.
    #[inline(always)]
    fn transform<S: Simd, F: Fn(S::f32s) -> S::f32s>(
        self,
        simd: S,
        through: impl Fn(usize, usize) -> F,
    ) {
        let winograd = self.winograd;
        let windows = &winograd.shape.windows;
        let (channels, [height, width]) = (winograd.shape.in_channels, windows.input);
        let plane = winograd.plane_len(channels);
        assert!(self.v.len() >= N * N * plane);
        let v = self.v.as_mut_ptr();
        let mut row = 0;
        for image in winograd.images(self.group) {
            let len = height * width * channels;
            let x = self.input.values[image * len..(image + 1) * len].as_ptr();
            for tile in 0..winograd.tiles_of_image() {
                let (down, right) = (tile / winograd.tiles[1] * M, tile % winograd.tiles[1] * M);
                let is_inside = winograd.is_inside::<N>(down, right);
                for channel in (0..channels).step_by(S::F32_LANES) {
                    let count = (channels - channel).min(S::F32_LANES);
                    let through = through(channel, count);
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
                                through(load(simd, corner.add((i * width + j) * channels), count))
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
                                    through(unsafe { load(simd, x.add(at), count) })
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
