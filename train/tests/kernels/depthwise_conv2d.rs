use train::kernels::{
    depthwise_conv2d::{backward, forward},
    window::{Padding, Windows},
};

use crate::{finite_difference::assert_slope, numbers::numbers, weighted::weighted};

/// `keras.layers.DepthwiseConv2D(3, strides=2, padding="same")` of Keras 3.15.1 on an image of 4 x 5
/// pixels with 2 channels; an even side is padded below alone.
#[test]
fn the_result_is_that_of_keras() {
    let windows = Windows::new(1, [4, 5], [3, 3], [2, 2], Padding::Same).unwrap();
    let x: Vec<f32> = (0..40).map(|at| at as f32 / 10.0).collect();
    let kernel: Vec<f32> = (0..18).map(|at| (at % 7 - 3) as f32).collect();
    let mut y = [0.0; 12];
    forward(&windows, &x, &kernel, &[0.5, -0.5], &mut y);
    let expected = [
        -9.5, -3.9, -4.5, -1.5, -4.1, -6.6, -5.3, 4.3, -3.1, -9.4, -6.9, -20.9,
    ];
    for (found, expected) in y.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
}

#[test]
fn the_gradients_are_the_slopes_at_odd_sizes() {
    for (input, size, stride, padding) in [
        ([7, 6], 3, 1, Padding::Same),
        ([8, 5], 3, 2, Padding::Same),
        ([6, 7], 2, 2, Padding::Valid),
        ([5, 5], 5, 1, Padding::Valid),
    ] {
        let windows = Windows::new(9, input, [size; 2], [stride; 2], padding).unwrap();
        let channels = 3;
        let x = numbers(1, 9 * windows.input_area() * channels);
        let kernel = numbers(2, windows.window_area() * channels);
        let bias = numbers(3, channels);
        let weights = numbers(4, 9 * windows.output_area() * channels);
        let mut dx = vec![f32::NAN; x.len()];
        let mut dkernel = vec![f32::NAN; kernel.len()];
        let mut dbias = vec![f32::NAN; channels];
        backward(
            &windows,
            &x,
            &kernel,
            &weights,
            Some(&mut dx),
            &mut dkernel,
            &mut dbias,
        );
        let loss = |x: &[f32], kernel: &[f32], bias: &[f32]| {
            let mut y = vec![0.0; weights.len()];
            forward(&windows, x, kernel, bias, &mut y);
            weighted(&y, &weights)
        };
        assert_slope("dx", &x, &dx, 0.1, 1e-4, |x| loss(x, &kernel, &bias));
        assert_slope("dkernel", &kernel, &dkernel, 0.1, 1e-4, |kernel| {
            loss(&x, kernel, &bias)
        });
        assert_slope("dbias", &bias, &dbias, 0.1, 1e-4, |bias| {
            loss(&x, &kernel, bias)
        });
    }
}
