use super::{MAX_SLOTS, Rule, Step};
use crate::kernels::simd::arch;

/// `keras.optimizers.Adamax` (Kingma and Ba, 2015, section 7.1).
///
/// ```text
/// m += (g - m) * (1 - beta_1)
/// u = max(beta_2 * u, |g|)
/// w -= lr * m / ((1 - beta_1^t) * (u + epsilon))
/// ```
#[derive(Debug)]
pub(super) struct Adamax {
    pub(super) beta_1: f64,
    pub(super) beta_2: f64,
    pub(super) epsilon: f64,
}

impl Rule for Adamax {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "norm"]
    }

    fn update(
        &self,
        step: Step,
        weights: &mut [f32],
        gradient: &[f32],
        [momentum, norm]: [&mut [f32]; MAX_SLOTS],
    ) {
        let rate = step.learning_rate;
        let correction = step.bias_correction(self.beta_1) as f32;
        let new_1 = (1.0 - self.beta_1) as f32;
        let beta_2 = self.beta_2 as f32;
        let epsilon = self.epsilon as f32;
        arch().dispatch(|| {
            let state = momentum.iter_mut().zip(norm);
            for ((w, g), (m, u)) in weights.iter_mut().zip(gradient).zip(state) {
                *m += (g - *m) * new_1;
                *u = (beta_2 * *u).max(g.abs());
                *w -= rate * *m / (correction * (*u + epsilon));
            }
        });
    }
}
