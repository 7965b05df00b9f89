//! Each kernel at the shapes of the paper's models and of same-padded networks: time and effective
//! GFLOP/s, on one thread and on two.
//!
//! `cargo xtask bench --bench kernels [WORD…]` runs the kernels whose line holds one of the
//! words. GFLOP/s count the multiplications of the direct form, whatever the kernel saves of them,
//! so Winograd's convolutions may be above the machine's peak. Of many repetitions the fastest
//! counts: other programs only ever add time.

use std::time::Instant;

use train::kernels::{
    batch_norm,
    conv2d::Conv2dShape,
    dense::{self, DenseShape},
    one_channel_conv2d::{self, OneChannelShape, PooledGradient},
    window::{Padding, Windows},
    winograd::{Backward, ForwardSink, OutputGradient, PoolSink, Winograd},
};
use train::thread_pool::build_pool;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let pools = [1, 2].map(|threads| build_pool(threads).expect("threads for the measurement"));
    println!("{:<58} {:>21} {:>21}", "", "1 thread", "2 threads");
    let mut report = |name: String, macs: usize, run: &mut (dyn FnMut() + Send)| {
        if !words.is_empty() && !words.iter().any(|word| name.contains(word)) {
            return;
        }
        print!("{name:<58}");
        for pool in &pools {
            let time_s = pool.install(|| fastest_s(run));
            let gflop_s = 2.0 * macs as f64 / time_s / 1e9;
            print!(" {:>8.3} ms {gflop_s:>6.0} GF", time_s * 1e3);
        }
        println!();
    };
    for (batch, channels, norm) in [
        (64, 32, false),
        (64, 32, true),
        (64, 64, true),
        (128, 64, false),
    ] {
        one_channel(batch, channels, norm, &mut report);
    }
    for (batch, input, channels, pool, norm) in [
        (64, 13, [32, 64], true, false),
        (64, 13, [32, 64], true, true),
        (64, 13, [64, 128], true, true),
        (128, 13, [64, 128], true, false),
        (64, 5, [64, 64], false, false),
        (64, 5, [64, 128], false, false),
        (64, 5, [64, 128], false, true),
        (64, 5, [128, 256], false, true),
        (128, 5, [128, 256], false, false),
    ] {
        let shape = convolution_shape(batch, input, channels, Padding::Valid);
        convolution(shape, pool, norm, &mut report);
    }
    for (batch, input, channels, pool, norm) in [
        (128, 28, [16, 16], false, true),
        (128, 14, [32, 32], false, true),
        (128, 7, [64, 64], false, true),
        (256, 28, [32, 64], true, false),
        (256, 14, [64, 64], false, true),
        (256, 14, [64, 256], true, false),
        (256, 7, [256, 256], false, true),
        (256, 7, [256, 256], true, false),
        (256, 3, [256, 256], false, true),
    ] {
        let shape = convolution_shape(batch, input, channels, Padding::Same);
        convolution(shape, pool, norm, &mut report);
    }
    for (batch, inputs, outputs) in [
        (64, 784, 256),
        (64, 256, 10),
        (64, 576, 64),
        (64, 1152, 128),
        (64, 1152, 256),
        (64, 256, 128),
        (64, 2304, 512),
        (64, 512, 256),
        (128, 2304, 256),
    ] {
        dense_layer(batch, inputs, outputs, &mut report);
    }
    batch_normalisation(64, 9, 256, &mut report);
}

type Report<'r> = dyn FnMut(String, usize, &mut (dyn FnMut() + Send)) + 'r;

/// Seconds of the fastest of many runs.
fn fastest_s(run: &mut (dyn FnMut() + Send)) -> f64 {
    let begun = Instant::now();
    let mut fastest = f64::INFINITY;
    while begun.elapsed().as_secs_f64() < 0.25 {
        let started = Instant::now();
        run();
        fastest = fastest.min(started.elapsed().as_secs_f64());
    }
    fastest
}

fn numbers(len: usize) -> Vec<f32> {
    let hash = |index: usize| (index as u32).wrapping_mul(2_654_435_761) >> 8;
    (0..len)
        .map(|index| hash(index) as f32 / (1 << 23) as f32 - 1.0)
        .collect()
}

fn one_channel(batch: usize, channels: usize, norm: bool, report: &mut Report) {
    let shape = OneChannelShape {
        batch,
        input: [28, 28],
        channels,
    };
    let name = format!(
        "first convolution, {}pool {batch}x28x28x1 -> {channels}",
        if norm { "norm, " } else { "" }
    );
    let macs = batch * 26 * 26 * 9 * channels;
    let (x, kernel) = (numbers(shape.input_len()), numbers(9 * channels));
    let (bias, factor) = (numbers(channels), numbers(channels));
    let len = shape.pooled_len();
    let (mut values, mut winner, dy) = (vec![0.0; len], vec![0; len], numbers(len));
    let mut sums = vec![0.0; shape.groups() * 2 * channels];
    report(format!("{name} forward"), macs, &mut || {
        let forward = one_channel_conv2d::Forward {
            values: &mut values,
            winner: &mut winner,
            slope: None,
            sums: norm.then_some(&mut sums),
        };
        one_channel_conv2d::forward(&shape, &x, &kernel, &bias, forward);
    });
    let (mut dkernel, mut dbias) = (vec![0.0; kernel.len()], vec![0.0; channels]);
    report(format!("{name} backward"), macs, &mut || {
        let backward = one_channel_conv2d::Backward {
            x: &x,
            kernel: &kernel,
            bias: &bias,
            dy: &dy,
            winner: &winner,
            gradient: match norm {
                false => PooledGradient::Plain,
                true => PooledGradient::Normalised {
                    dy_factor: &factor,
                    map_factor: &factor,
                    constant: &factor,
                },
            },
            dkernel: &mut dkernel,
            dbias: &mut dbias,
        };
        one_channel_conv2d::backward(&shape, backward);
    });
}

