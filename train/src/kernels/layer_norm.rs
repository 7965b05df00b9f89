//! Normalisation of each row by its own mean and biased variance (Ba et al., 2016).

use rayon::prelude::*;

use super::simd::arch;

/// Rows of a task, whose gradients of gamma and beta are summed by themselves.
const ROWS: usize = 256;

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta with mean and variance of each row. x and y
/// (rows, channels), gamma and beta (channels).
pub fn forward(epsilon: f32, gamma: &[f32], beta: &[f32], x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    let channels = gamma.len();
    y.par_chunks_mut(ROWS * channels)
        .zip(x.par_chunks(ROWS * channels))
        .for_each(|(y, x)| {
            arch().dispatch(|| {
                for (y, x) in y.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                    let (mean, inverse) = moments(epsilon, x);
                    let factors = gamma.iter().zip(beta);
                    for ((y, x), (gamma, beta)) in y.iter_mut().zip(x).zip(factors) {
                        *y = (x - mean) * inverse * gamma + beta;
                    }
                }
            });
        });
}

/// The gradients of [`forward`], all of them written: with n = (x - mean) / sqrt(variance + epsilon)
/// and g = dy * gamma, dx = (g - mean(g) - n * mean(g * n)) / sqrt(variance + epsilon).
pub fn backward(
    epsilon: f32,
    gamma: &[f32],
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    dgamma: &mut [f32],
    dbeta: &mut [f32],
) {
    assert_eq!(x.len(), dx.len());
    assert_eq!(dy.len(), dx.len());
    let channels = gamma.len();
    let group = ROWS * channels;
    let groups = x.len().div_ceil(group);
    let mut sums = vec![0.0_f32; groups * 2 * channels];
    dx.par_chunks_mut(group)
        .zip(x.par_chunks(group))
        .zip(dy.par_chunks(group))
        .zip(sums.par_chunks_mut(2 * channels))
        .for_each(|(((dx, x), dy), sums)| {
            let (dgamma, dbeta) = sums.split_at_mut(channels);
            arch().dispatch(|| {
                let rows = x.chunks_exact(channels).zip(dy.chunks_exact(channels));
                for (dx, (x, dy)) in dx.chunks_exact_mut(channels).zip(rows) {
                    let (mean, inverse) = moments(epsilon, x);
                    let (mut mean_g, mut mean_gn) = (0.0, 0.0);
                    for (channel, (x, dy)) in x.iter().zip(dy).enumerate() {
                        let normalised = (x - mean) * inverse;
                        let g = dy * gamma[channel];
                        mean_g += g;
                        mean_gn += g * normalised;
                        dgamma[channel] += dy * normalised;
                        dbeta[channel] += dy;
                    }
                    mean_g /= channels as f32;
                    mean_gn /= channels as f32;
                    for (channel, (dx, (x, dy))) in dx.iter_mut().zip(x.iter().zip(dy)).enumerate()
                    {
                        let normalised = (x - mean) * inverse;
                        *dx = (dy * gamma[channel] - mean_g - normalised * mean_gn) * inverse;
                    }
                }
            });
        });
    for (which, gradient) in [dgamma, dbeta].into_iter().enumerate() {
        for (channel, gradient) in gradient.iter_mut().enumerate() {
            let at = which * channels + channel;
            let groups = sums.iter().skip(at).step_by(2 * channels);
            *gradient = groups.map(|&sum| f64::from(sum)).sum::<f64>() as f32;
        }
    }
}

/// Mean and 1 / sqrt(biased variance + epsilon) of a row.
#[inline(always)]
fn moments(epsilon: f32, row: &[f32]) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = row.iter().sum::<f32>() / count;
    let squares: f32 = row.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, 1.0 / (squares / count + epsilon).sqrt())
}
