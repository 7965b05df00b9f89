use train::kernels::{
    NO_WINNER,
    conv2d::{self, Conv2dShape},
    max_pool2d,
    one_channel_conv2d::{Backward, Forward, OneChannelShape, PooledGradient, backward, forward},
    window::{Padding, Windows},
};

use crate::{assert_close::assert_close, numbers::numbers};

struct Case {
    shape: OneChannelShape,
    x: Vec<f32>,
    kernel: Vec<f32>,
    bias: Vec<f32>,
    /// The map after its ReLU, by the general convolution.
    map: Vec<f32>,
}

const SHAPES: [(usize, [usize; 2], usize); 4] = [
    (9, [28, 28], 32),
    (3, [9, 8], 21),
    (2, [4, 5], 3),
    (5, [7, 7], 64),
];

fn case((batch, input, channels): (usize, [usize; 2], usize)) -> Case {
    let shape = OneChannelShape {
        batch,
        input,
        channels,
    };
    let x = numbers(1, shape.input_len());
    let (kernel, bias) = (numbers(2, 9 * channels), numbers(3, channels));
    let mut map = vec![0.0; general(&shape).output_len()];
    conv2d::forward(&general(&shape), &x, &kernel, &bias, true, &mut map);
    Case {
        shape,
        x,
        kernel,
        bias,
        map,
    }
}

fn general(shape: &OneChannelShape) -> Conv2dShape {
    Conv2dShape {
        windows: Windows::new(shape.batch, shape.input, [3, 3], [1, 1], Padding::Valid).unwrap(),
        in_channels: 1,
        out_channels: shape.channels,
    }
}

/// Marks the windows in which nothing was let through.
fn mark(winner: &mut [u8], values: &[f32]) {
    for (winner, value) in winner.iter_mut().zip(values) {
        if *value == 0.0 {
            *winner = NO_WINNER;
        }
    }
}

fn pool(shape: &OneChannelShape) -> Windows {
    Windows::new(shape.batch, shape.map(), [2, 2], [2, 2], Padding::Valid).unwrap()
}

#[test]
fn one_pass_is_convolution_relu_and_pooling() {
    for shape in SHAPES {
        let case = case(shape);
        let len = case.shape.pooled_len();
        let (mut expected, mut places) = (vec![0.0; len], vec![0; len]);
        let channels = case.shape.channels;
        max_pool2d::forward(
            &pool(&case.shape),
            channels,
            &case.map,
            &mut expected,
            &mut places,
        );
        mark(&mut places, &expected);
        let (mut values, mut winner) = (vec![f32::NAN; len], vec![9; len]);
        let mut sums = vec![f64::NAN; case.shape.groups() * 2 * channels];
        forward(
            &case.shape,
            &case.x,
            &case.kernel,
            &case.bias,
            Forward {
                values: &mut values,
                winner: &mut winner,
                slope: None,
                sums: Some(&mut sums),
            },
        );
        assert!(values == expected && winner == places, "{shape:?}");
        for channel in 0..channels {
            let column = || case.map.iter().skip(channel).step_by(channels);
            let total = |which: usize| -> f64 {
                let at = which * channels + channel;
                sums.iter().skip(at).step_by(2 * channels).sum()
            };
            let sum: f64 = column().map(|&y| f64::from(y)).sum();
            let squares: f64 = column().map(|&y| f64::from(y).powi(2)).sum();
            assert!((total(0) - sum).abs() <= 1e-5 * sum, "{} {sum}", total(0));
            assert!((total(1) - squares).abs() <= 1e-5 * squares);
        }
    }
}

#[test]
fn with_a_negative_slope_the_smallest_of_a_window_is_chosen() {
    let case = case(SHAPES[1]);
    let channels = case.shape.channels;
    let slope = numbers(4, channels);
    let scaled: Vec<f32> = case
        .map
        .iter()
        .enumerate()
        .map(|(i, y)| y * slope[i % channels])
        .collect();
    let len = case.shape.pooled_len();
    let (mut expected, mut places) = (vec![0.0; len], vec![0; len]);
    max_pool2d::forward(
        &pool(&case.shape),
        channels,
        &scaled,
        &mut expected,
        &mut places,
    );
    let (mut values, mut winner) = (vec![f32::NAN; len], vec![9; len]);
    forward(
        &case.shape,
        &case.x,
        &case.kernel,
        &case.bias,
        Forward {
            values: &mut values,
            winner: &mut winner,
            slope: Some(&slope),
            sums: None,
        },
    );
    for (index, value) in values.iter().enumerate() {
        assert_eq!(value * slope[index % channels], expected[index]);
    }
}

#[test]
fn the_gradients_are_those_of_convolution_relu_and_pooling() {
    for shape in SHAPES {
        let case = case(shape);
        let (len, channels) = (case.shape.pooled_len(), case.shape.channels);
        let windows = pool(&case.shape);
        let (mut values, mut winner) = (vec![0.0; len], vec![0; len]);
        max_pool2d::forward(&windows, channels, &case.map, &mut values, &mut winner);
        mark(&mut winner, &values);
        let dy = numbers(5, len);
        let mut dmap = vec![f32::NAN; case.map.len()];
        max_pool2d::backward(&windows, channels, &winner, &dy, &mut dmap);
        check(&case, &dy, &winner, PooledGradient::Plain, &dmap);

        let [dy_factor, map_factor, constant] = [6, 7, 8].map(|seed| numbers(seed, channels));
        let gradient = PooledGradient::Normalised {
            dy_factor: &dy_factor,
            map_factor: &map_factor,
            constant: &constant,
        };
        for (index, dmap) in dmap.iter_mut().enumerate() {
            let (channel, y) = (index % channels, case.map[index]);
            *dmap = *dmap * dy_factor[channel] + y * map_factor[channel] + constant[channel];
        }
        check(&case, &dy, &winner, gradient, &dmap);
    }
}

/// Compares with the general convolution's gradients from that of its map.
fn check(case: &Case, dy: &[f32], winner: &[u8], gradient: PooledGradient<'_>, dmap: &[f32]) {
    let mut dkernel = vec![f32::NAN; case.kernel.len()];
    let mut dbias = vec![f32::NAN; case.bias.len()];
    backward(
        &case.shape,
        Backward {
            x: &case.x,
            kernel: &case.kernel,
            bias: &case.bias,
            dy,
            winner,
            gradient,
            dkernel: &mut dkernel,
            dbias: &mut dbias,
        },
    );
    let mut expected = vec![0.0; case.kernel.len()];
    let mut expected_bias = vec![0.0; case.bias.len()];
    conv2d::backward(
        &general(&case.shape),
        &case.x,
        &case.kernel,
        Some(&case.map),
        dmap,
        None,
        &mut expected,
        &mut expected_bias,
    );
    let wide = |values: Vec<f32>| -> Vec<f64> { values.into_iter().map(f64::from).collect() };
    assert_close("dkernel", &dkernel, &wide(expected), 1e-5);
    assert_close("dbias", &dbias, &wide(expected_bias), 1e-5);
}
