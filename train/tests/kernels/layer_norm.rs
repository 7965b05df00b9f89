use train::kernels::layer_norm::{backward, forward};

use crate::{finite_difference::assert_slope, numbers::numbers, weighted::weighted};

const EPSILON: f32 = 1e-3;

/// `keras.layers.LayerNormalization()` of Keras 3.15.1 on two positions of three channels.
#[test]
fn the_result_is_that_of_keras() {
    let x = [1.0, 2.0, 4.0, 0.5, -1.0, 3.0];
    let mut y = [0.0; 6];
    forward(EPSILON, &[1.0, 2.0, -1.0], &[0.0, 0.5, 1.0], &x, &mut y);
    let expected = [
        -1.068_701_4,
        -0.034_350_634,
        -0.335_876_94,
        -0.201_993_45,
        -1.721_927_6,
        -0.312_957_17,
    ];
    for (found, expected) in y.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn the_gradients_are_the_slopes() {
    // More rows than one task has.
    for (rows, channels) in [(2, 1), (7, 5), (300, 3)] {
        let x = numbers(6, rows * channels);
        let (gamma, beta) = (numbers(7, channels), numbers(8, channels));
        let weights = numbers(9, x.len());
        let mut dx = vec![f32::NAN; x.len()];
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        backward(
            EPSILON,
            &gamma,
            &x,
            &weights,
            &mut dx,
            &mut dgamma,
            &mut dbeta,
        );
        let loss = |x: &[f32], gamma: &[f32], beta: &[f32]| {
            let mut y = vec![0.0; x.len()];
            forward(EPSILON, gamma, beta, x, &mut y);
            weighted(&y, &weights)
        };
        assert_slope("dx", &x, &dx, 2e-3, 3e-3, |x| loss(x, &gamma, &beta));
        assert_slope("dgamma", &gamma, &dgamma, 1e-2, 1e-3, |gamma| {
            loss(&x, gamma, &beta)
        });
        assert_slope("dbeta", &beta, &dbeta, 1e-2, 1e-3, |beta| {
            loss(&x, &gamma, beta)
        });
    }
}
