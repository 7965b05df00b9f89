//! The forward pass.

// Tasks write to parts of their own.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use rayon::prelude::*;

use super::{
    Input, Winograd, input_tiles::InputTiles, line_map::line_map_len, output_tiles::OutputTiles,
    tile::Tile, with_tile,
};
use crate::kernels::{
    lanes::from_line, scratch::with_scratch, shared_slice::SharedSlice, simd::arch,
};

/// Where the results of a forward pass go.
#[derive(Debug, Default)]
pub struct ForwardSink<'a> {
    /// All wanted outputs, (N, wanted height, wanted width, out).
    pub map: Option<&'a mut [f32]>,
    /// The extreme of each 2 x 2 window of them.
    pub pool: Option<PoolSink<'a>>,
    /// Two values for each of [`Winograd::sums`] and each channel, (sums, 2, out): the sum of the wanted
    /// outputs and that of their squares.
    pub sums: Option<&'a mut [f64]>,
}

/// 2 x 2 pooling of stride 2.
#[derive(Debug)]
pub struct PoolSink<'a> {
    /// The chosen values, (N, wanted height / 2, wanted width / 2, out).
    pub values: &'a mut [f32],
    /// The position of each in its window, row-major, or [`crate::kernels::NO_WINNER`].
    pub winner: &'a mut [u8],
    /// Where a channel's slope is negative, the smallest value of a window is chosen: the largest
    /// after a product with that slope. Without slopes, the largest.
    pub slope: Option<&'a [f32]>,
}

#[derive(Clone, Copy)]
pub(super) struct SharedSink<'a> {
    pub(super) map: Option<SharedSlice<'a, f32>>,
    pub(super) pool: Option<SharedPool<'a>>,
    pub(super) sums: Option<SharedSlice<'a, f64>>,
}

#[derive(Clone, Copy)]
pub(super) struct SharedPool<'a> {
    pub(super) values: SharedSlice<'a, f32>,
    pub(super) winner: SharedSlice<'a, u8>,
    pub(super) slope: Option<&'a [f32]>,
}

impl Winograd {
    /// Convolution of `input` with the filters behind `factors`, plus bias, then a ReLU if
    /// `relu`; the results go to `sink`.
    pub fn forward(
        &self,
        input: Input<'_>,
        factors: &[f32],
        bias: &[f32],
        relu: bool,
        sink: ForwardSink<'_>,
    ) {
        let shape = &self.shape;
        input.check(shape.input_len(), shape.in_channels);
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
            assert_eq!(sums.len(), self.sums() * 2 * shape.out_channels);
            sums.fill(0.0);
            SharedSlice::new(sums)
        });
        let sink = SharedSink { map, pool, sums };
        (0..self.groups()).into_par_iter().for_each(|group| {
            let task = ForwardTask {
                winograd: self,
                group,
                input,
                factors,
                bias,
                relu,
                sink,
            };
            with_tile!(self, run, task);
        });
    }
}

struct ForwardTask<'a> {
    winograd: &'a Winograd,
    group: usize,
    input: Input<'a>,
    factors: &'a [f32],
    bias: &'a [f32],
    relu: bool,
    sink: SharedSink<'a>,
}

impl ForwardTask<'_> {
    fn run<T: Tile<M, N>, const M: usize, const N: usize>(self) {
        let winograd = self.winograd;
        let (inputs, outputs) = (winograd.shape.in_channels, winograd.shape.out_channels);
        let lens = [
            winograd.group_len(inputs),
            winograd.group_len(outputs),
            line_map_len(winograd.input_map()),
            line_map_len(winograd.output_map()),
        ];
        with_scratch(lens.iter().sum(), |scratch| {
            let (v, scratch) = scratch.split_at_mut(lens[0]);
            let (products, scratch) = scratch.split_at_mut(lens[1]);
            let (input_map, output_map) = scratch.split_at_mut(lens[2]);
            arch().dispatch(InputTiles::<T, M, N> {
                winograd,
                group: self.group,
                input: self.input,
                v,
                map: input_map,
                tile: PhantomData,
            });
            let channels = [inputs, outputs];
            winograd.multiply(self.group, v, self.factors, channels, products);
            arch().dispatch(OutputTiles::<T, M, N> {
                winograd,
                group: self.group,
                products,
                bias: self.bias,
                relu: self.relu,
                map: output_map,
                sink: self.sink,
                tile: PhantomData,
            });
        });
    }
}
