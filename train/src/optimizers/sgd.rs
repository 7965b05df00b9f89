use super::{MAX_SLOTS, Rule, Step};
use crate::kernels::simd::arch;

/// `keras.optimizers.SGD`.
///
/// ```text
/// without momentum:  w -= lr * g
/// with momentum:     v = momentum * v - lr * g;  w += v
/// Nesterov's:        v as above;                 w += momentum * v - lr * g
/// ```
#[derive(Debug)]
pub(super) struct Sgd {
    pub(super) momentum: f64,
    pub(super) nesterov: bool,
}

impl Rule for Sgd {
    fn slots(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 {
            &[]
        } else {
            &["momentum"]
        }
    }

    fn update(
        &self,
        step: Step,
        weights: &mut [f32],
        gradient: &[f32],
        [velocity, _]: [&mut [f32]; MAX_SLOTS],
    ) {
        let rate = step.learning_rate;
        let momentum = self.momentum as f32;
        arch().dispatch(|| {
            let weights = weights.iter_mut().zip(gradient);
            if velocity.is_empty() {
                for (w, g) in weights {
                    *w -= g * rate;
                }
            } else if self.nesterov {
                for ((w, g), v) in weights.zip(velocity) {
                    *v = *v * momentum - g * rate;
                    *w += *v * momentum - g * rate;
                }
            } else {
                for ((w, g), v) in weights.zip(velocity) {
                    *v = *v * momentum - g * rate;
                    *w += *v;
                }
            }
        });
    }
}
