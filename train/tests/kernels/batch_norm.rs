use pipelines::spec::Activation;
use train::kernels::{
    batch_norm::{
        Affine, InputGradient, normalise, parameter_gradients, residual, statistics, update_running,
    },
    elementwise,
};

use crate::{
    assert_close::assert_close, finite_difference::assert_slope, numbers::numbers,
    weighted::weighted,
};

const EPSILON: f32 = 1e-3;

#[test]
fn statistics_are_mean_and_biased_variance() {
    for (rows, channels) in [(1, 3), (50, 7), (5000, 4)] {
        let x: Vec<f32> = numbers(1, rows * channels)
            .iter()
            .map(|x| x * 3.0 + 10.0)
            .collect();
        let found = statistics(channels, &x);
        let (mut means, mut variances) = (Vec::new(), Vec::new());
        for channel in 0..channels {
            let column = || {
                x.iter()
                    .skip(channel)
                    .step_by(channels)
                    .map(|&x| f64::from(x))
            };
            let mean = column().sum::<f64>() / rows as f64;
            means.push(mean);
            variances.push(column().map(|x| (x - mean).powi(2)).sum::<f64>() / rows as f64);
        }
        assert_close("mean", &found.mean, &means, 1e-6);
        assert_close("variance", &found.variance, &variances, 2e-6);
    }
}

#[test]
fn a_normalised_batch_has_mean_beta_and_deviation_gamma() {
    let channels = 5;
    let x = numbers(3, 700 * channels);
    let (gamma, beta) = (numbers(4, channels), numbers(5, channels));
    let mut y = vec![0.0; x.len()];
    normalise(&statistics(channels, &x), 0.0, &gamma, &beta, &x, &mut y);
    let found = statistics(channels, &y);
    let beta: Vec<f64> = beta.iter().map(|&v| v.into()).collect();
    let squares: Vec<f64> = gamma.iter().map(|&v| f64::from(v).powi(2)).collect();
    assert_close("mean", &found.mean, &beta, 1e-5);
    assert_close("variance", &found.variance, &squares, 1e-5);
}

#[test]
fn running_values_move_as_in_keras() {
    let mut running = [1.0, -2.0];
    update_running(0.99, &[3.0, 8.0], &mut running);
    assert!((running[0] - 1.02).abs() < 1e-6 && (running[1] + 1.9).abs() < 1e-6);
}

#[test]
fn the_gradients_are_the_slopes() {
    let channels = 3;
    let x = numbers(6, 40 * channels);
    let (gamma, beta) = (numbers(7, channels), numbers(8, channels));
    let weights = numbers(9, x.len());
    let batch = statistics(channels, &x);
    let mut dx = vec![f32::NAN; x.len()];
    let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
    parameter_gradients(&batch, EPSILON, &x, &weights, &mut dgamma, &mut dbeta);
    InputGradient::new(&batch, EPSILON, 40, &gamma, &dgamma, &dbeta).apply(&x, &weights, &mut dx);
    let loss = |x: &[f32], gamma: &[f32], beta: &[f32]| {
        let mut y = vec![0.0; x.len()];
        normalise(&statistics(channels, x), EPSILON, gamma, beta, x, &mut y);
        weighted(&y, &weights)
    };
    assert_slope("dx", &x, &dx, 1e-2, 1e-3, |x| loss(x, &gamma, &beta));
    assert_slope("dgamma", &gamma, &dgamma, 1e-2, 1e-4, |gamma| {
        loss(&x, gamma, &beta)
    });
    assert_slope("dbeta", &beta, &dbeta, 1e-2, 1e-4, |beta| {
        loss(&x, &gamma, beta)
    });
}

#[test]
fn activated_normalised_values_have_their_slopes_for_any_number_of_channels() {
    for (rows, channels) in [(40, 3), (21, 16), (600, 5)] {
        let x = numbers(6, rows * channels);
        let (gamma, beta) = (numbers(7, channels), numbers(8, channels));
        let weights = numbers(9, x.len());
        let forward = |x: &[f32], gamma: &[f32], beta: &[f32]| {
            let affine = Affine::normalisation(&statistics(channels, x), EPSILON, gamma, beta);
            let mut y = vec![f32::NAN; x.len()];
            affine.then(Activation::Gelu).forward(x, &mut y);
            y
        };
        let mut plain = vec![0.0; x.len()];
        let batch = statistics(channels, &x);
        normalise(&batch, EPSILON, &gamma, &beta, &x, &mut plain);
        let mut expected = vec![0.0; x.len()];
        train::kernels::activation::forward(Activation::Gelu, &plain, &mut expected);
        assert_eq!(forward(&x, &gamma, &beta), expected);

        let affine = Affine::normalisation(&batch, EPSILON, &gamma, &beta);
        let activated = affine.then(Activation::Gelu);
        let (mut dy, mut dx) = (weights.clone(), vec![f32::NAN; x.len()]);
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        activated.backward(&batch, EPSILON, &x, &mut dy, &mut dgamma, &mut dbeta);
        InputGradient::new(&batch, EPSILON, rows, &gamma, &dgamma, &dbeta).apply(&x, &dy, &mut dx);
        let loss =
            |x: &[f32], gamma: &[f32], beta: &[f32]| weighted(&forward(x, gamma, beta), &weights);
        let n = x.len().min(60);
        assert_slope("dx", &x[..n], &dx[..n], 1e-2, 1e-3, |part| {
            loss(&[part, &x[n..]].concat(), &gamma, &beta)
        });
        assert_slope("dgamma", &gamma, &dgamma, 1e-2, 1e-3, |gamma| {
            loss(&x, gamma, &beta)
        });
        assert_slope("dbeta", &beta, &dbeta, 1e-2, 1e-3, |beta| {
            loss(&x, &gamma, beta)
        });
    }
}

#[test]
fn the_end_of_a_residual_block_has_the_numbers_of_its_steps() {
    for (rows, channels) in [(1, 3), (50, 7), (1200, 16), (600, 21)] {
        let [x, shortcut, dy] = [1, 2, 3].map(|seed| numbers(seed, rows * channels));
        let statistics = statistics(channels, &x);
        let (gamma, beta) = (numbers(4, channels), numbers(5, channels));
        let affine = Affine::normalisation(&statistics, EPSILON, &gamma, &beta);
        let (mut normalised, mut expected) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        affine.apply(&x, &mut normalised);
        elementwise::add(Activation::Relu, &normalised, &shortcut, &mut expected);
        let mut y = vec![f32::NAN; x.len()];
        residual::forward(&affine, &x, &shortcut, &mut y);
        assert!(y == expected);

        let mut expected = [vec![0.0; x.len()], vec![0.0; channels], vec![0.0; channels]];
        let [gradient, dgamma, dbeta] = &mut expected;
        let branches = [&normalised[..], &shortcut];
        elementwise::add_backward(Activation::Relu, branches, &dy, [gradient, &mut []]);
        parameter_gradients(&statistics, EPSILON, &x, gradient, dgamma, dbeta);
        let mut found = [dy, vec![f32::NAN; channels], vec![f32::NAN; channels]];
        let [dy, dgamma, dbeta] = &mut found;
        residual::backward(&statistics, EPSILON, &x, &y, dy, dgamma, dbeta);
        assert!(found == expected);
    }
}
