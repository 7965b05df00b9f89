use pipelines::spec::Activation;
use proptest::prelude::*;
use train::kernels::{
    NO_WINNER,
    batch_norm::Affine,
    conv2d::Conv2dShape,
    max_pool2d,
    window::{Padding, Windows},
    winograd::{Backward, ForwardSink, Input, OutputGradient, PoolSink, TOLERANCE, Winograd},
};

use crate::{
    direct::{self, DirectConv2d},
    numbers::numbers,
};

struct Case {
    shape: Conv2dShape,
    winograd: Winograd,
    wanted: [usize; 2],
    x: Vec<f32>,
    kernel: Vec<f32>,
    bias: Vec<f32>,
    factors: Vec<f32>,
    transposed: Vec<f32>,
}

impl Case {
    fn new(
        seed: u64,
        batch: usize,
        input: [usize; 2],
        channels: [usize; 2],
        padding: Padding,
        dropped: usize,
    ) -> Self {
        let windows = Windows::new(batch, input, [3, 3], [1, 1], padding).unwrap();
        let shape = Conv2dShape {
            windows,
            in_channels: channels[0],
            out_channels: channels[1],
        };
        let wanted = windows.output.map(|size| size - dropped);
        let winograd = Winograd::new(shape, wanted).unwrap();
        let kernel = numbers(seed ^ 1, shape.kernel_len());
        let mut factors = vec![f32::NAN; winograd.filter_len()];
        let mut transposed = vec![f32::NAN; winograd.filter_len()];
        winograd.transform_filters(&kernel, &mut factors, Some(&mut transposed));
        Self {
            shape,
            winograd,
            wanted,
            x: numbers(seed, shape.input_len()),
            kernel,
            bias: numbers(seed ^ 2, channels[1]),
            factors,
            transposed,
        }
    }

    fn wanted_len(&self) -> usize {
        self.shape.windows.batch * self.wanted[0] * self.wanted[1] * self.shape.out_channels
    }

    fn pooled_len(&self) -> usize {
        let area = (self.wanted[0] / 2) * (self.wanted[1] / 2);
        self.shape.windows.batch * area * self.shape.out_channels
    }

    fn map(&self, relu: bool) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.wanted_len()];
        self.forward(
            relu,
            ForwardSink {
                map: Some(&mut y),
                ..ForwardSink::default()
            },
        );
        y
    }

    fn forward(&self, relu: bool, sink: ForwardSink<'_>) {
        let (x, factors) = (self.x[..].into(), &self.factors);
        self.winograd.forward(x, factors, &self.bias, relu, sink);
    }

    /// (dx, dkernel, dbias)
    fn backward(&self, gradient: OutputGradient<'_>) -> [Vec<f32>; 3] {
        self.backward_to(self.x[..].into(), gradient, None)
    }

    /// The same for another input, with `other_dx` added to dx.
    fn backward_to(
        &self,
        input: Input<'_>,
        gradient: OutputGradient<'_>,
        other_dx: Option<&[f32]>,
    ) -> [Vec<f32>; 3] {
        let mut dx = vec![f32::NAN; self.x.len()];
        let mut dkernel = vec![f32::NAN; self.kernel.len()];
        let mut dbias = vec![f32::NAN; self.bias.len()];
        self.winograd.backward(Backward {
            input,
            factors_transposed: &self.transposed,
            gradient,
            dx: Some(&mut dx),
            other_dx,
            dkernel: &mut dkernel,
            dbias: &mut dbias,
        });
        [dx, dkernel, dbias]
    }

    /// The direct convolution, without a ReLU, and its gradients from `dy` at the wanted outputs.
    fn direct(&self, dy: &[f32]) -> DirectConv2d {
        let all = spread(self, dy);
        direct::conv2d(&self.shape, &self.x, &self.kernel, &self.bias, false, &all)
    }
}

/// Values at the wanted outputs, zeros at the others.
fn spread(case: &Case, wanted: &[f32]) -> Vec<f32> {
    let mut all = vec![0.0; case.shape.output_len()];
    for_each_wanted(case, |from, to| all[to] = wanted[from]);
    all
}

