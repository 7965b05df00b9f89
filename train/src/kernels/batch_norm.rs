//! Batch normalisation over everything but the channels (Ioffe and Szegedy, 2015), with Keras's
//! running values: the batch's biased variance, weighted 1 - momentum.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    lanes::{full_or_part, load, store},
    scratch::with_scratch,
};

/// What a training pass found out about a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchStatistics {
    /// The mean of each channel.
    pub mean: Vec<f32>,
    /// The biased variance of each channel.
    pub variance: Vec<f32>,
}

impl BatchStatistics {
    /// From sums over groups, (groups, 2, channels): of the values and of their squares, `rows`
    /// values a channel in all.
    pub fn from_sums(channels: usize, rows: usize, sums: &[f64]) -> Self {
        let total = |which: usize, channel: usize| -> f64 {
            let at = which * channels + channel;
            sums.iter().skip(at).step_by(2 * channels).sum::<f64>() / rows as f64
        };
        let (mut mean, mut variance) = (Vec::new(), Vec::new());
        for channel in 0..channels {
            let mean_of_channel = total(0, channel);
            mean.push(mean_of_channel as f32);
            let squares = total(1, channel);
            variance.push((squares - mean_of_channel * mean_of_channel).max(0.0) as f32);
        }
        Self { mean, variance }
    }

    fn inverse_deviation(&self, epsilon: f32) -> impl Iterator<Item = f32> + '_ {
        let variance = self.variance.iter();
        variance.map(move |variance| 1.0 / (variance + epsilon).sqrt())
    }
}

/// Mean and biased variance of each channel of x (rows, channels).
pub fn statistics(channels: usize, x: &[f32]) -> BatchStatistics {
    let rows = x.len() / channels;
    // Sums of differences from some value of the channel do not cancel where the mean is large.
    let pivot = &x[..channels];
    let sums = sum_rows(channels, x, x, Term::Squares { pivot });
    let mut statistics = BatchStatistics::from_sums(channels, rows, &sums);
    for (mean, pivot) in statistics.mean.iter_mut().zip(pivot) {
        *mean += pivot;
    }
    statistics
}

/// y = x * scale + shift, the same for all rows of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// One for each channel.
    pub scale: Vec<f32>,
    /// One for each channel.
    pub shift: Vec<f32>,
}

impl Affine {
    /// (x - mean) / sqrt(variance + epsilon) * gamma + beta.
    pub fn normalisation(
        statistics: &BatchStatistics,
        epsilon: f32,
        gamma: &[f32],
        beta: &[f32],
    ) -> Self {
        let scale: Vec<f32> = gamma
            .iter()
            .zip(statistics.inverse_deviation(epsilon))
            .map(|(gamma, inverse)| gamma * inverse)
            .collect();
        let shift = beta
            .iter()
            .zip(&statistics.mean)
            .zip(&scale)
            .map(|((beta, mean), scale)| beta - mean * scale)
            .collect();
        Self { scale, shift }
    }

    /// Writes y (rows, channels) for x (rows, channels).
    pub fn apply(&self, x: &[f32], y: &mut [f32]) {
        assert_eq!(x.len(), y.len());
        let channels = self.scale.len();
        y.par_chunks_mut(ROWS * channels)
            .zip(x.par_chunks(ROWS * channels))
            .for_each(|(y, x)| {
                Arch::new().dispatch(|| {
                    for (y, x) in y.chunks_mut(channels).zip(x.chunks(channels)) {
                        let factors = self.scale.iter().zip(&self.shift);
                        for ((y, x), (scale, shift)) in y.iter_mut().zip(x).zip(factors) {
                            *y = x * scale + shift;
                        }
                    }
                });
            });
    }
}

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, for x and y (rows, channels).
pub fn normalise(
    statistics: &BatchStatistics,
    epsilon: f32,
    gamma: &[f32],
    beta: &[f32],
    x: &[f32],
    y: &mut [f32],
) {
    Affine::normalisation(statistics, epsilon, gamma, beta).apply(x, y);
}

/// Moves the running values towards a batch's: running * momentum + batch * (1 - momentum).
pub fn update_running(momentum: f32, batch: &[f32], running: &mut [f32]) {
    for (running, batch) in running.iter_mut().zip(batch) {
        *running = *running * momentum + batch * (1.0 - momentum);
    }
}

/// Writes the gradients of gamma and beta: dgamma = sum of dy * (x - mean) / sqrt(variance +
/// epsilon), dbeta = sum of dy. x and dy (rows, channels) may leave out rows whose dy is zero.
pub fn parameter_gradients(
    statistics: &BatchStatistics,
    epsilon: f32,
    x: &[f32],
    dy: &[f32],
    dgamma: &mut [f32],
    dbeta: &mut [f32],
) {
    let channels = dgamma.len();
    let mean = &statistics.mean;
    let sums = sum_rows(channels, x, dy, Term::Products { mean });
    let total = |which: usize, channel: usize| -> f64 {
        let at = which * channels + channel;
        sums.iter().skip(at).step_by(2 * channels).sum()
    };
    for (channel, inverse) in statistics.inverse_deviation(epsilon).enumerate() {
        dbeta[channel] = total(0, channel) as f32;
        dgamma[channel] = (total(1, channel) * f64::from(inverse)) as f32;
    }
}

