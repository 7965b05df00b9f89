//! Normalisation and an activation in one pass over a map, and the way back in another.

use std::marker::PhantomData;

use pipelines::spec::Activation;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{Affine, BatchStatistics, ROWS, parameter_gradients, set_parameter_gradients};
use crate::kernels::{
    activation::{Function, WithFunction, with_function},
    lanes::LANES,
    scratch::with_scratch,
    simd::arch,
};

/// y = activation(x * scale + shift), for maps of (rows, channels).
#[derive(Clone, Copy, Debug)]
pub struct Activated<'a> {
    /// The normalisation.
    pub affine: &'a Affine,
    /// What the normalised values go through.
    pub activation: Activation,
}

impl Activated<'_> {
    /// Writes y for x.
    pub fn forward(&self, x: &[f32], y: &mut [f32]) {
        assert_eq!(x.len(), y.len());
        let factors = Factors::new(self.affine, &[]);
        with_function(
            self.activation,
            Forward {
                factors: &factors,
                x,
                y,
            },
        );
    }

    /// The way back through a normalisation by the batch's own `statistics`: turns `dy` into the
    /// gradient of the normalised values, and writes the gradients of gamma and beta.
    pub fn backward(
        &self,
        statistics: &BatchStatistics,
        epsilon: f32,
        x: &[f32],
        dy: &mut [f32],
        dgamma: &mut [f32],
        dbeta: &mut [f32],
    ) {
        assert_eq!(x.len(), dy.len());
        if self.activation == Activation::Linear {
            parameter_gradients(statistics, epsilon, x, dy, dgamma, dbeta);
            return;
        }
        let channels = dgamma.len();
        let groups = x.len().div_ceil(ROWS * channels);
        let mut sums = vec![0.0; groups * 2 * channels];
        let factors = Factors::new(self.affine, &statistics.mean);
        with_function(
            self.activation,
            Backward {
                factors: &factors,
                x,
                dy,
                sums: &mut sums,
            },
        );
        set_parameter_gradients(statistics, epsilon, &sums, dgamma, dbeta);
    }
}

/// Numbers for each channel, repeated over so many rows that whole blocks of [`LANES`] fill them.
pub(super) struct Factors {
    channels: usize,
    scale: Vec<f32>,
    shift: Vec<f32>,
    mean: Vec<f32>,
}

impl Factors {
    pub(super) fn new(affine: &Affine, mean: &[f32]) -> Self {
        let channels = affine.scale.len();
        let whole = channels * LANES / (1 << channels.trailing_zeros().min(LANES.ilog2()));
        // Few channels get more rows: a sum then waits less for the one before it.
        let len = whole * (4 * LANES / whole).max(1);
        let repeat = |values: &[f32]| values.iter().copied().cycle().take(len).collect();
        Self {
            channels,
            scale: repeat(&affine.scale),
            shift: repeat(&affine.shift),
            mean: repeat(mean),
        }
    }

    /// What the activation reads.
    #[inline(always)]
    pub(super) fn before(&self, index: usize, x: &[f32; LANES]) -> [f32; LANES] {
        let [scale, shift] = [&self.scale, &self.shift].map(|factors| block(factors, index));
        let mut values = [0.0; LANES];
        for lane in 0..LANES {
            values[lane] = x[lane] * scale[lane] + shift[lane];
        }
        values
    }

    /// What it gives.
    #[inline(always)]
    fn forward<F: Function>(&self, index: usize, x: &[f32; LANES]) -> [f32; LANES] {
        let mut values = self.before(index, x);
        for value in &mut values {
            *value = F::value(*value);
        }
        values
    }

    /// Turns dy into dz, and adds it and dz * (x - mean) to the sums.
    #[inline(always)]
    fn backward<F: Function>(
        &self,
        index: usize,
        x: &[f32; LANES],
        gradient: &mut [f32; LANES],
        [sums, products]: [&mut [f32]; 2],
    ) {
        let before = self.before(index, x);
        let mean = block(&self.mean, index);
        let (sum, product) = (block_mut(sums, index), block_mut(products, index));
        for lane in 0..LANES {
            gradient[lane] *= F::slope(before[lane]);
        }
        for lane in 0..LANES {
            sum[lane] += gradient[lane];
            product[lane] += gradient[lane] * (x[lane] - mean[lane]);
        }
    }

    /// Numbers for each channel, repeated: the values of whole rows and whole blocks.
    pub(super) fn len(&self) -> usize {
        self.scale.len()
    }

