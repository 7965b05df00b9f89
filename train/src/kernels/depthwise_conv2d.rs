//! Convolution of each channel with a kernel of its own.

use rayon::prelude::*;

use super::simd::arch;
use super::window::Windows;

/// Groups that a batch is cut into for sums over its images.
const GROUPS: usize = 8;

/// y = x * kernel + bias. x (N, H, W, channels), kernel (kernel height, kernel width, channels), bias
/// (channels), y (N, output height, output width, channels).
pub fn forward(windows: &Windows, x: &[f32], kernel: &[f32], bias: &[f32], y: &mut [f32]) {
    let channels = bias.len();
    let (input, output) = (
        windows.input_area() * channels,
        windows.output_area() * channels,
    );
    assert_eq!(x.len(), windows.batch * input);
    assert_eq!(y.len(), windows.batch * output);
    assert_eq!(kernel.len(), windows.window_area() * channels);
    y.par_chunks_mut(output)
        .zip(x.par_chunks(input))
        .for_each(|(y, x)| {
            arch().dispatch(|| {
                for (at, y) in y.chunks_exact_mut(channels).enumerate() {
                    y.copy_from_slice(bias);
                    for_each_tap(windows, at, |from, tap| {
                        let x = &x[from * channels..(from + 1) * channels];
                        let kernel = &kernel[tap * channels..(tap + 1) * channels];
                        for ((y, x), weight) in y.iter_mut().zip(x).zip(kernel) {
                            *y += x * weight;
                        }
                    });
                }
            });
        });
}

/// The gradients of [`forward`] from that of its result, `dy`; all of them are written.
pub fn backward(
    windows: &Windows,
    x: &[f32],
    kernel: &[f32],
    dy: &[f32],
    dx: Option<&mut [f32]>,
    dkernel: &mut [f32],
    dbias: &mut [f32],
) {
    let channels = dbias.len();
    let (input, output) = (
        windows.input_area() * channels,
        windows.output_area() * channels,
    );
    assert_eq!(x.len(), windows.batch * input);
    assert_eq!(dy.len(), windows.batch * output);
    assert_eq!(dkernel.len(), kernel.len());
    if let Some(dx) = dx {
        input_gradient(windows, kernel, dy, [input, output], dx);
    }
    // Each group of images sums its own gradient of kernel and bias.
    let images = windows.batch.div_ceil(GROUPS).max(1);
    let mut sums = vec![0.0_f32; windows.batch.div_ceil(images) * (kernel.len() + channels)];
    sums.par_chunks_mut(kernel.len() + channels)
        .zip(x.par_chunks(images * input))
        .zip(dy.par_chunks(images * output))
        .for_each(|((sums, x), dy)| {
            let (dkernel, dbias) = sums.split_at_mut(kernel.len());
            arch().dispatch(|| {
                for (x, dy) in x.chunks_exact(input).zip(dy.chunks_exact(output)) {
                    for (at, dy) in dy.chunks_exact(channels).enumerate() {
                        for (sum, dy) in dbias.iter_mut().zip(dy) {
                            *sum += dy;
                        }
                        for_each_tap(windows, at, |from, tap| {
                            let x = &x[from * channels..(from + 1) * channels];
                            let sums = &mut dkernel[tap * channels..(tap + 1) * channels];
                            for ((sum, x), dy) in sums.iter_mut().zip(x).zip(dy) {
                                *sum += x * dy;
                            }
                        });
                    }
                }
            });
        });
    dkernel.fill(0.0);
    dbias.fill(0.0);
    for sums in sums.chunks_exact(kernel.len() + channels) {
        let totals = dkernel.iter_mut().chain(&mut *dbias);
        for (total, sum) in totals.zip(sums) {
            *total += sum;
        }
    }
}

fn input_gradient(
    windows: &Windows,
    kernel: &[f32],
    dy: &[f32],
    [input, output]: [usize; 2],
    dx: &mut [f32],
) {
    let channels = kernel.len() / windows.window_area();
    assert_eq!(dx.len(), windows.batch * input);
    dx.par_chunks_mut(input)
        .zip(dy.par_chunks(output))
        .for_each(|(dx, dy)| {
            arch().dispatch(|| {
                dx.fill(0.0);
                for (at, dy) in dy.chunks_exact(channels).enumerate() {
                    for_each_tap(windows, at, |to, tap| {
                        let dx = &mut dx[to * channels..(to + 1) * channels];
                        let kernel = &kernel[tap * channels..(tap + 1) * channels];
                        for ((dx, dy), weight) in dx.iter_mut().zip(dy).zip(kernel) {
                            *dx += dy * weight;
                        }
                    });
                }
            });
        });
}

/// Calls `visit` with the position in the map and the number in the kernel of each tap of the window
/// number `at` that lies inside the map.
#[inline(always)]
fn for_each_tap(windows: &Windows, at: usize, mut visit: impl FnMut(usize, usize)) {
    let position = [at / windows.output[1], at % windows.output[1]];
    for tap in 0..windows.window_area() {
        let (down, right) = (tap / windows.size[1], tap % windows.size[1]);
        if let Some(from) = windows.position(position, down, right) {
            visit(from, tap);
        }
    }
}
