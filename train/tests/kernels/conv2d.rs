use proptest::prelude::*;
use train::kernels::{
    conv2d::{Conv2dShape, backward, forward},
    window::{Padding, Windows},
};

use crate::{
    assert_close::assert_close, direct, finite_difference::assert_slope, numbers::numbers,
    weighted::weighted,
};

struct Case {
    shape: Conv2dShape,
    x: Vec<f32>,
    kernel: Vec<f32>,
    bias: Vec<f32>,
    dy: Vec<f32>,
}

fn case(
    seed: u64,
    batch: usize,
    input: [usize; 2],
    channels: [usize; 2],
    window: ([usize; 2], [usize; 2], Padding),
) -> Case {
    let (size, stride, padding) = window;
    let windows = Windows::new(batch, input, size, stride, padding).unwrap();
    let shape = Conv2dShape {
        windows,
        in_channels: channels[0],
        out_channels: channels[1],
    };
    Case {
        x: numbers(seed, shape.input_len()),
        kernel: numbers(seed ^ 1, shape.kernel_len()),
        bias: numbers(seed ^ 2, channels[1]),
        dy: numbers(seed ^ 3, shape.output_len()),
        shape,
    }
}

/// (y, dx, dkernel, dbias)
fn run(case: &Case, relu: bool) -> (Vec<f32>, Vec<f32>, Vec<f32>, Vec<f32>) {
    let mut y = vec![f32::NAN; case.shape.output_len()];
    forward(&case.shape, &case.x, &case.kernel, &case.bias, relu, &mut y);
    let mut dx = vec![f32::NAN; case.shape.input_len()];
    let mut dkernel = vec![f32::NAN; case.shape.kernel_len()];
    let mut dbias = vec![f32::NAN; case.shape.out_channels];
    backward(
        &case.shape,
        &case.x,
        &case.kernel,
        relu.then_some(&y),
        &case.dy,
        Some(&mut dx),
        &mut dkernel,
        &mut dbias,
    );
    (y, dx, dkernel, dbias)
}

fn check_against_direct(case: &Case, relu: bool, tolerance: f64) {
    let (y, dx, dkernel, dbias) = run(case, relu);
    let direct = direct::conv2d(
        &case.shape,
        &case.x,
        &case.kernel,
        &case.bias,
        relu,
        &case.dy,
    );
    assert_close("y", &y, &direct.y, tolerance);
    assert_close("dx", &dx, &direct.dx, tolerance);
    assert_close("dkernel", &dkernel, &direct.dkernel, tolerance);
    assert_close("dbias", &dbias, &direct.dbias, tolerance);
}

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![Just(Padding::Valid), Just(Padding::Same)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_convolution_is_the_direct_one(
        batch in 1usize..12,
        height in 5usize..9, width in 5usize..9,
        inputs in 1usize..5, outputs in 1usize..20,
        kernel_height in 1usize..6, kernel_width in 1usize..6,
        down in 1usize..4, right in 1usize..4,
        padding in padding(), seed: u64,
    ) {
        let window = ([kernel_height, kernel_width], [down, right], padding);
        let case = case(seed, batch, [height, width], [inputs, outputs], window);
        check_against_direct(&case, false, 1e-5);
    }
}

#[test]
fn a_relu_stops_the_gradient_where_it_gives_zero() {
    let case = case(5, 3, [7, 6], [3, 5], ([3, 3], [1, 1], Padding::Valid));
    check_against_direct(&case, true, 1e-5);
}

#[test]
fn the_gradients_are_the_slopes() {
    let case = case(6, 2, [7, 7], [2, 3], ([3, 3], [1, 1], Padding::Valid));
    let (_, dx, dkernel, dbias) = run(&case, false);
    let loss = |x: &[f32], kernel: &[f32], bias: &[f32]| {
        let mut y = vec![0.0; case.shape.output_len()];
        forward(&case.shape, x, kernel, bias, false, &mut y);
        weighted(&y, &case.dy)
    };
    assert_slope("dx", &case.x, &dx, 1e-2, 1e-4, |x| {
        loss(x, &case.kernel, &case.bias)
    });
    assert_slope("dkernel", &case.kernel, &dkernel, 1e-2, 1e-4, |kernel| {
        loss(&case.x, kernel, &case.bias)
    });
    assert_slope("dbias", &case.bias, &dbias, 1e-2, 1e-4, |bias| {
        loss(&case.x, &case.kernel, bias)
    });
}

#[test]
fn same_padding_is_that_of_keras() {
    // keras.ops.conv(x, k, strides=s, padding="same") gives ceil(n / s) positions and puts the odd
    // row of zeros below.
    let windows = Windows::new(1, [5, 6], [2, 3], [2, 2], Padding::Same).unwrap();
    assert_eq!(windows.output, [3, 3]);
    assert_eq!(windows.before, [0, 0]);
    let windows = Windows::new(1, [28, 28], [5, 5], [1, 1], Padding::Same).unwrap();
    assert_eq!((windows.output, windows.before), ([28, 28], [2, 2]));
}
