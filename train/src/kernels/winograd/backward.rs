//! The backward pass.

// Tasks write to parts of their own.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use rayon::prelude::*;

use super::{
    Input, Winograd, gradient_tiles::GradientTiles, input_gradient_tiles::InputGradientTiles,
    input_tiles::InputTiles, line_map::line_map_len, pad, panels::panels, tile::Tile, with_tile,
};
use crate::kernels::{
    gemm::{Batch, Gemm, Left, Segments, Start},
    lanes::{LANES, from_line},
    scratch::with_scratch,
    shared_slice::SharedSlice,
    simd::arch,
};

/// The gradient of what a forward pass gave, from which that of the convolution's own results is
/// made while it is transformed.
#[derive(Clone, Copy, Debug)]
pub enum OutputGradient<'a> {
    /// Of all wanted outputs, (N, wanted height, wanted width, out).
    Map {
        /// The gradient.
        dy: &'a [f32],
        /// The outputs, if they went through a ReLU.
        relu: Option<&'a [f32]>,
    },
    /// Of the values that 2 x 2 pooling chose.
    Pooled {
        /// The gradient.
        dy: &'a [f32],
        /// Where each value came from.
        winner: &'a [u8],
    },
    /// Of a batch normalisation of the outputs. The gradient of an output y is dy * `dy_factor` + y *
    /// `map_factor` + `constant`; with a ReLU, zero where y is not positive.
    Normalised {
        /// The gradient behind the normalisation.
        dy: &'a [f32],
        /// Where each value came from, if 2 x 2 pooling chose some.
        winner: Option<&'a [u8]>,
        /// The outputs, (N, wanted height, wanted width, out).
        map: &'a [f32],
        /// Whether the outputs went through a ReLU.
        relu: bool,
        /// One for each channel.
        dy_factor: &'a [f32],
        /// One for each channel.
        map_factor: &'a [f32],
        /// One for each channel.
        constant: &'a [f32],
    },
}

/// What a backward pass reads and writes.
#[derive(Debug)]
pub struct Backward<'a> {
    /// What the forward pass has read.
    pub input: Input<'a>,
    /// The transposed factors of the filters; not read without `dx`.
    pub factors_transposed: &'a [f32],
    /// Where it begins.
    pub gradient: OutputGradient<'a>,
    /// The gradient of what was convolved, (N, H, W, in); written. It is that of the normalised values if the
    /// input is normalised first.
    pub dx: Option<&'a mut [f32]>,
    /// What is added to that gradient: that of another layer that has read the same.
    pub other_dx: Option<&'a [f32]>,
    /// The kernel's gradient, (3, 3, in, out); written.
    pub dkernel: &'a mut [f32],
    /// The bias's gradient, (out); written.
    pub dbias: &'a mut [f32],
}

impl Winograd {
    /// The gradients of [`Winograd::forward`].
    pub fn backward(&self, backward: Backward<'_>) {
        let Backward {
            input,
            factors_transposed,
            gradient,
            dx,
            other_dx,
            dkernel,
            dbias,
        } = backward;
        let shape = &self.shape;
        let (inputs, outputs) = (shape.in_channels, shape.out_channels);
        input.check(shape.input_len(), shape.in_channels);
        assert!(other_dx.is_none_or(|other| other.len() == shape.input_len()));
        assert!(dx.is_none() || factors_transposed.len() == self.filter_len());
        assert_eq!(dbias.len(), outputs);
        self.check(&gradient);
        let factors_transposed = match dx {
            Some(_) => from_line(factors_transposed),
            None => &[],
        };
        let dx = dx.map(|dx| {
            assert_eq!(dx.len(), shape.input_len());
            SharedSlice::new(dx)
        });
        let (v_len, d_len) = (self.group_len(inputs), self.group_len(outputs));
        let stage = self.stage.min(self.groups());
        let bias_len = (self.sums() * outputs).next_multiple_of(LANES);
        let group_sums = self.group / self.summed * outputs;
        let lens = [self.filter_len(), bias_len, stage * v_len];
        with_scratch(lens.iter().sum::<usize>() + stage * d_len, |scratch| {
            let (dfactors, scratch) = scratch.split_at_mut(lens[0]);
            let (bias_sums, scratch) = scratch.split_at_mut(lens[1]);
            let (v, d) = scratch.split_at_mut(lens[2]);
            bias_sums.fill(0.0);
            for first in (0..self.groups()).step_by(stage) {
                let groups = first..self.groups().min(first + stage);
                let end = (groups.end * group_sums).min(self.sums() * outputs);
                let bias_sums = &mut bias_sums[first * group_sums..end];
                v.par_chunks_mut(v_len)
                    .zip(d.par_chunks_mut(d_len))
                    .zip(bias_sums.par_chunks_mut(group_sums))
                    .enumerate()
                    .for_each(|(index, ((v, d), bias_sums))| {
                        let task = BackwardTask {
                            winograd: self,
                            group: first + index,
                            input,
                            gradient,
                            factors_transposed,
                            v,
                            d,
                            bias_sums,
                            dx,
                            other_dx,
                        };
                        with_tile!(self, run, task);
                    });
                dfactors
                    .par_chunks_mut(self.filter_plane())
                    .take(self.points())
                    .enumerate()
                    .for_each(|(point, dfactors)| {
                        self.add_filter_gradients(point, groups.clone(), v, d, dfactors);
                    });
            }
            for (channel, dbias) in dbias.iter_mut().enumerate() {
                let sums = bias_sums[..self.sums() * outputs].iter();
                let sums = sums.skip(channel).step_by(outputs);
                *dbias = sums.map(|&sum| f64::from(sum)).sum::<f64>() as f32;
            }
            self.transform_filter_gradients(dfactors, dkernel);
        });
    }

