use super::{MAX_SLOTS, Rule, Step};
use crate::kernels::simd::arch;

/// `keras.optimizers.Adam` and, with the weight decay that every optimizer can have, `AdamW` (Loshchilov
/// and Hutter, 2019). Epsilon is added to the root of the uncorrected second moment; PyTorch and dfdx add it to the
/// corrected one.
///
/// ```text
/// m += (g - m) * (1 - beta_1)
/// v += (g² - v) * (1 - beta_2)
/// w -= m * lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)
/// ```
#[derive(Debug)]
pub(super) struct Adam {
    pub(super) beta_1: f64,
    pub(super) beta_2: f64,
    pub(super) epsilon: f64,
}

impl Rule for Adam {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "velocity"]
    }

    fn update(
        &self,
        step: Step,
        weights: &mut [f32],
        gradient: &[f32],
        [momentum, velocity]: [&mut [f32]; MAX_SLOTS],
    ) {
        let correction =
            step.bias_correction(self.beta_2).sqrt() / step.bias_correction(self.beta_1);
        let rate = (f64::from(step.learning_rate) * correction) as f32;
        let [new_1, new_2] = [1.0 - self.beta_1, 1.0 - self.beta_2].map(|share| share as f32);
        let epsilon = self.epsilon as f32;
        arch().dispatch(|| {
            let moments = momentum.iter_mut().zip(velocity);
            for ((w, g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
                *m += (g - *m) * new_1;
                *v += (g * g - *v) * new_2;
                *w -= *m * rate / (v.sqrt() + epsilon);
            }
        });
    }
}
