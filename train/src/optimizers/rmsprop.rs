use super::{MAX_SLOTS, Rule, Step};
use crate::kernels::simd::arch;

/// `keras.optimizers.RMSprop`, neither centred nor with momentum. Epsilon is added under the root.
///
/// ```text
/// v = rho * v + (1 - rho) * g²
/// w -= lr * g / sqrt(v + epsilon)
/// ```
#[derive(Debug)]
pub(super) struct RmsProp {
    pub(super) rho: f64,
    pub(super) epsilon: f64,
}

impl Rule for RmsProp {
    fn slots(&self) -> &'static [&'static str] {
        &["velocity"]
    }

    fn update(
        &self,
        step: Step,
        weights: &mut [f32],
        gradient: &[f32],
        [velocity, _]: [&mut [f32]; MAX_SLOTS],
    ) {
        let rate = step.learning_rate;
        let [old, new] = [self.rho, 1.0 - self.rho].map(|share| share as f32);
        let epsilon = self.epsilon as f32;
        arch().dispatch(|| {
            for ((w, g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
                *v = old * *v + new * (g * g);
                *w -= rate * g / (*v + epsilon).sqrt();
            }
        });
    }
}
