use pipelines::spec::Activation;
use train::kernels::activation::{backward, forward, relu_backward};

use crate::{finite_difference::assert_slope, numbers::numbers, weighted::weighted};

const X: [f32; 11] = [-6.0, -2.5, -1.0, -0.3, -1e-3, 0.0, 1e-3, 0.7, 1.5, 3.0, 6.0];

/// An activation, its values at `X` and its slopes there.
type Case = (Activation, [f32; 11], [f32; 11]);

/// `keras.activations` of Keras 3.15.1 on its PyTorch backend, with x and its gradient in f64.
const CASES: [Case; 7] = [
    (
        Activation::Relu,
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-3, 0.7, 1.5, 3.0, 6.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    ),
    (
        Activation::LeakyRelu,
        [
            -1.2, -0.5, -0.2, -0.06, -2e-4, 0.0, 1e-3, 0.7, 1.5, 3.0, 6.0,
        ],
        [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 1.0, 1.0, 1.0, 1.0, 1.0],
    ),
    (
        Activation::Gelu,
        [
            -5.919_526e-9,
            -0.015_524_163,
            -0.158_655_25,
            -0.114_626_58,
            -0.000_499_601_1,
            0.0,
            0.000_500_399,
            0.530_625_4,
            1.399_789_2,
            2.995_950_3,
            6.0,
        ],
        [
            -3.546_871e-8,
            -0.037_611_086,
            -0.083_315_47,
            0.267_672_2,
            0.499_202_1,
            0.5,
            0.500_797_9,
            0.976_614_1,
            1.127_469_2,
            1.011_945_6,
            1.0,
        ],
    ),
    (
        Activation::Silu,
        [
            -0.014_835_739,
            -0.189_645_45,
            -0.268_941_42,
            -0.127_667_25,
            -0.000_499_75,
            0.0,
            0.000_500_25,
            0.467_731_43,
            1.226_361_7,
            2.857_722_4,
            5.985_164,
        ],
        [
            -0.012_326_433,
            -0.099_401_11,
            0.072_329_49,
            0.352_219_98,
            0.499_5,
            0.5,
            0.500_5,
            0.823_386_8,
            1.041_294_2,
            1.088_104_1,
            1.012_326_4,
        ],
    ),
    (
        Activation::Elu,
        [
            -0.997_521_2,
            -0.917_915,
            -0.632_120_56,
            -0.259_181_8,
            -0.000_999_500_2,
            0.0,
            1e-3,
            0.7,
            1.5,
            3.0,
            6.0,
        ],
        [
            0.002_478_752_2,
            0.082_085,
            0.367_879_44,
            0.740_818_2,
            0.999_000_5,
            1.0,
            1.0,
            1.0,
            1.0,
            1.0,
            1.0,
        ],
    ),
    (
        Activation::Tanh,
        [
            -0.999_987_7,
            -0.986_614_3,
            -0.761_594_2,
            -0.291_312_6,
            -0.000_999_999_7,
            0.0,
            0.000_999_999_7,
            0.604_367_8,
            0.905_148_27,
            0.995_054_7,
            0.999_987_7,
        ],
        [
            2.457_654_7e-5,
            0.026_592_227,
            0.419_974_34,
            0.915_136_96,
            0.999_999,
            1.0,
            0.999_999,
            0.634_739_6,
            0.180_706_64,
            0.009_866_037,
            2.457_654_7e-5,
        ],
    ),
    (
        Activation::Sigmoid,
        [
            0.002_472_623_2,
            0.075_858_18,
            0.268_941_42,
            0.425_557_5,
            0.499_75,
            0.5,
            0.500_25,
            0.668_187_8,
            0.817_574_5,
            0.952_574_1,
            0.997_527_4,
        ],
        [
            0.002_466_509_3,
            0.070_103_72,
            0.196_611_93,
            0.244_458_3,
            0.249_999_94,
            0.25,
            0.249_999_94,
            0.221_712_87,
            0.149_146_45,
            0.045_176_66,
            0.002_466_509_3,
        ],
    ),
];

#[test]
fn values_and_slopes_are_those_of_keras() {
    for (activation, values, slopes) in CASES {
        let mut found = [0.0; 11];
        forward(activation, &X, &mut found);
        assert_near(activation, &found, &values);
        backward(activation, &X, &[1.0; 11], &mut found);
        assert_near(activation, &found, &slopes);
    }
}

fn assert_near(activation: Activation, found: &[f32], expected: &[f32]) {
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= 1e-6 * expected.abs().max(0.5),
            "{activation:?} at {}: expected {expected}, found {found}",
            X[at]
        );
    }
}

#[test]
fn the_gradient_is_the_slope() {
    let x: Vec<f32> = numbers(1, 40_000).iter().map(|x| x * 4.0).collect();
    let weights = numbers(2, x.len());
    for (activation, ..) in CASES {
        let mut dx = vec![f32::NAN; x.len()];
        backward(activation, &x, &weights, &mut dx);
        // Only the places that are moved count; a kink lies in none of their steps.
        assert_slope("dx", &x[..48], &dx[..48], 1e-2, 1e-3, |moved| {
            let mut y = vec![0.0; moved.len()];
            forward(activation, moved, &mut y);
            weighted(&y, &weights[..48])
        });
    }
}

/// What a million values come to, against the formulas in f64; tanh and ELU also where they are small.
#[test]
fn values_are_right_to_single_precision_everywhere() {
    let x: Vec<f32> = (-200_000..200_000).map(|at| at as f32 * 2e-4).collect();
    let mut y = vec![0.0; x.len()];
    type Exact = fn(f64) -> f64;
    let cases: [(Activation, Exact); 5] = [
        (Activation::Sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
        (Activation::Silu, |x| x / (1.0 + (-x).exp())),
        (Activation::Tanh, f64::tanh),
        (Activation::Elu, |x| if x > 0.0 { x } else { x.exp_m1() }),
        (Activation::Linear, |x| x),
    ];
    for (activation, exact) in cases {
        forward(activation, &x, &mut y);
        for (x, y) in x.iter().zip(&y) {
            let exact = exact(f64::from(*x));
            let error = (f64::from(*y) - exact).abs();
            assert!(
                error <= 1e-6 * exact.abs() + 1e-12,
                "{activation:?}({x}): {y}, exact {exact}"
            );
        }
    }
}

#[test]
fn a_value_that_is_no_number_stays_none() {
    for (activation, ..) in CASES {
        let mut y = [0.0];
        forward(activation, &[f32::NAN], &mut y);
        assert!(y[0].is_nan(), "{activation:?}");
    }
}

#[test]
fn a_relu_lets_gradients_through_where_its_result_is_positive() {
    let y = [1.0, 0.0, f32::NAN, -0.0, f32::INFINITY].repeat(5);
    let dy = [-2.0, 3.0, 4.0, f32::NAN, f32::NAN].repeat(5);
    let mut dx = vec![7.0; 25];
    relu_backward(&y, &dy, &mut dx);
    for dx in dx.chunks(5) {
        assert_eq!(dx[..4], [-2.0, 0.0, 0.0, 0.0]);
        assert!(dx[4].is_nan());
    }
}
