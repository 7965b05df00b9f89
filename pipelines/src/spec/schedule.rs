//! How the learning rate changes from epoch to epoch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the learning rate changes from epoch to epoch; epochs count from 0. An argument that is left
/// out has the default of Keras, or of PyTorch where Keras has no such schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// The optimizer's rate throughout.
    #[schemars(extend("x-keras" = "a float", "x-pytorch" = "no scheduler"))]
    Constant {},
    /// The optimizer's rate for `hold_epochs`, then times exp(-`decay`) each epoch: the example in
    /// the documentation of Keras's `LearningRateScheduler`.
    #[schemars(extend("x-keras" = "LearningRateScheduler", "x-pytorch" = "LambdaLR"))]
    HoldThenExponential {
        /// Epochs at the optimizer's rate.
        hold_epochs: u32,
        /// Exponent of each later epoch.
        #[schemars(range(min = 0))]
        decay: f64,
    },
    /// A lower rate each time that a figure of the validation rows has stopped improving.
    #[schemars(extend("x-keras" = "ReduceLROnPlateau", "x-pytorch" = "ReduceLROnPlateau"))]
    ReduceOnPlateau {
        /// The monitored quantity.
        #[serde(default)]
        monitor: Monitor,
        /// The factor that the rate is multiplied by.
        #[serde(default = "defaults::factor")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
        factor: f64,
        /// Epochs without improvement before that.
        #[serde(default = "defaults::patience")]
        patience: u32,
        /// Smallest change that counts as improvement.
        #[serde(default = "defaults::min_delta")]
        #[schemars(range(min = 0), extend("x-pytorch" = "threshold"))]
        min_delta: f64,
        /// Epochs to wait after a reduction.
        #[serde(default)]
        cooldown: u32,
        /// The rate never falls below this.
        #[serde(default)]
        #[schemars(range(min = 0), extend("x-keras" = "min_lr", "x-pytorch" = "min_lr"))]
        min_learning_rate: f64,
    },
    /// Half a cosine from the optimizer's rate to `min_learning_rate` over all epochs.
    #[schemars(extend("x-keras" = "CosineDecay", "x-pytorch" = "CosineAnnealingLR"))]
    Cosine {
        /// Rate after the last epoch.
        #[serde(default)]
        #[schemars(range(min = 0), extend("x-keras" = "alpha, as a share of the first rate", "x-pytorch" = "eta_min"))]
        min_learning_rate: f64,
    },
    /// One cycle (Smith and Topin 2018) in PyTorch's `OneCycleLR` form with cosine annealing,
    /// stepped by epoch.
    #[schemars(extend("x-keras" = "", "x-pytorch" = "OneCycleLR"))]
    OneCycle {
        /// Highest rate.
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-keras" = "", "x-pytorch" = "max_lr"))]
        max_learning_rate: f64,
        /// Share of the epochs in which the rate rises.
        #[serde(default = "defaults::warmup_fraction")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0, "x-keras" = "", "x-pytorch" = "pct_start"))]
        warmup_fraction: f64,
        /// First rate = highest / this.
        #[serde(default = "defaults::initial_divisor")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-keras" = "", "x-pytorch" = "div_factor"))]
        initial_divisor: f64,
        /// Last rate = first / this.
        #[serde(default = "defaults::final_divisor")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-keras" = "", "x-pytorch" = "final_div_factor"))]
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
}

/// The quantity that a schedule monitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// Validation loss; lower is better.
    #[default]
    ValLoss,
    /// Validation accuracy; higher is better.
    ValAccuracy,
}

/// The defaults of Keras 3, and of PyTorch where Keras has no such schedule.
mod defaults {
    pub fn factor() -> f64 {
        0.1
    }

    pub fn patience() -> u32 {
        10
    }

    pub fn min_delta() -> f64 {
        1e-4
    }

    pub fn warmup_fraction() -> f64 {
        0.3
    }

    pub fn initial_divisor() -> f64 {
        25.0
    }

    pub fn final_divisor() -> f64 {
        1e4
    }
}
