use train::trainer::Trainer;

use crate::model::{images, info, model};

/// The changes of all weights by one step of plain gradient descent with rate 1: the gradient as it was
/// used, negated.
fn used_gradient(global_clipnorm: f64) -> Vec<f32> {
    let model = model(&format!(
        r#"
            layers = [
              {{ type = "conv2d", filters = 4, kernel_size = 3 }},
              {{ type = "flatten" }},
              {{ type = "dense", units = 5 }},
            ]
            optimizer = {{ name = "sgd", learning_rate = 1.0 }}
            global_clipnorm = {global_clipnorm:?}
        "#
    ));
    let mut trainer = Trainer::new(&model, &info(), 0).unwrap();
    let values = |trainer: &Trainer| -> Vec<f32> {
        let parameters = trainer.network.parameters();
        parameters
            .flat_map(|parameter| parameter.values().to_vec())
            .collect()
    };
    let before = values(&trainer);
    trainer.step(images(0)).unwrap();
    let after = values(&trainer);
    before
        .iter()
        .zip(after)
        .map(|(before, after)| before - after)
        .collect()
}

fn norm(values: &[f32]) -> f64 {
    let squares = values.iter().map(|value| f64::from(*value).powi(2));
    squares.sum::<f64>().sqrt()
}

/// `keras.optimizers.SGD(global_clipnorm=...)`: all gradients by the same factor.
#[test]
fn gradients_are_shortened_together_to_the_limit_and_shorter_ones_left_alone() {
    let free = used_gradient(0.0);
    let length = norm(&free);
    let clipped = used_gradient(length / 4.0);
    for (free, clipped) in free.iter().zip(&clipped) {
        assert!((free / 4.0 - clipped).abs() < 1e-6, "{free} {clipped}");
    }
    assert!((norm(&clipped) - length / 4.0).abs() < 1e-4 * length);
    assert_eq!(used_gradient(length * 1.01), free);
}