    fn check(&self, gradient: &OutputGradient<'_>) {
        let outputs = self.shape.out_channels;
        let images = self.shape.windows.batch * outputs;
        let map_len = images * self.wanted[0] * self.wanted[1];
        let pooled_len = images * (self.wanted[0] / 2) * (self.wanted[1] / 2);
        match *gradient {
            OutputGradient::Map { dy, relu } => {
                assert_eq!(dy.len(), map_len);
                assert!(relu.is_none_or(|relu| relu.len() == map_len));
            }
            OutputGradient::Pooled { dy, winner } => {
                assert_eq!([dy.len(), winner.len()], [pooled_len; 2]);
            }
            OutputGradient::Normalised {
                dy,
                winner,
                map,
                dy_factor,
                map_factor,
                constant,
                ..
            } => {
                match winner {
                    Some(winner) => assert_eq!([dy.len(), winner.len()], [pooled_len; 2]),
                    None => assert_eq!(dy.len(), map_len),
                }
                assert_eq!(map.len(), map_len);
                let lens = [dy_factor.len(), map_factor.len(), constant.len()];
                assert_eq!(lens, [outputs; 3]);
            }
        }
    }

    /// dU = Vᵀ · D at one point, summed over the tiles of `groups` in their order and, unless these
    /// are the first, added to what is there.
    fn add_filter_gradients(
        &self,
        point: usize,
        groups: std::ops::Range<usize>,
        v: &[f32],
        d: &[f32],
        dfactors: &mut [f32],
    ) {
        let (inputs, outputs) = (self.shape.in_channels, self.shape.out_channels);
        let (v_len, d_len) = (self.group_len(inputs), self.group_len(outputs));
        // The last group may have fewer images.
        let whole = (self.shape.windows.batch / self.group).clamp(groups.start, groups.end);
        let mut start = match groups.start {
            0 => Start::Zero,
            _ => Start::Accumulate,
        };
        for part in [groups.start..whole, whole..groups.end] {
            if part.is_empty() {
                continue;
            }
            let index = part.start - groups.start;
            let tiles = self.images(part.start).len() * self.tiles_of_image();
            let v = &v[index * v_len + point * self.plane_len(inputs)..];
            let d = &d[index * d_len + point * self.plane_len(outputs)..];
            for panel in panels([inputs, outputs]) {
                Gemm {
                    shape: (inputs, panel.width, tiles),
                    a: Left::transposed(v, pad(inputs)),
                    b: &d[panel.column..],
                    b_stride: pad(outputs),
                    c: &mut dfactors[panel.start..],
                    c_stride: panel.width,
                    segments: Segments {
                        count: part.len(),
                        a_stride: v_len,
                        b_stride: d_len,
                    },
                    start,
                    batch: Batch::ONE,
                    relu: false,
                }
                .run();
            }
            start = Start::Accumulate;
        }
    }
}

struct BackwardTask<'a> {
    winograd: &'a Winograd,
    group: usize,
    input: Input<'a>,
    gradient: OutputGradient<'a>,
    factors_transposed: &'a [f32],
    v: &'a mut [f32],
    d: &'a mut [f32],
    bias_sums: &'a mut [f32],
    dx: Option<SharedSlice<'a, f32>>,
    other_dx: Option<&'a [f32]>,
}

impl BackwardTask<'_> {
    fn run<T: Tile<M, N>, const M: usize, const N: usize>(self) {
        let winograd = self.winograd;
        let (inputs, outputs) = (winograd.shape.in_channels, winograd.shape.out_channels);
        let lens = [
            winograd.group_len(inputs),
            line_map_len(winograd.input_map()),
            line_map_len(winograd.output_map()),
        ];
        with_scratch(lens.iter().sum(), |scratch| {
            let (products, scratch) = scratch.split_at_mut(lens[0]);
            let (input_map, output_map) = scratch.split_at_mut(lens[1]);
            arch().dispatch(InputTiles::<T, M, N> {
                winograd,
                group: self.group,
                input: self.input,
                v: self.v,
                map: &mut *input_map,
                tile: PhantomData,
            });
            arch().dispatch(GradientTiles::<T, M, N> {
                winograd,
                group: self.group,
                gradient: self.gradient,
                d: &mut *self.d,
                bias_sums: self.bias_sums,
                map: output_map,
                tile: PhantomData,
            });
            let Some(dx) = self.dx else {
                return;
            };
            let channels = [outputs, inputs];
            winograd.multiply(
                self.group,
                self.d,
                self.factors_transposed,
                channels,
                products,
            );
            arch().dispatch(InputGradientTiles::<T, M, N> {
                winograd,
                group: self.group,
                products,
                map: input_map,
                dx,
                other_dx: self.other_dx,
                tile: PhantomData,
            });
        });
    }
}
