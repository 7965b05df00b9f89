//! Mean and maximum of each channel over a whole map.

use rayon::prelude::*;

/// y = the mean of each channel. x (N, `area`, channels), y (N, channels).
pub fn average(area: usize, channels: usize, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len() * area);
    let scale = 1.0 / area as f32;
    y.par_chunks_mut(channels)
        .zip(x.par_chunks(area * channels))
        .for_each(|(y, x)| {
            y.fill(0.0);
            for x in x.chunks_exact(channels) {
                for (y, x) in y.iter_mut().zip(x) {
                    *y += x;
                }
            }
            for y in y {
                *y *= scale;
            }
        });
}

/// Writes the gradient of [`average`]'s input: dy / `area` at each position.
pub fn average_backward(area: usize, channels: usize, dy: &[f32], dx: &mut [f32]) {
    assert_eq!(dx.len(), dy.len() * area);
    let scale = 1.0 / area as f32;
    dx.par_chunks_mut(area * channels)
        .zip(dy.par_chunks(channels))
        .for_each(|(dx, dy)| {
            for dx in dx.chunks_exact_mut(channels) {
                for (dx, dy) in dx.iter_mut().zip(dy) {
                    *dx = dy * scale;
                }
            }
        });
}

/// y = the largest value of each channel. x (N, `area`, channels), y (N, channels).
pub fn max(area: usize, channels: usize, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len() * area);
    y.par_chunks_mut(channels)
        .zip(x.par_chunks(area * channels))
        .for_each(|(y, x)| {
            y.fill(f32::NEG_INFINITY);
            for x in x.chunks_exact(channels) {
                for (y, x) in y.iter_mut().zip(x) {
                    // A NaN must reach the loss, not hide.
                    if *x > *y || x.is_nan() {
                        *y = *x;
                    }
                }
            }
        });
}

/// Writes the gradient of [`max`]'s input: dy at the largest value; equal ones share it evenly, as in
/// TensorFlow's `reduce_max` and PyTorch's `amax`.
pub fn max_backward(
    area: usize,
    channels: usize,
    x: &[f32],
    y: &[f32],
    dy: &[f32],
    dx: &mut [f32],
) {
    assert_eq!(x.len(), dx.len());
    assert_eq!(dx.len(), dy.len() * area);
    dx.par_chunks_mut(area * channels)
        .zip(x.par_chunks(area * channels))
        .zip(y.par_chunks(channels).zip(dy.par_chunks(channels)))
        .for_each(|((dx, x), (y, dy))| {
            let mut counts = vec![0.0_f32; channels];
            for x in x.chunks_exact(channels) {
                for ((count, x), y) in counts.iter_mut().zip(x).zip(y) {
                    *count += if x == y { 1.0 } else { 0.0 };
                }
            }
            for (dx, x) in dx.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                let values = x.iter().zip(y).zip(dy.iter().zip(&counts));
                for (dx, ((x, y), (dy, count))) in dx.iter_mut().zip(values) {
                    *dx = if x == y { dy / count } else { 0.0 };
                }
            }
        });
}