/// Values of all outputs at the wanted ones.
fn select(case: &Case, all: &[f64]) -> Vec<f64> {
    let mut wanted = vec![0.0; case.wanted_len()];
    for_each_wanted(case, |to, from| wanted[to] = all[from]);
    wanted
}

fn for_each_wanted(case: &Case, mut visit: impl FnMut(usize, usize)) {
    let [height, width] = case.shape.windows.output;
    let channels = case.shape.out_channels;
    let mut index = 0;
    for image in 0..case.shape.windows.batch {
        for row in 0..case.wanted[0] {
            for column in 0..case.wanted[1] {
                for channel in 0..channels {
                    let position = (image * height + row) * width + column;
                    visit(index, position * channels + channel);
                    index += 1;
                }
            }
        }
    }
}

/// Fails if an error is above [`TOLERANCE`] of the root mean square of `expected`, or of 1 if a few
/// values happen to cancel.
fn assert_within_tolerance(what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    let scale = root_mean_square(expected.iter().copied()).max(1.0);
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(
            error <= TOLERANCE * scale,
            "{what}[{index}]: found {found}, expected {expected}, scale {scale}"
        );
    }
}

fn root_mean_square(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    (values.map(|value| value * value).sum::<f64>() / count).sqrt()
}

fn check_map(case: &Case) {
    let dy = numbers(77, case.wanted_len());
    let y = case.map(false);
    let direct = case.direct(&dy);
    let [dx, dkernel, dbias] = case.backward(OutputGradient::Map {
        dy: &dy,
        relu: None,
    });
    assert_within_tolerance("y", &y, &select(case, &direct.y));
    assert_within_tolerance("dx", &dx, &direct.dx);
    assert_within_tolerance("dkernel", &dkernel, &direct.dkernel);
    assert_within_tolerance("dbias", &dbias, &direct.dbias);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_tiling_is_the_direct_convolution(
        batch in 1usize..11,
        height in 5usize..15, width in 5usize..15,
        inputs in 1usize..20, outputs in 1usize..36,
        dropped in 0usize..2,
        is_same: bool, seed: u64,
    ) {
        let padding = if is_same { Padding::Same } else { Padding::Valid };
        let case = Case::new(seed, batch, [height, width], [inputs, outputs], padding, dropped);
        check_map(&case);
    }
}

#[test]
fn the_shapes_of_the_study_are_within_tolerance() {
    for (batch, input, channels, dropped) in [
        (37, [13, 13], [32, 64], 1),
        (9, [13, 13], [64, 128], 1),
        (9, [13, 13], [64, 128], 0),
        (33, [5, 5], [64, 64], 0),
        (33, [5, 5], [128, 256], 0),
    ] {
        let case = Case::new(1, batch, input, channels, Padding::Valid, dropped);
        check_map(&case);
    }
}

#[test]
fn the_mean_error_is_what_the_documentation_says() {
    // One tiling of each M: outputs of 3, 4, 10 and 12.
    for (input, limit) in [(5, 2e-6), (6, 2e-6), (12, 5e-6), (14, 5e-6)] {
        let mut case = Case::new(3, 4, [input; 2], [64, 32], Padding::Valid, 0);
        case.bias.fill(0.0);
        let y = case.map(false);
        let direct = case.direct(&vec![0.0; y.len()]).y;
        let errors = y
            .iter()
            .zip(&direct)
            .map(|(y, direct)| f64::from(*y) - direct);
        let error = root_mean_square(errors) / root_mean_square(direct.iter().copied());
        assert!(error < limit, "{input}x{input}: {error:e}");
    }
}

