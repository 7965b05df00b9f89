use super::{MAX_SLOTS, Rule, Step};
use crate::kernels::simd::arch;

/// `keras.optimizers.Adadelta` (Zeiler, 2012). Epsilon is added under both roots.
///
/// ```text
/// a = rho * a + (1 - rho) * g²
/// d = -sqrt(x + epsilon) / sqrt(a + epsilon) * g
/// x = rho * x + (1 - rho) * d²
/// w += lr * d
/// ```
#[derive(Debug)]
pub(super) struct Adadelta {
    pub(super) rho: f64,
    pub(super) epsilon: f64,
}

impl Rule for Adadelta {
    fn slots(&self) -> &'static [&'static str] {
        &["accumulated_gradient", "accumulated_change"]
    }

    fn update(
        &self,
        step: Step,
        weights: &mut [f32],
        gradient: &[f32],
        [gradients, changes]: [&mut [f32]; MAX_SLOTS],
    ) {
        let rate = step.learning_rate;
        let [old, new] = [self.rho, 1.0 - self.rho].map(|share| share as f32);
        let epsilon = self.epsilon as f32;
        arch().dispatch(|| {
            let means = gradients.iter_mut().zip(changes);
            for ((w, g), (a, x)) in weights.iter_mut().zip(gradient).zip(means) {
                *a = old * *a + new * (g * g);
                let change = -((*x + epsilon).sqrt() * g / (*a + epsilon).sqrt());
                *x = old * *x + new * (change * change);
                *w += rate * change;
            }
        });
    }
}
