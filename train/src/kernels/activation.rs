//! Activations, value by value, and their slopes.

use pipelines::spec::Activation;
use rayon::prelude::*;

use super::simd::arch;
use super::special_functions::{exp_minus_1, normal_density, normal_distribution, sigmoid, tanh};

/// Values of a task.
const TASK_LEN: usize = 16_384;

/// Slope of a leaky ReLU where x is negative: the default of `keras.activations.leaky_relu`.
const NEGATIVE_SLOPE: f32 = 0.2;

/// y = `activation`(x), of one length.
pub fn forward(activation: Activation, x: &[f32], y: &mut [f32]) {
    match activation {
        Activation::Linear => y.copy_from_slice(x),
        Activation::Relu => map(x, y, |x| if x < 0.0 { 0.0 } else { x }),
        Activation::LeakyRelu => map(x, y, |x| if x > 0.0 { x } else { NEGATIVE_SLOPE * x }),
        Activation::Gelu => map(x, y, |x| x * normal_distribution(x)),
        Activation::Silu => map(x, y, |x| x * sigmoid(x)),
        Activation::Elu => map(x, y, |x| if x > 0.0 { x } else { exp_minus_1(x) }),
        Activation::Tanh => map(x, y, tanh),
        Activation::Sigmoid => map(x, y, sigmoid),
    }
}

/// dx = dy * the slope of `activation` at x, of one length. At a kink, the slope of the left side.
pub fn backward(activation: Activation, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    match activation {
        Activation::Linear => dx.copy_from_slice(dy),
        Activation::Relu => slope(x, dy, dx, |x| if x > 0.0 { 1.0 } else { 0.0 }),
        Activation::LeakyRelu => {
            slope(x, dy, dx, |x| if x > 0.0 { 1.0 } else { NEGATIVE_SLOPE });
        }
        Activation::Gelu => slope(x, dy, dx, |x| {
            normal_distribution(x) + x * normal_density(x)
        }),
        Activation::Silu => slope(x, dy, dx, |x| {
            let share = sigmoid(x);
            share * (1.0 + x * (1.0 - share))
        }),
        Activation::Elu => slope(
            x,
            dy,
            dx,
            |x| {
                if x > 0.0 { 1.0 } else { exp_minus_1(x) + 1.0 }
            },
        ),
        Activation::Tanh => slope(x, dy, dx, |x| {
            let y = tanh(x);
            1.0 - y * y
        }),
        Activation::Sigmoid => slope(x, dy, dx, |x| {
            let y = sigmoid(x);
            y * (1.0 - y)
        }),
    }
}

fn map(x: &[f32], y: &mut [f32], function: impl Fn(f32) -> f32 + Sync) {
    assert_eq!(x.len(), y.len());
    y.par_chunks_mut(TASK_LEN)
        .zip(x.par_chunks(TASK_LEN))
        .for_each(|(y, x)| {
            arch().dispatch(|| {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = function(*x);
                }
            });
        });
}

fn slope(x: &[f32], dy: &[f32], dx: &mut [f32], slope: impl Fn(f32) -> f32 + Sync) {
    assert_eq!(x.len(), dx.len());
    assert_eq!(dy.len(), dx.len());
    dx.par_chunks_mut(TASK_LEN)
        .zip(x.par_chunks(TASK_LEN))
        .zip(dy.par_chunks(TASK_LEN))
        .for_each(|((dx, x), dy)| {
            arch().dispatch(|| {
                for ((dx, x), dy) in dx.iter_mut().zip(x).zip(dy) {
                    *dx = dy * slope(*x);
                }
            });
        });
}