#[test]
fn a_relu_stops_the_gradient_where_it_gives_zero() {
    let case = Case::new(4, 5, [8, 9], [7, 18], Padding::Valid, 0);
    let plain = case.map(false);
    let y = case.map(true);
    for (plain, y) in plain.iter().zip(&y) {
        assert_eq!(plain.max(0.0), *y);
    }
    let dy = numbers(5, y.len());
    let masked: Vec<f32> = dy
        .iter()
        .zip(&y)
        .map(|(dy, y)| if *y > 0.0 { *dy } else { 0.0 })
        .collect();
    let found = case.backward(OutputGradient::Map {
        dy: &dy,
        relu: Some(&y),
    });
    let expected = case.backward(OutputGradient::Map {
        dy: &masked,
        relu: None,
    });
    assert!(found == expected);
}

#[test]
fn pooling_in_the_same_pass_is_pooling_afterwards() {
    for (input, dropped, channels) in [([13, 13], 1, [32, 32]), ([13, 12], 0, [5, 21])] {
        let case = Case::new(6, 5, input, channels, Padding::Valid, dropped);
        let outputs = case.shape.out_channels;
        let y = case.map(true);
        let windows = Windows::new(5, case.wanted, [2, 2], [2, 2], Padding::Valid).unwrap();
        let (mut pooled, mut winner) = (vec![0.0; case.pooled_len()], vec![0; case.pooled_len()]);
        max_pool2d::forward(&windows, outputs, &y, &mut pooled, &mut winner);
        for (winner, value) in winner.iter_mut().zip(&pooled) {
            if *value == 0.0 {
                *winner = NO_WINNER;
            }
        }
        let (mut found, mut found_winner) = (vec![f32::NAN; pooled.len()], vec![9; pooled.len()]);
        case.forward(
            true,
            ForwardSink {
                pool: Some(PoolSink {
                    values: &mut found,
                    winner: &mut found_winner,
                    slope: None,
                }),
                ..ForwardSink::default()
            },
        );
        assert!(found == pooled && found_winner == winner);

        let dy = numbers(7, pooled.len());
        let mut dmap = vec![f32::NAN; y.len()];
        max_pool2d::backward(&windows, outputs, &winner, &dy, &mut dmap);
        let expected = case.backward(OutputGradient::Map {
            dy: &dmap,
            relu: Some(&y),
        });
        let found = case.backward(OutputGradient::Pooled {
            dy: &dy,
            winner: &winner,
        });
        assert!(found[..2] == expected[..2]);
        let dbias: Vec<f64> = expected[2].iter().map(|&v| v.into()).collect();
        assert_within_tolerance("dbias", &found[2], &dbias);
    }
}

#[test]
fn with_a_negative_slope_the_smallest_of_a_window_is_chosen() {
    let case = Case::new(8, 3, [9, 9], [4, 19], Padding::Valid, 0);
    let slope: Vec<f32> = numbers(9, 19);
    let y = case.map(true);
    let (mut values, mut winner) = (vec![0.0; case.pooled_len()], vec![0; case.pooled_len()]);
    case.forward(
        true,
        ForwardSink {
            pool: Some(PoolSink {
                values: &mut values,
                winner: &mut winner,
                slope: Some(&slope),
            }),
            ..ForwardSink::default()
        },
    );
    let scaled: Vec<f32> = y
        .iter()
        .enumerate()
        .map(|(i, y)| y * slope[i % 19])
        .collect();
    let windows = Windows::new(3, case.wanted, [2, 2], [2, 2], Padding::Valid).unwrap();
    let (mut expected, mut places) = (vec![0.0; values.len()], vec![0; values.len()]);
    max_pool2d::forward(&windows, 19, &scaled, &mut expected, &mut places);
    for (index, value) in values.iter().enumerate() {
        assert_eq!(value * slope[index % 19], expected[index]);
    }
}

