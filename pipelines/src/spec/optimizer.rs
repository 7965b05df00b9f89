//! Optimizers with Keras's names and arguments.

use serde::{Deserialize, Serialize};

/// An optimizer and its numbers; the update formulas stand with the implementation in `train`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// `keras.optimizers.Adam`.
    Adam {
        /// Step size before any schedule.
        learning_rate: f64,
        /// Decay of the first moment.
        beta_1: f64,
        /// Decay of the second moment.
        beta_2: f64,
        /// Added to the uncorrected root of the second moment.
        epsilon: f64,
    },
    /// `keras.optimizers.AdamW`: Adam with decoupled weight decay.
    Adamw {
        /// Step size before any schedule.
        learning_rate: f64,
        /// Decay of the first moment.
        beta_1: f64,
        /// Decay of the second moment.
        beta_2: f64,
        /// Added to the uncorrected root of the second moment.
        epsilon: f64,
        /// Share of each weight, times the learning rate, that is taken away a step.
        weight_decay: f64,
    },
    /// `keras.optimizers.SGD`.
    Sgd {
        /// Step size before any schedule.
        learning_rate: f64,
        /// Decay of the velocity; 0 for plain gradient descent.
        momentum: f64,
        /// Whether the gradient step looks ahead along the velocity.
        nesterov: bool,
    },
    /// `keras.optimizers.RMSprop`.
    Rmsprop {
        /// Step size before any schedule.
        learning_rate: f64,
        /// Decay of the mean square.
        rho: f64,
        /// Added under the root.
        epsilon: f64,
    },
    /// `keras.optimizers.Adadelta`.
    Adadelta {
        /// Step size before any schedule; Zeiler's own is 1.
        learning_rate: f64,
        /// Decay of both mean squares.
        rho: f64,
        /// Added under the roots.
        epsilon: f64,
    },
    /// `keras.optimizers.Adamax`.
    Adamax {
        /// Step size before any schedule.
        learning_rate: f64,
        /// Decay of the first moment.
        beta_1: f64,
        /// Decay of the infinity norm.
        beta_2: f64,
        /// Added to the infinity norm.
        epsilon: f64,
    },
}

impl Optimizer {
    /// The optimizer's name in a spec.
    pub fn name(&self) -> &'static str {
        match self {
            Optimizer::Adam { .. } => "adam",
            Optimizer::Adamw { .. } => "adamw",
            Optimizer::Sgd { .. } => "sgd",
            Optimizer::Rmsprop { .. } => "rmsprop",
            Optimizer::Adadelta { .. } => "adadelta",
            Optimizer::Adamax { .. } => "adamax",
        }
    }

    /// Step size before any schedule.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Optimizer::Adam { learning_rate, .. }
            | Optimizer::Adamw { learning_rate, .. }
            | Optimizer::Sgd { learning_rate, .. }
            | Optimizer::Rmsprop { learning_rate, .. }
            | Optimizer::Adadelta { learning_rate, .. }
            | Optimizer::Adamax { learning_rate, .. } => *learning_rate,
        }
    }

    /// Every number of the optimizer with its key, its allowed range as text, and whether it lies
    /// in it.
    pub(super) fn ranges(&self) -> Vec<(&'static str, f64, &'static str, bool)> {
        let mut ranges = vec![positive("learning_rate", self.learning_rate())];
        match self {
            Optimizer::Adam {
                beta_1,
                beta_2,
                epsilon,
                ..
            }
            | Optimizer::Adamax {
                beta_1,
                beta_2,
                epsilon,
                ..
            } => ranges.extend([
                decay("beta_1", *beta_1),
                decay("beta_2", *beta_2),
                positive("epsilon", *epsilon),
            ]),
            Optimizer::Adamw {
                beta_1,
                beta_2,
                epsilon,
                weight_decay,
                ..
            } => ranges.extend([
                decay("beta_1", *beta_1),
                decay("beta_2", *beta_2),
                positive("epsilon", *epsilon),
                (
                    "weight_decay",
                    *weight_decay,
                    "0 to 1",
                    (0.0..=1.0).contains(weight_decay),
                ),
            ]),
            Optimizer::Sgd { momentum, .. } => ranges.push(decay("momentum", *momentum)),
            Optimizer::Rmsprop { rho, epsilon, .. } | Optimizer::Adadelta { rho, epsilon, .. } => {
                ranges.extend([decay("rho", *rho), positive("epsilon", *epsilon)]);
            }
        }
        ranges
    }
}

fn positive(key: &'static str, value: f64) -> (&'static str, f64, &'static str, bool) {
    (
        key,
        value,
        "a finite number above 0",
        value > 0.0 && value.is_finite(),
    )
}

fn decay(key: &'static str, value: f64) -> (&'static str, f64, &'static str, bool) {
    (key, value, "0 to below 1", (0.0..1.0).contains(&value))
}
