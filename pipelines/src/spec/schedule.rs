//! How the learning rate changes from epoch to epoch.

use serde::{Deserialize, Serialize};

/// A learning-rate schedule; epochs count from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// The optimizer's rate throughout.
    Constant {},
    /// The optimizer's rate for `hold_epochs`, then times exp(-`decay`) each epoch: the example in
    /// the documentation of Keras's `LearningRateScheduler`.
    HoldThenExponential {
        /// Epochs at the optimizer's rate.
        hold_epochs: u32,
        /// Exponent of each later epoch.
        decay: f64,
    },
    /// Keras's `ReduceLROnPlateau`.
    ReduceOnPlateau {
        /// The monitored quantity.
        monitor: Monitor,
        /// The factor that the rate is multiplied by.
        factor: f64,
        /// Epochs without improvement before that.
        patience: u32,
        /// Smallest change that counts as improvement.
        min_delta: f64,
        /// Epochs to wait after a reduction.
        cooldown: u32,
        /// The rate never falls below this.
        min_learning_rate: f64,
    },
    /// Half a cosine from the optimizer's rate to `min_learning_rate` over all epochs.
    Cosine {
        /// Rate after the last epoch.
        min_learning_rate: f64,
    },
    /// One cycle (Smith and Topin 2018) in PyTorch's `OneCycleLR` form with cosine annealing,
    /// stepped by epoch.
    OneCycle {
        /// Highest rate.
        max_learning_rate: f64,
        /// Share of the epochs in which the rate rises.
        warmup_fraction: f64,
        /// First rate = highest / this.
        initial_divisor: f64,
        /// Last rate = first / this.
        final_divisor: f64,
    },
}

impl Schedule {
    /// The schedule's name in a spec.
    pub fn name(&self) -> &'static str {
        match self {
            Schedule::Constant {} => "constant",
            Schedule::HoldThenExponential { .. } => "hold_then_exponential",
            Schedule::ReduceOnPlateau { .. } => "reduce_on_plateau",
            Schedule::Cosine { .. } => "cosine",
            Schedule::OneCycle { .. } => "one_cycle",
        }
    }

    /// Every number of the schedule with its key, its allowed range as text, and whether it lies
    /// in it.
    pub(super) fn ranges(&self) -> Vec<(&'static str, f64, &'static str, bool)> {
        let at_least_0 = |key, value: f64| {
            let valid = value >= 0.0 && value.is_finite();
            (key, value, "a finite number, 0 or more", valid)
        };
        let above_0 = |key, value: f64| {
            let valid = value > 0.0 && value.is_finite();
            (key, value, "a finite number above 0", valid)
        };
        let inside_0_1 = |key, value: f64| {
            (
                key,
                value,
                "above 0 and below 1",
                value > 0.0 && value < 1.0,
            )
        };
        match self {
            Schedule::Constant {} => Vec::new(),
            Schedule::HoldThenExponential { decay, .. } => vec![at_least_0("decay", *decay)],
            Schedule::ReduceOnPlateau {
                factor,
                min_delta,
                min_learning_rate,
                ..
            } => vec![
                inside_0_1("factor", *factor),
                at_least_0("min_delta", *min_delta),
                at_least_0("min_learning_rate", *min_learning_rate),
            ],
            Schedule::Cosine { min_learning_rate } => {
                vec![at_least_0("min_learning_rate", *min_learning_rate)]
            }
            Schedule::OneCycle {
                max_learning_rate,
                warmup_fraction,
                initial_divisor,
                final_divisor,
            } => vec![
                above_0("max_learning_rate", *max_learning_rate),
                inside_0_1("warmup_fraction", *warmup_fraction),
                above_0("initial_divisor", *initial_divisor),
                above_0("final_divisor", *final_divisor),
            ],
        }
    }
}

/// The quantity that a schedule monitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// Validation loss; lower is better.
    ValLoss,
    /// Validation accuracy; higher is better.
    ValAccuracy,
}