#[test]
fn sums_are_those_of_the_outputs() {
    let case = Case::new(10, 40, [8, 8], [6, 21], Padding::Valid, 0);
    let mut y = vec![0.0; case.wanted_len()];
    let mut sums = vec![f64::NAN; case.winograd.sums() * 2 * 21];
    case.forward(
        true,
        ForwardSink {
            map: Some(&mut y),
            sums: Some(&mut sums),
            ..ForwardSink::default()
        },
    );
    for channel in 0..21 {
        let column = || y.iter().skip(channel).step_by(21).map(|&y| f64::from(y));
        let total =
            |which: usize| -> f64 { sums.iter().skip(which * 21 + channel).step_by(2 * 21).sum() };
        let (sum, squares) = (column().sum::<f64>(), column().map(|y| y * y).sum::<f64>());
        assert!((total(0) - sum).abs() < 1e-5 * sum, "{} {sum}", total(0));
        assert!((total(1) - squares).abs() < 1e-5 * squares);
    }
}

#[test]
fn a_normalised_gradient_is_made_where_the_output_is_positive() {
    for dropped in [0, 1] {
        let case = Case::new(11, 3, [13, 13], [5, 18], Padding::Valid, dropped);
        let y = case.map(true);
        let [dy_factor, map_factor, constant] = [1, 2, 3].map(|seed| numbers(seed, 18));
        let dense = numbers(12, y.len());
        let pooled = numbers(13, case.pooled_len());
        let winner: Vec<u8> = (0..pooled.len()).map(|i| (i * 7 % 4) as u8).collect();
        let windows = Windows::new(3, case.wanted, [2, 2], [2, 2], Padding::Valid).unwrap();
        let mut spread = vec![0.0; y.len()];
        max_pool2d::backward(&windows, 18, &winner, &pooled, &mut spread);
        for (dy, winner, all) in [
            (&dense, None, &dense),
            (&pooled, Some(&winner[..]), &spread),
        ] {
            let found = case.backward(OutputGradient::Normalised {
                dy,
                winner,
                map: &y,
                relu: true,
                dy_factor: &dy_factor,
                map_factor: &map_factor,
                constant: &constant,
            });
            let dmap: Vec<f32> = (0..y.len())
                .map(|i| {
                    let channel = i % 18;
                    let value = y[i].mul_add(map_factor[channel], constant[channel]);
                    all[i].mul_add(dy_factor[channel], value)
                })
                .collect();
            let expected = case.backward(OutputGradient::Map {
                dy: &dmap,
                relu: Some(&y),
            });
            for (found, expected) in found.iter().zip(expected) {
                let expected: Vec<f64> = expected.into_iter().map(f64::from).collect();
                assert_within_tolerance("gradient", found, &expected);
            }
        }
    }
}

#[test]
fn with_an_input_that_is_normalised_first_the_numbers_are_those_of_the_normalised_map() {
    for (inputs, padding) in [(16, Padding::Same), (21, Padding::Valid)] {
        let mut case = Case::new(12, 5, [10, 9], [inputs, 18], padding, 0);
        let raw = case.x.clone();
        let affine = Affine {
            scale: numbers(13, inputs),
            shift: numbers(14, inputs),
        };
        affine.then(Activation::Relu).forward(&raw, &mut case.x);
        let input = Input {
            values: &raw,
            normalised: Some(&affine),
        };
        let mut y = vec![f32::NAN; case.wanted_len()];
        let sink = ForwardSink {
            map: Some(&mut y),
            ..ForwardSink::default()
        };
        case.winograd
            .forward(input, &case.factors, &case.bias, false, sink);
        assert!(y == case.map(false));
        let dy = numbers(15, y.len());
        let gradient = OutputGradient::Map {
            dy: &dy,
            relu: None,
        };
        assert!(case.backward_to(input, gradient, None) == case.backward(gradient));
    }
}

#[test]
fn the_gradient_of_another_reader_is_added_to_that_of_the_input() {
    let case = Case::new(16, 5, [10, 9], [21, 18], Padding::Same, 0);
    let (dy, other) = (numbers(17, case.wanted_len()), numbers(18, case.x.len()));
    let gradient = OutputGradient::Map {
        dy: &dy,
        relu: None,
    };
    let mut expected = case.backward(gradient);
    for (dx, other) in expected[0].iter_mut().zip(&other) {
        *dx += other;
    }
    let found = case.backward_to(case.x[..].into(), gradient, Some(&other));
    assert!(found == expected);
}