fn convolution_shape(
    batch: usize,
    input: usize,
    [in_channels, out_channels]: [usize; 2],
    padding: Padding,
) -> Conv2dShape {
    match Windows::new(batch, [input; 2], [3, 3], [1, 1], padding) {
        Ok(windows) => Conv2dShape {
            windows,
            in_channels,
            out_channels,
        },
        Err(error) => panic!("{error}"),
    }
}

fn convolution(shape: Conv2dShape, pool: bool, norm: bool, report: &mut Report) {
    let Conv2dShape {
        windows,
        in_channels: inputs,
        out_channels: outputs,
    } = shape;
    let (batch, [input, _], [output, _]) = (windows.batch, windows.input, windows.output);
    let size = match pool && !norm {
        true => output / 2 * 2,
        false => output,
    };
    let Some(winograd) = Winograd::new(shape, [size; 2]) else {
        return;
    };
    let name = format!(
        "{}convolution{}{} {batch}x{input}x{input}x{inputs} -> {outputs}",
        if input == output { "padded " } else { "" },
        if norm { ", norm" } else { "" },
        if pool { ", pool" } else { "" },
    );
    let macs = batch * windows.output_area() * 9 * inputs * outputs;
    let (x, kernel) = (numbers(shape.input_len()), numbers(shape.kernel_len()));
    let (bias, factor) = (numbers(outputs), numbers(outputs));
    let mut factors = vec![0.0; winograd.filter_len()];
    let mut transposed = vec![0.0; winograd.filter_len()];
    report(format!("{name} filters"), 0, &mut || {
        winograd.transform_filters(&kernel, &mut factors, Some(&mut transposed));
    });
    winograd.transform_filters(&kernel, &mut factors, Some(&mut transposed));
    let mut map = vec![0.0; batch * size * size * outputs];
    let pooled = if pool {
        batch * (size / 2) * (size / 2) * outputs
    } else {
        0
    };
    let (mut values, mut winner) = (vec![0.0; pooled], vec![0; pooled]);
    let mut sums = vec![0.0; winograd.sums() * 2 * outputs];
    report(format!("{name} forward"), macs, &mut || {
        let sink = ForwardSink {
            map: (norm || !pool).then_some(&mut map),
            pool: pool.then_some(PoolSink {
                values: &mut values,
                winner: &mut winner,
                slope: None,
            }),
            sums: norm.then_some(&mut sums),
        };
        winograd.forward(x[..].into(), &factors, &bias, true, sink);
    });
    let dy = numbers(if pool { pooled } else { map.len() });
    let mut dx = vec![0.0; x.len()];
    let (mut dkernel, mut dbias) = (vec![0.0; kernel.len()], vec![0.0; outputs]);
    report(format!("{name} backward"), 2 * macs, &mut || {
        let gradient = match (norm, pool) {
            (true, _) => OutputGradient::Normalised {
                dy: &dy,
                winner: pool.then_some(&winner),
                map: &map,
                relu: true,
                dy_factor: &factor,
                map_factor: &factor,
                constant: &factor,
            },
            (false, true) => OutputGradient::Pooled {
                dy: &dy,
                winner: &winner,
            },
            (false, false) => OutputGradient::Map {
                dy: &dy,
                relu: Some(&map),
            },
        };
        winograd.backward(Backward {
            input: x[..].into(),
            factors_transposed: &transposed,
            gradient,
            dx: Some(&mut dx),
            other_dx: None,
            dkernel: &mut dkernel,
            dbias: &mut dbias,
        });
    });
}

fn dense_layer(batch: usize, inputs: usize, outputs: usize, report: &mut Report) {
    let shape = DenseShape {
        batch,
        inputs,
        outputs,
    };
    let name = format!("dense {batch}x{inputs} -> {outputs}");
    let macs = batch * inputs * outputs;
    let (x, kernel) = (numbers(batch * inputs), numbers(inputs * outputs));
    let (bias, dy) = (numbers(outputs), numbers(batch * outputs));
    let mut y = vec![0.0; dy.len()];
    report(format!("{name} forward"), macs, &mut || {
        dense::forward(&shape, &x, &kernel, &bias, true, &mut y);
    });
    let is_first = inputs == 784;
    let mut dx = vec![0.0; if is_first { 0 } else { x.len() }];
    let (mut dkernel, mut dbias) = (vec![0.0; kernel.len()], vec![0.0; outputs]);
    let passes = if is_first { 1 } else { 2 };
    report(format!("{name} backward"), passes * macs, &mut || {
        dense::backward(
            &shape,
            &x,
            &kernel,
            Some(&y),
            &dy,
            (!is_first).then_some(&mut dx),
            &mut dkernel,
            &mut dbias,
        );
    });
}

fn batch_normalisation(batch: usize, area: usize, channels: usize, report: &mut Report) {
    let x = numbers(batch * area * channels);
    let name = format!("batch normalisation {batch}x{area}x{channels} statistics");
    report(name, x.len(), &mut || {
        std::hint::black_box(batch_norm::statistics(channels, &x));
    });
}