/// The gradient of the input of a normalisation by the batch's own statistics, which depend on it
/// too: dx = dy * `dy_factor` + x * `x_factor` + `constant`.
#[derive(Clone, Debug, PartialEq)]
pub struct InputGradient {
    /// One for each channel.
    pub dy_factor: Vec<f32>,
    /// One for each channel.
    pub x_factor: Vec<f32>,
    /// One for each channel.
    pub constant: Vec<f32>,
}

impl InputGradient {
    /// From the gradients of gamma and beta, for a batch of `rows` values a channel: with n =
    /// (x - mean) / sqrt(variance + epsilon), dx = gamma / sqrt(variance + epsilon) * (dy -
    /// (dbeta + n * dgamma) / rows).
    pub fn new(
        statistics: &BatchStatistics,
        epsilon: f32,
        rows: usize,
        gamma: &[f32],
        dgamma: &[f32],
        dbeta: &[f32],
    ) -> Self {
        let mut gradient = Self {
            dy_factor: Vec::new(),
            x_factor: Vec::new(),
            constant: Vec::new(),
        };
        for (channel, inverse) in statistics.inverse_deviation(epsilon).enumerate() {
            let factor = gamma[channel] * inverse;
            let slope = -factor * inverse * dgamma[channel] / rows as f32;
            gradient.dy_factor.push(factor);
            gradient.x_factor.push(slope);
            let offset = -factor * dbeta[channel] / rows as f32;
            gradient
                .constant
                .push(offset - slope * statistics.mean[channel]);
        }
        gradient
    }

    /// Writes dx, for x, dy and dx (rows, channels).
    pub fn apply(&self, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        let channels = self.constant.len();
        dx.par_chunks_mut(ROWS * channels)
            .zip(x.par_chunks(ROWS * channels))
            .zip(dy.par_chunks(ROWS * channels))
            .for_each(|((dx, x), dy)| {
                Arch::new().dispatch(|| {
                    let rows = x.chunks(channels).zip(dy.chunks(channels));
                    for (dx, (x, dy)) in dx.chunks_mut(channels).zip(rows) {
                        for channel in 0..channels {
                            dx[channel] = dy[channel] * self.dy_factor[channel]
                                + x[channel] * self.x_factor[channel]
                                + self.constant[channel];
                        }
                    }
                });
            });
    }
}

/// Rows of a task.
const ROWS: usize = 512;

#[derive(Clone, Copy)]
enum Term<'a> {
    /// x - pivot, and its square.
    Squares { pivot: &'a [f32] },
    /// dy, and dy * (x - mean).
    Products { mean: &'a [f32] },
}

/// Two sums for each channel of each group of [`ROWS`] rows, (groups, 2, channels).
fn sum_rows(channels: usize, x: &[f32], dy: &[f32], term: Term<'_>) -> Vec<f64> {
    assert_eq!(x.len(), dy.len());
    let groups = x.len().div_ceil(ROWS * channels);
    let mut sums = vec![0.0; groups * 2 * channels];
    sums.par_chunks_mut(2 * channels)
        .zip(x.par_chunks(ROWS * channels))
        .zip(dy.par_chunks(ROWS * channels))
        .for_each(|((sums, x), dy)| {
            with_scratch(2 * channels, |room| {
                Arch::new().dispatch(SumRows {
                    channels,
                    x,
                    dy,
                    term,
                    sums: room,
                });
                for (sum, &value) in sums.iter_mut().zip(&*room) {
                    *sum = f64::from(value);
                }
            });
        });
    sums
}

struct SumRows<'a> {
    channels: usize,
    x: &'a [f32],
    dy: &'a [f32],
    term: Term<'a>,
    /// (2, channels)
    sums: &'a mut [f32],
}

impl WithSimd for SumRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.channels;
        for channel in (0..channels).step_by(S::F32_LANES) {
            let count = (channels - channel).min(S::F32_LANES);
            full_or_part!(simd: S, count => {
                let part = |values: &[f32], at: usize| {
                    let values = &values[at..at + count];
                    // SAFETY: `count` values.
                    unsafe { load(simd, values.as_ptr(), count) }
                };
                let mut sums = [simd.splat_f32s(0.0); 2];
                match self.term {
                    Term::Squares { pivot } => {
                        let pivot = part(pivot, channel);
                        for row in 0..self.x.len() / channels {
                            let x = part(self.x, row * channels + channel);
                            let x = simd.sub_f32s(x, pivot);
                            sums[0] = simd.add_f32s(sums[0], x);
                            sums[1] = simd.mul_add_e_f32s(x, x, sums[1]);
                        }
                    }
                    Term::Products { mean } => {
                        let mean = part(mean, channel);
                        for row in 0..self.x.len() / channels {
                            let x = part(self.x, row * channels + channel);
                            let dy = part(self.dy, row * channels + channel);
                            sums[0] = simd.add_f32s(sums[0], dy);
                            sums[1] = simd.mul_add_e_f32s(dy, simd.sub_f32s(x, mean), sums[1]);
                        }
                    }
                }
                for (which, sum) in sums.into_iter().enumerate() {
                    let at = which * channels + channel;
                    let target = &mut self.sums[at..at + count];
                    // SAFETY: room for `count` values.
                    unsafe { store(simd, target.as_mut_ptr(), count, sum) };
                }
            });
        }
    }
}
