//! Batch normalisation over everything but the channels (Ioffe and Szegedy, 2015), with Keras's
//! running values: the batch's biased variance, weighted 1 - momentum.

use rayon::prelude::*;

/// What a training pass found out about a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchStatistics {
    /// The mean of each channel.
    pub mean: Vec<f32>,
    /// The biased variance of each channel.
    pub variance: Vec<f32>,
}

/// Mean and biased variance of each channel of x (rows, channels).
pub fn statistics(channels: usize, x: &[f32]) -> BatchStatistics {
    let rows = x.len() / channels;
    let sums = sum_rows(channels, x.len() / channels, |row, sums: &mut [f64]| {
        let (sum, squares) = sums.split_at_mut(channels);
        let x = &x[row * channels..(row + 1) * channels];
        for ((sum, square), x) in sum.iter_mut().zip(squares).zip(x) {
            let x = f64::from(*x);
            *sum += x;
            *square += x * x;
        }
    });
    let (sum, squares) = sums.split_at(channels);
    let mean = sum.iter().map(|sum| sum / rows as f64);
    BatchStatistics {
        mean: mean.clone().map(|mean| mean as f32).collect(),
        variance: mean
            .zip(squares)
            .map(|(mean, square)| (square / rows as f64 - mean * mean).max(0.0) as f32)
            .collect(),
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
    let channels = gamma.len();
    let scale: Vec<f32> = gamma
        .iter()
        .zip(inverse_deviation(statistics, epsilon))
        .map(|(gamma, inverse)| gamma * inverse)
        .collect();
    let shift: Vec<f32> = beta
        .iter()
        .zip(&statistics.mean)
        .zip(&scale)
        .map(|((beta, mean), scale)| beta - mean * scale)
        .collect();
    y.par_chunks_mut(ROWS * channels)
        .zip(x.par_chunks(ROWS * channels))
        .for_each(|(y, x)| {
            for (y, x) in y.chunks_mut(channels).zip(x.chunks(channels)) {
                for (((y, x), scale), shift) in y.iter_mut().zip(x).zip(&scale).zip(&shift) {
                    *y = x * scale + shift;
                }
            }
        });
}

/// Moves the running values towards a batch's: running * momentum + batch * (1 - momentum).
pub fn update_running(momentum: f32, batch: &[f32], running: &mut [f32]) {
    for (running, batch) in running.iter_mut().zip(batch) {
        *running = *running * momentum + batch * (1.0 - momentum);
    }
}

/// The gradients of [`normalise`] with the batch's own statistics, which depend on x too. The
/// input's gradient is added to `dx`, those of gamma and beta are written.
#[expect(clippy::too_many_arguments, reason = "three operands, three gradients")]
pub fn backward(
    statistics: &BatchStatistics,
    epsilon: f32,
    gamma: &[f32],
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    dgamma: &mut [f32],
    dbeta: &mut [f32],
) {
    let channels = gamma.len();
    let rows = x.len() / channels;
    let inverse: Vec<f32> = inverse_deviation(statistics, epsilon).collect();
    let mean = &statistics.mean;
    let sums = sum_rows(channels, rows, |row, sums: &mut [f64]| {
        let (dbeta, dgamma) = sums.split_at_mut(channels);
        let at = row * channels;
        for channel in 0..channels {
            let dy = f64::from(dy[at + channel]);
            let normal = (x[at + channel] - mean[channel]) * inverse[channel];
            dbeta[channel] += dy;
            dgamma[channel] += dy * f64::from(normal);
        }
    });
    for (target, sum) in dbeta.iter_mut().chain(dgamma.iter_mut()).zip(&sums) {
        *target = *sum as f32;
    }
    let (dgamma, dbeta) = (&*dgamma, &*dbeta);
    let count = rows as f32;
    dx.par_chunks_mut(ROWS * channels)
        .zip(x.par_chunks(ROWS * channels))
        .zip(dy.par_chunks(ROWS * channels))
        .for_each(|((dx, x), dy)| {
            for at in 0..x.len() {
                let channel = at % channels;
                let normal = (x[at] - mean[channel]) * inverse[channel];
                let centred = dy[at] - (dbeta[channel] + normal * dgamma[channel]) / count;
                dx[at] += gamma[channel] * inverse[channel] * centred;
            }
        });
}

/// Rows of a task.
const ROWS: usize = 1024;

fn inverse_deviation(statistics: &BatchStatistics, epsilon: f32) -> impl Iterator<Item = f32> + '_ {
    statistics
        .variance
        .iter()
        .map(move |variance| 1.0 / (variance + epsilon).sqrt())
}

/// Two sums for each channel over all rows: each group of [`ROWS`] rows by itself, then the
/// groups in their order.
fn sum_rows(channels: usize, rows: usize, add: impl Fn(usize, &mut [f64]) + Sync) -> Vec<f64> {
    let groups: Vec<Vec<f64>> = (0..rows.div_ceil(ROWS))
        .into_par_iter()
        .map(|group| {
            let mut sums = vec![0.0; 2 * channels];
            for row in group * ROWS..rows.min((group + 1) * ROWS) {
                add(row, &mut sums);
            }
            sums
        })
        .collect();
    let mut total = vec![0.0; 2 * channels];
    for sums in groups {
        for (total, sum) in total.iter_mut().zip(sums) {
            *total += sum;
        }
    }
    total
}
