use train::kernels::global_pool2d::{average, average_backward, max, max_backward};

use crate::{finite_difference::assert_slope, numbers::numbers, weighted::weighted};

/// Two images of three positions with two channels.
const X: [f32; 12] = [
    1.0, 6.0, 2.0, 5.0, 6.0, 4.0, -1.0, 0.5, -4.0, 0.5, -1.0, -2.0,
];

#[test]
fn each_channel_gives_its_mean_and_its_largest_value() {
    let mut y = [0.0; 4];
    average(3, 2, &X, &mut y);
    assert_eq!(y, [3.0, 5.0, -2.0, -1.0 / 3.0]);
    max(3, 2, &X, &mut y);
    assert_eq!(y, [6.0, 6.0, -1.0, 0.5]);
}

/// As TensorFlow's `reduce_max`, which Keras's `GlobalMaxPooling2D` calls.
#[test]
fn equal_largest_values_share_the_gradient() {
    let y = [6.0, 6.0, -1.0, 0.5];
    let mut dx = [f32::NAN; 12];
    max_backward(3, 2, &X, &y, &[1.0, 2.0, 4.0, 8.0], &mut dx);
    let expected = [0.0, 2.0, 0.0, 0.0, 1.0, 0.0, 2.0, 4.0, 0.0, 4.0, 2.0, 0.0];
    assert_eq!(dx, expected);
}

#[test]
fn the_gradients_are_the_slopes() {
    let (area, channels) = (15, 3);
    let x = numbers(1, 4 * area * channels);
    let weights = numbers(2, 4 * channels);
    let mut y = vec![0.0; weights.len()];
    let mut dx = vec![f32::NAN; x.len()];
    average_backward(area, channels, &weights, &mut dx);
    assert_slope("average", &x, &dx, 0.1, 1e-4, |x| {
        let mut y = vec![0.0; weights.len()];
        average(area, channels, x, &mut y);
        weighted(&y, &weights)
    });
    max(area, channels, &x, &mut y);
    max_backward(area, channels, &x, &y, &weights, &mut dx);
    assert_slope("max", &x, &dx, 1e-3, 1e-3, |x| {
        let mut y = vec![0.0; weights.len()];
        max(area, channels, x, &mut y);
        weighted(&y, &weights)
    });
}

#[test]
fn a_value_that_is_no_number_reaches_the_result() {
    let mut y = [0.0];
    max(3, 1, &[1.0, f32::NAN, 2.0], &mut y);
    assert!(y[0].is_nan());
    max(3, 1, &[1.0, 2.0, f32::NAN], &mut y);
    assert!(y[0].is_nan());
}
