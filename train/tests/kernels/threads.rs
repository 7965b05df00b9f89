use pipelines::spec::Activation;
use train::kernels::{
    activation,
    batch_norm::{self, Affine},
    conv2d::{Conv2dShape, backward, forward},
    dense::{self, DenseShape},
    depthwise_conv2d, layer_norm,
    one_channel_conv2d::{self, OneChannelShape, PooledGradient},
    window::{Padding, Windows},
    winograd::{self, ForwardSink, OutputGradient, PoolSink, Winograd},
};
use train::thread_pool::build_pool;

use crate::numbers::numbers;

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let one = build_pool(1).unwrap().install(everything);
    for threads in [2, 3, 7] {
        let many = build_pool(threads).unwrap().install(everything);
        assert!(one == many, "{threads} threads differ from one");
    }
}

fn everything() -> Vec<Vec<u32>> {
    let mut results = general_convolution();
    results.extend(fast_convolutions());
    results.extend(large_filters());
    results.extend(dense_layer());
    results.extend(newer_layers());
    results
        .into_iter()
        .map(|values| values.into_iter().map(f32::to_bits).collect())
        .collect()
}

fn general_convolution() -> Vec<Vec<f32>> {
    let shape = Conv2dShape {
        windows: Windows::new(37, [13, 13], [3, 3], [1, 1], Padding::Valid).unwrap(),
        in_channels: 5,
        out_channels: 18,
    };
    let (x, kernel) = (
        numbers(1, shape.input_len()),
        numbers(2, shape.kernel_len()),
    );
    let (bias, dy) = (numbers(3, 18), numbers(4, shape.output_len()));
    let mut y = vec![0.0; dy.len()];
    forward(&shape, &x, &kernel, &bias, true, &mut y);
    let mut dx = vec![f32::NAN; x.len()];
    let (mut dkernel, mut dbias) = (vec![0.0; kernel.len()], vec![0.0; 18]);
    backward(
        &shape,
        &x,
        &kernel,
        Some(&y),
        &dy,
        Some(&mut dx),
        &mut dkernel,
        &mut dbias,
    );
    let statistics = batch_norm::statistics(18, &y);
    let (gamma, beta) = (numbers(5, 18), numbers(6, 18));
    let affine = Affine::normalisation(&statistics, 1e-3, &gamma, &beta);
    let activated = affine.then(Activation::Gelu);
    let mut normalised = vec![0.0; y.len()];
    activated.forward(&y, &mut normalised);
    let mut dnormalised = numbers(7, y.len());
    let (mut dgamma, mut dbeta) = (vec![0.0; 18], vec![0.0; 18]);
    activated.backward(
        &statistics,
        1e-3,
        &y,
        &mut dnormalised,
        &mut dgamma,
        &mut dbeta,
    );
    let normalised = [normalised, dnormalised, dgamma, dbeta];
    let mut results = vec![y, dx, dkernel, dbias, statistics.mean, statistics.variance];
    results.extend(normalised);
    results
}

fn fast_convolutions() -> Vec<Vec<f32>> {
    let first = OneChannelShape {
        batch: 37,
        input: [28, 28],
        channels: 18,
    };
    let (images, bias) = (numbers(8, first.input_len()), numbers(9, 34));
    let kernel = numbers(10, 9 * 18);
    let mut x = vec![0.0; first.pooled_len()];
    let mut first_winner = vec![0; x.len()];
    let mut first_sums = vec![0.0; first.groups() * 36];
    let forward = one_channel_conv2d::Forward {
        values: &mut x,
        winner: &mut first_winner,
        slope: None,
        sums: Some(&mut first_sums),
    };
    one_channel_conv2d::forward(&first, &images, &kernel, &bias[..18], forward);

    let shape = Conv2dShape {
        windows: Windows::new(37, [13, 13], [3, 3], [1, 1], Padding::Valid).unwrap(),
        in_channels: 18,
        out_channels: 34,
    };
    let winograd = Winograd::new(shape, [10, 10]).unwrap();
    let second_kernel = numbers(11, shape.kernel_len());
    let mut factors = vec![0.0; winograd.filter_len()];
    let mut transposed = vec![0.0; winograd.filter_len()];
    winograd.transform_filters(&second_kernel, &mut factors, Some(&mut transposed));
    let mut y = vec![0.0; 37 * 25 * 34];
    let mut winner = vec![0; y.len()];
    let mut sums = vec![0.0; winograd.sums() * 68];
    let sink = ForwardSink {
        map: None,
        pool: Some(PoolSink {
            values: &mut y,
            winner: &mut winner,
            slope: None,
        }),
        sums: Some(&mut sums),
    };
    winograd.forward(x[..].into(), &factors, &bias, true, sink);
    let dy = numbers(12, y.len());
    let mut dx = vec![0.0; x.len()];
    let (mut dkernel, mut dbias) = (vec![0.0; second_kernel.len()], vec![0.0; 34]);
    winograd.backward(winograd::Backward {
        input: x[..].into(),
        factors_transposed: &transposed,
        gradient: OutputGradient::Pooled {
            dy: &dy,
            winner: &winner,
        },
        dx: Some(&mut dx),
        other_dx: None,
        dkernel: &mut dkernel,
        dbias: &mut dbias,
    });
    let (mut first_dkernel, mut first_dbias) = (vec![0.0; kernel.len()], vec![0.0; 18]);
    one_channel_conv2d::backward(
        &first,
        one_channel_conv2d::Backward {
            x: &images,
            kernel: &kernel,
            bias: &bias[..18],
            dy: &dx,
            winner: &first_winner,
            gradient: PooledGradient::Plain,
            dkernel: &mut first_dkernel,
            dbias: &mut first_dbias,
        },
    );
    let sums = first_sums.into_iter().chain(sums).map(|sum| sum as f32);
    let sums = sums.collect();
    vec![x, y, sums, dx, dkernel, dbias, first_dkernel, first_dbias]
}