    /// Values of a task: whole rows, and whole blocks but for the end of the map.
    pub(super) fn task_len(&self) -> usize {
        ROWS * self.channels
    }
}

/// The `index`th block of `values`.
#[inline(always)]
pub(super) fn block(values: &[f32], index: usize) -> &[f32; LANES] {
    &values.as_chunks().0[index]
}

/// As [`block`], to be changed.
#[inline(always)]
pub(super) fn block_mut(values: &mut [f32], index: usize) -> &mut [f32; LANES] {
    &mut values.as_chunks_mut().0[index]
}

/// What is behind the last whole block, and zeros.
pub(super) fn rest(values: &[f32]) -> [f32; LANES] {
    let rest = values.as_chunks::<LANES>().1;
    let mut block = [0.0; LANES];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Writes what is behind the last whole block.
pub(super) fn put_rest(block: [f32; LANES], values: &mut [f32]) {
    let rest = values.as_chunks_mut::<LANES>().1;
    rest.copy_from_slice(&block[..rest.len()]);
}

struct Forward<'a> {
    factors: &'a Factors,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl WithFunction for Forward<'_> {
    fn run<F: Function>(self) {
        let task_len = self.factors.task_len();
        self.y
            .par_chunks_mut(task_len)
            .zip(self.x.par_chunks(task_len))
            .for_each(|(y, x)| {
                arch().dispatch(ForwardRows {
                    factors: self.factors,
                    x,
                    y,
                    function: PhantomData::<F>,
                });
            });
    }
}

struct ForwardRows<'a, F> {
    factors: &'a Factors,
    x: &'a [f32],
    y: &'a mut [f32],
    function: PhantomData<F>,
}

impl<F: Function> WithSimd for ForwardRows<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let factors = self.factors;
        let len = factors.scale.len();
        for (y, x) in self.y.chunks_mut(len).zip(self.x.chunks(len)) {
            let whole = x.len() / LANES;
            for index in 0..whole {
                *block_mut(y, index) = factors.forward::<F>(index, block(x, index));
            }
            if whole * LANES < x.len() {
                put_rest(factors.forward::<F>(whole, &rest(x)), y);
            }
        }
    }
}

struct Backward<'a> {
    factors: &'a Factors,
    x: &'a [f32],
    dy: &'a mut [f32],
    /// (tasks, 2, channels)
    sums: &'a mut [f64],
}

impl WithFunction for Backward<'_> {
    fn run<F: Function>(self) {
        let factors = self.factors;
        let task_len = factors.task_len();
        self.dy
            .par_chunks_mut(task_len)
            .zip(self.x.par_chunks(task_len))
            .zip(self.sums.par_chunks_mut(2 * factors.channels))
            .for_each(|((dy, x), sums)| {
                with_scratch(2 * factors.scale.len(), |scratch| {
                    scratch.fill(0.0);
                    arch().dispatch(BackwardRows {
                        factors,
                        x,
                        dy,
                        sums: scratch,
                        function: PhantomData::<F>,
                    });
                    let parts = scratch.chunks_exact(factors.scale.len());
                    for (sums, part) in sums.chunks_exact_mut(factors.channels).zip(parts) {
                        for row in part.chunks_exact(factors.channels) {
                            for (sum, &value) in sums.iter_mut().zip(row) {
                                *sum += f64::from(value);
                            }
                        }
                    }
                });
            });
    }
}

/// Turns dy into dz, the gradient of what the activation has read, and adds dz and dz * (x - mean) to
/// `sums`, (2, repeated channels).
struct BackwardRows<'a, F> {
    factors: &'a Factors,
    x: &'a [f32],
    dy: &'a mut [f32],
    sums: &'a mut [f32],
    function: PhantomData<F>,
}

impl<F: Function> WithSimd for BackwardRows<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let factors = self.factors;
        let len = factors.scale.len();
        let (sums, products) = self.sums.split_at_mut(len);
        for (dy, x) in self.dy.chunks_mut(len).zip(self.x.chunks(len)) {
            let whole = x.len() / LANES;
            for index in 0..whole {
                let mut gradient = *block(dy, index);
                let sums = [&mut *sums, &mut *products];
                factors.backward::<F>(index, block(x, index), &mut gradient, sums);
                *block_mut(dy, index) = gradient;
            }
            if whole * LANES < x.len() {
                let mut gradient = rest(dy);
                let sums = [&mut *sums, &mut *products];
                factors.backward::<F>(whole, &rest(x), &mut gradient, sums);
                put_rest(gradient, dy);
            }
        }
    }
}
