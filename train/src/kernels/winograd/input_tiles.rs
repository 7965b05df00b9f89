//! V = Bᵀ d B.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    Winograd,
    line_map::LineMap,
    tile::{InputToFactors, Tile},
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
    /// Room for [`Winograd::input_map`].
    pub(super) map: &'a mut [f32],
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
        let [before_y, before_x] = windows.before;
        assert_eq!(self.input.values.len(), winograd.shape.input_len());
        let map = LineMap::<S>::new(self.map, winograd.input_map());
        // What lies around an image is zero, and stays it.
        map.zero_around(
            simd,
            [before_y..before_y + height, before_x..before_x + width],
        );
        for (index, image) in winograd.images(self.group).enumerate() {
            for line in (0..channels).step_by(LineMap::<S>::CHANNELS) {
                for row in 0..height {
                    let x = ((image * height + row) * width * channels) + line;
                    for (register, first, count) in LineMap::<S>::registers(channels - line) {
                        let through = through(line + first, count);
                        full_or_part!(simd: S, count => for column in 0..width {
                            let at = x + first + column * channels;
                            // SAFETY: `count` channels of a position of the image, and its place in the map.
                            unsafe {
                                let value = load(simd, self.input.values.as_ptr().add(at), count);
                                map.put(before_y + row, before_x + column, register, through(value));
                            }
                        });
                    }
                }
                // SAFETY: the map holds the inputs of all tiles.
                unsafe {
                    winograd.write_planes::<S, InputToFactors<T, M, N>, N, N>(
                        simd,
                        map,
                        [index, line],
                        channels,
                        self.v,
                    );
                }
            }
        }
    }
}
