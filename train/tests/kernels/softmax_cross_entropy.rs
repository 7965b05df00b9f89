use train::kernels::softmax_cross_entropy::{Targets, score};

use crate::{finite_difference::assert_slope, numbers::numbers};

#[test]
fn the_loss_is_the_mean_of_the_negative_log_softmax() {
    // def loss(v, k): return math.log(sum(map(math.exp, v))) - v[k]
    // (loss([1, 2, 3], 2) + loss([-1, .5, 4], 0)) / 2 = 2.7219377647845793
    let mut gradient = [0.0; 6];
    let found = score(
        3,
        &[1.0, 2.0, 3.0, -1.0, 0.5, 4.0],
        &[2, 0],
        &Targets::default(),
        &mut gradient,
    );
    assert!((found.loss - 2.721_938).abs() < 1e-6, "{}", found.loss);
    assert_eq!(found.correct, 1);
}

#[test]
fn the_gradient_is_the_slope() {
    let logits: Vec<f32> = numbers(1, 40).iter().map(|x| x * 4.0).collect();
    let labels = [3, 0, 9, 5];
    let mut gradient = vec![0.0; 40];
    score(10, &logits, &labels, &Targets::default(), &mut gradient);
    assert_slope("dlogits", &logits, &gradient, 1e-2, 1e-4, |logits| {
        let mut unused = vec![0.0; 40];
        f64::from(score(10, logits, &labels, &Targets::default(), &mut unused).loss)
    });
}

#[test]
fn large_logits_do_not_overflow() {
    let mut gradient = [0.0; 2];
    let found = score(2, &[1e4, -1e4], &[1], &Targets::default(), &mut gradient);
    assert_eq!(found.loss, 2e4);
    assert_eq!(gradient, [1.0, -1.0]);
}

/// `keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)` of each row, with
/// Keras 3.15.1.
#[test]
fn the_loss_of_smoothed_and_weighted_targets_is_that_of_keras() {
    let targets = Targets {
        label_smoothing: 0.2,
        class_weights: vec![3.0, 0.5, 1.0],
    };
    let logits = [1.0, 2.0, 3.0, -1.0, 0.5, 4.0, 0.0, 1.0, 2.0];
    let mut gradient = [0.0; 9];
    let found = score(3, &logits, &[2, 0, 1], &targets, &mut gradient);
    let losses = [0.607_605_93, 4.602_936_3, 1.407_606];
    let expected = (losses[0] + 3.0 * losses[1] + 0.5 * losses[2]) / 3.0;
    assert!(
        (found.loss - expected).abs() < 1e-5,
        "{} {expected}",
        found.loss
    );
    assert_slope("dlogits", &logits, &gradient, 1e-2, 1e-3, |logits| {
        let mut unused = vec![0.0; 9];
        f64::from(score(3, logits, &[2, 0, 1], &targets, &mut unused).loss)
    });
}
