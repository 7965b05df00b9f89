use train::kernels::softmax_cross_entropy::score;

use crate::{finite_difference::assert_slope, numbers::numbers};

#[test]
fn the_loss_is_the_mean_of_the_negative_log_softmax() {
    // def loss(v, k): return math.log(sum(map(math.exp, v))) - v[k]
    // (loss([1, 2, 3], 2) + loss([-1, .5, 4], 0)) / 2 = 2.7219377647845793
    let mut gradient = [0.0; 6];
    let found = score(3, &[1.0, 2.0, 3.0, -1.0, 0.5, 4.0], &[2, 0], &mut gradient);
    assert!((found.loss - 2.721_938).abs() < 1e-6, "{}", found.loss);
    assert_eq!(found.correct, 1);
}

#[test]
fn the_gradient_is_the_slope() {
    let logits: Vec<f32> = numbers(1, 40).iter().map(|x| x * 4.0).collect();
    let labels = [3, 0, 9, 5];
    let mut gradient = vec![0.0; 40];
    score(10, &logits, &labels, &mut gradient);
    assert_slope("dlogits", &logits, &gradient, 1e-2, 1e-4, |logits| {
        let mut unused = vec![0.0; 40];
        f64::from(score(10, logits, &labels, &mut unused).loss)
    });
}

#[test]
fn large_logits_do_not_overflow() {
    let mut gradient = [0.0; 2];
    let found = score(2, &[1e4, -1e4], &[1], &mut gradient);
    assert_eq!(found.loss, 2e4);
    assert_eq!(gradient, [1.0, -1.0]);
}