/// One thread takes these images in larger groups than several do, and adds them to the same sums.
fn large_filters() -> Vec<Vec<f32>> {
    let shape = Conv2dShape {
        windows: Windows::new(150, [3, 3], [3, 3], [1, 1], Padding::Same).unwrap(),
        in_channels: 160,
        out_channels: 160,
    };
    let winograd = Winograd::new(shape, [3, 3]).unwrap();
    let (x, dy) = (
        numbers(1, shape.input_len()),
        numbers(2, shape.output_len()),
    );
    let (kernel, bias) = (numbers(3, shape.kernel_len()), numbers(4, 160));
    let mut factors = vec![0.0; winograd.filter_len()];
    let mut transposed = vec![0.0; winograd.filter_len()];
    winograd.transform_filters(&kernel, &mut factors, Some(&mut transposed));
    let mut y = vec![0.0; dy.len()];
    let mut sums = vec![0.0; winograd.sums() * 320];
    let sink = ForwardSink {
        map: Some(&mut y),
        pool: None,
        sums: Some(&mut sums),
    };
    winograd.forward(x[..].into(), &factors, &bias, false, sink);
    let mut dx = vec![0.0; x.len()];
    let (mut dkernel, mut dbias) = (vec![0.0; kernel.len()], vec![0.0; 160]);
    winograd.backward(winograd::Backward {
        input: x[..].into(),
        factors_transposed: &transposed,
        gradient: OutputGradient::Map {
            dy: &dy,
            relu: None,
        },
        dx: Some(&mut dx),
        other_dx: None,
        dkernel: &mut dkernel,
        dbias: &mut dbias,
    });
    let sums = sums.into_iter().map(|sum| sum as f32).collect();
    vec![y, sums, dx, dkernel, dbias]
}

fn dense_layer() -> Vec<Vec<f32>> {
    let shape = DenseShape {
        batch: 67,
        inputs: 530,
        outputs: 40,
    };
    let (x, kernel) = (numbers(5, 67 * 530), numbers(6, 530 * 40));
    let dy = numbers(7, 67 * 40);
    let mut y = vec![0.0; dy.len()];
    dense::forward(&shape, &x, &kernel, &dy[..40], true, &mut y);
    let mut dx = vec![f32::NAN; x.len()];
    let (mut dkernel, mut dbias) = (vec![0.0; kernel.len()], vec![0.0; 40]);
    dense::backward(
        &shape,
        &x,
        &kernel,
        Some(&y),
        &dy,
        Some(&mut dx),
        &mut dkernel,
        &mut dbias,
    );
    vec![y, dx, dkernel, dbias]
}

fn newer_layers() -> Vec<Vec<f32>> {
    let windows = Windows::new(37, [13, 13], [3, 3], [1, 1], Padding::Same).unwrap();
    let (x, dy) = (numbers(1, 37 * 169 * 5), numbers(2, 37 * 169 * 5));
    let (kernel, gamma) = (numbers(3, 45), numbers(4, 5));
    let mut depthwise = vec![vec![0.0; x.len()], vec![0.0; 45], vec![0.0; 5]];
    let [dx, dkernel, dbias] = &mut depthwise[..] else {
        unreachable!("three gradients");
    };
    depthwise_conv2d::backward(&windows, &x, &kernel, &dy, Some(dx), dkernel, dbias);
    let mut norm = vec![vec![0.0; x.len()], vec![0.0; 5], vec![0.0; 5]];
    let [dx, dgamma, dbeta] = &mut norm[..] else {
        unreachable!("three gradients");
    };
    layer_norm::backward(1e-3, &gamma, &x, &dy, dx, dgamma, dbeta);
    let mut gelu = vec![0.0; x.len()];
    activation::forward(Activation::Gelu, &x, &mut gelu);
    [depthwise, norm, vec![gelu]].concat()
}
