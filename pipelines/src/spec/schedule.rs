//! How the learning rate changes from epoch to epoch or from step to step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the learning rate changes from epoch to epoch, or from step to step where `interval` says so;
/// both count from 0. An argument that is left
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
    /// Half a cosine from the optimizer's rate to `min_learning_rate`, after a linear rise to it if
    /// `warmup_fraction` is given. The last interval is one short of `min_learning_rate`.
    #[schemars(extend("x-keras" = "CosineDecay", "x-pytorch" = "CosineAnnealingLR"))]
    Cosine {
        /// Rate at the end.
        #[serde(default)]
        #[schemars(range(min = 0), extend("x-keras" = "alpha, as a share of the first rate", "x-pytorch" = "eta_min"))]
        min_learning_rate: f64,
        /// Whether the rate changes with each epoch or with each step.
        #[serde(default, skip_serializing_if = "Interval::is_epoch")]
        #[schemars(extend("default" = "epoch", "x-keras" = "", "x-pytorch" = "where step() is called"))]
        interval: Interval,
        /// Share of the training in which the rate rises.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0), extend("default" = 0.0, "exclusiveMaximum" = 1.0, "x-keras" = "warmup_steps, as a number", "x-pytorch" = "LinearLR before it"))]
        warmup_fraction: f64,
        /// Rate that the rise begins with.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0), extend("default" = 0.0, "x-keras" = "initial_learning_rate", "x-pytorch" = "LinearLR(start_factor)"))]
        initial_learning_rate: f64,
    },
    /// A straight line from the optimizer's rate to `min_learning_rate`, after a linear rise to it if
    /// `warmup_fraction` is given. The last interval is one short of `min_learning_rate`.
    #[schemars(extend("x-keras" = "PolynomialDecay(power=1)", "x-pytorch" = "LinearLR"))]
    Linear {
        /// Rate at the end.
        #[serde(default)]
        #[schemars(range(min = 0), extend("x-keras" = "end_learning_rate", "x-pytorch" = "end_factor, as a share of the first rate"))]
        min_learning_rate: f64,
        /// Whether the rate changes with each epoch or with each step.
        #[serde(default, skip_serializing_if = "Interval::is_epoch")]
        #[schemars(extend("default" = "epoch", "x-keras" = "", "x-pytorch" = "where step() is called"))]
        interval: Interval,
        /// Share of the training in which the rate rises.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0), extend("default" = 0.0, "exclusiveMaximum" = 1.0, "x-keras" = "", "x-pytorch" = "LinearLR before it"))]
        warmup_fraction: f64,
        /// Rate that the rise begins with.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0), extend("default" = 0.0, "x-keras" = "", "x-pytorch" = "LinearLR(start_factor)"))]
        initial_learning_rate: f64,
    },
    /// One cycle (Smith and Topin 2018) in PyTorch's `OneCycleLR` form.
    #[schemars(extend("x-keras" = "", "x-pytorch" = "OneCycleLR"))]
    OneCycle {
        /// Highest rate.
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-keras" = "", "x-pytorch" = "max_lr"))]
        max_learning_rate: f64,
        /// Share of the training in which the rate rises.
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
        /// Whether the rate changes with each epoch or with each step; PyTorch's documentation means
        /// steps.
        #[serde(default, skip_serializing_if = "Interval::is_epoch")]
        #[schemars(extend("default" = "epoch", "x-keras" = "", "x-pytorch" = "where step() is called"))]
        interval: Interval,
        /// The form of both its parts.
        #[serde(default, skip_serializing_if = "Anneal::is_cos")]
        #[schemars(extend("default" = "cos", "x-keras" = ""))]
        anneal_strategy: Anneal,
    },
}

impl Schedule {
    /// The rate that a rise begins with which the schedule does not have.
    pub(super) fn rise_without_warm_up(&self) -> Option<f64> {
        match *self {
            Schedule::Cosine {
                warmup_fraction,
                initial_learning_rate,
                ..
            }
            | Schedule::Linear {
                warmup_fraction,
                initial_learning_rate,
                ..
            } => (warmup_fraction == 0.0 && initial_learning_rate > 0.0)
                .then_some(initial_learning_rate),
            _ => None,
        }
    }

    /// The schedule's name in a spec.
    pub fn name(&self) -> &'static str {
        match self {
            Schedule::Constant {} => "constant",
            Schedule::HoldThenExponential { .. } => "hold_then_exponential",
            Schedule::ReduceOnPlateau { .. } => "reduce_on_plateau",
            Schedule::Cosine { .. } => "cosine",
            Schedule::Linear { .. } => "linear",
            Schedule::OneCycle { .. } => "one_cycle",
        }
    }
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// After what the learning rate changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// After each pass over the training rows.
    #[default]
    Epoch,
    /// After each batch.
    Step,
}

impl Interval {
    fn is_epoch(&self) -> bool {
        *self == Interval::Epoch
    }
}

/// How a rate goes from one value to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Anneal {
    /// Along half a cosine.
    #[default]
    Cos,
    /// Along a straight line.
    Linear,
}

impl Anneal {
    fn is_cos(&self) -> bool {
        *self == Anneal::Cos
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
