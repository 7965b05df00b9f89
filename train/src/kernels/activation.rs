//! Activations, value by value, and their slopes.

use std::marker::PhantomData;

use pipelines::spec::Activation;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::masked::masked;
use super::simd::arch;
use super::special_functions::{exp_minus_1, normal_density, normal_distribution, sigmoid, tanh};

/// Values of a task.
const TASK_LEN: usize = 16_384;

/// Slope of a leaky ReLU where x is negative: the default of `keras.activations.leaky_relu`.
const NEGATIVE_SLOPE: f32 = 0.2;

/// An activation as a type, so that a loop around it is compiled for each.
pub(super) trait Function {
    /// Its value at x.
    fn value(x: f32) -> f32;
    /// Its slope at x; at a kink, that of the left side.
    fn slope(x: f32) -> f32;
}

/// Something to be done with an activation.
pub(super) trait WithFunction {
    /// Does it with `F`.
    fn run<F: Function>(self);
}

/// Runs `work` with the type that stands for `activation`.
pub(super) fn with_function(activation: Activation, work: impl WithFunction) {
    match activation {
        Activation::Linear => work.run::<Linear>(),
        Activation::Relu => work.run::<Relu>(),
        Activation::LeakyRelu => work.run::<LeakyRelu>(),
        Activation::Gelu => work.run::<Gelu>(),
        Activation::Silu => work.run::<Silu>(),
        Activation::Elu => work.run::<Elu>(),
        Activation::Tanh => work.run::<Tanh>(),
        Activation::Sigmoid => work.run::<Sigmoid>(),
    }
}

macro_rules! functions {
    ($($name:ident: $x:ident => $value:expr, $slope:expr;)*) => {
        $(
            struct $name;

            impl Function for $name {
                #[inline(always)]
                fn value($x: f32) -> f32 {
                    $value
                }

                #[inline(always)]
                fn slope($x: f32) -> f32 {
                    $slope
                }
            }
        )*
    };
}

functions! {
    Linear: x => x, {
        let _ = x;
        1.0
    };
    Relu: x => if x < 0.0 { 0.0 } else { x }, if x > 0.0 { 1.0 } else { 0.0 };
    LeakyRelu: x => if x > 0.0 { x } else { NEGATIVE_SLOPE * x }, if x > 0.0 { 1.0 } else { NEGATIVE_SLOPE };
    Gelu: x => x * normal_distribution(x), normal_distribution(x) + x * normal_density(x);
    Silu: x => x * sigmoid(x), {
        let share = sigmoid(x);
        share * (1.0 + x * (1.0 - share))
    };
    Elu: x => if x > 0.0 { x } else { exp_minus_1(x) }, if x > 0.0 { 1.0 } else { exp_minus_1(x) + 1.0 };
    Tanh: x => tanh(x), {
        let y = tanh(x);
        1.0 - y * y
    };
    Sigmoid: x => sigmoid(x), {
        let y = sigmoid(x);
        y * (1.0 - y)
    };
}

/// y = `activation`(x), of one length.
pub fn forward(activation: Activation, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    with_function(activation, Forward { x, y });
}

/// dx = dy * the slope of `activation` at x, of one length. At a kink, the slope of the left side.
pub fn backward(activation: Activation, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    assert_eq!(x.len(), dx.len());
    assert_eq!(dy.len(), dx.len());
    with_function(activation, Backward { x, dy, dx });
}

/// The gradient of a ReLU's input from its result: `dy` where `y` is positive, 0 elsewhere; of one length.
pub fn relu_backward(y: &[f32], dy: &[f32], dx: &mut [f32]) {
    assert_eq!(y.len(), dx.len());
    assert_eq!(dy.len(), dx.len());
    arch().dispatch(|| {
        for ((dx, dy), y) in dx.iter_mut().zip(dy).zip(y) {
            *dx = masked(*dy, *y > 0.0);
        }
    });
}

struct Forward<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
}

impl WithFunction for Forward<'_> {
    fn run<F: Function>(self) {
        self.y
            .par_chunks_mut(TASK_LEN)
            .zip(self.x.par_chunks(TASK_LEN))
            .for_each(|(y, x)| {
                arch().dispatch(Values {
                    x: x.iter().copied(),
                    y,
                    function: PhantomData::<F>,
                });
            });
    }
}

/// Writes the values of `F` at x to y.
pub(super) struct Values<'a, X, F> {
    pub(super) x: X,
    pub(super) y: &'a mut [f32],
    pub(super) function: PhantomData<F>,
}

impl<X: Iterator<Item = f32>, F: Function> WithSimd for Values<'_, X, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (y, x) in self.y.iter_mut().zip(self.x) {
            *y = F::value(x);
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
}

impl WithFunction for Backward<'_> {
    fn run<F: Function>(self) {
        self.dx
            .par_chunks_mut(TASK_LEN)
            .zip(self.x.par_chunks(TASK_LEN))
            .zip(self.dy.par_chunks(TASK_LEN))
            .for_each(|((dx, x), dy)| {
                arch().dispatch(Slopes {
                    x: x.iter().copied(),
                    dy,
                    dx,
                    function: PhantomData::<F>,
                });
            });
    }
}

/// Writes dy times the slopes of `F` at x to dx.
pub(super) struct Slopes<'a, X, F> {
    pub(super) x: X,
    pub(super) dy: &'a [f32],
    pub(super) dx: &'a mut [f32],
    pub(super) function: PhantomData<F>,
}

impl<X: Iterator<Item = f32>, F: Function> WithSimd for Slopes<'_, X, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for ((dx, dy), x) in self.dx.iter_mut().zip(self.dy).zip(self.x) {
            *dx = dy * F::slope(x);
        }
    }
}
