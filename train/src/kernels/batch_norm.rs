//! Batch normalisation over everything but the channels (Ioffe and Szegedy, 2015), with Keras's
//! running values: the batch's biased variance, weighted 1 - momentum.

mod activated;
pub mod residual;
mod row_sums;

use pipelines::spec::Activation;
use rayon::prelude::*;

use super::simd::arch;
pub use activated::Activated;
use row_sums::{Term, sum_rows};

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
        self.then(Activation::Linear).forward(x, y);
    }

    /// The same with `activation` behind it.
    pub fn then(&self, activation: Activation) -> Activated<'_> {
        Activated {
            affine: self,
            activation,
        }
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
    let mean = &statistics.mean;
    let sums = sum_rows(dgamma.len(), x, dy, Term::Products { mean });
    set_parameter_gradients(statistics, epsilon, &sums, dgamma, dbeta);
}

/// From sums over groups, (groups, 2, channels): of dy and of dy * (x - mean).
fn set_parameter_gradients(
    statistics: &BatchStatistics,
    epsilon: f32,
    sums: &[f64],
    dgamma: &mut [f32],
    dbeta: &mut [f32],
) {
    let channels = dgamma.len();
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
                arch().dispatch(|| {
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
