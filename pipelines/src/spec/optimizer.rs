//! Optimizers with Keras's names and arguments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An optimizer and its numbers; the update formulas stand with the implementation in `train`. An
/// argument that is left out has Keras's default. Weight decay is decoupled, as in Keras; that of
/// PyTorch's optimizers, but for AdamW, is added to the gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// Adam (Kingma and Ba, 2015).
    #[schemars(extend("x-keras" = "Adam", "x-pytorch" = "Adam"))]
    Adam {
        /// Step size before any schedule.
        #[serde(default = "defaults::thousandth")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "lr"))]
        learning_rate: f64,
        /// Decay of the first moment.
        #[serde(default = "defaults::beta_1")]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "betas[0]"))]
        beta_1: f64,
        /// Decay of the second moment.
        #[serde(default = "defaults::beta_2")]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "betas[1]"))]
        beta_2: f64,
        /// Added to the uncorrected root of the second moment.
        #[serde(default = "defaults::epsilon")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "eps"))]
        epsilon: f64,
        /// Share of each weight, times the learning rate, that is taken away before a step; the model's
        /// `exclude_from_weight_decay` spares some.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0, max = 1), extend("default" = 0.0, "x-pytorch" = ""))]
        weight_decay: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    #[schemars(extend("x-keras" = "AdamW", "x-pytorch" = "AdamW"))]
    Adamw {
        /// Step size before any schedule.
        #[serde(default = "defaults::thousandth")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "lr"))]
        learning_rate: f64,
        /// Decay of the first moment.
        #[serde(default = "defaults::beta_1")]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "betas[0]"))]
        beta_1: f64,
        /// Decay of the second moment.
        #[serde(default = "defaults::beta_2")]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "betas[1]"))]
        beta_2: f64,
        /// Added to the uncorrected root of the second moment.
        #[serde(default = "defaults::epsilon")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "eps"))]
        epsilon: f64,
        /// Share of each weight, times the learning rate, that is taken away before a step; the model's
        /// `exclude_from_weight_decay` spares some.
        #[serde(default = "defaults::weight_decay")]
        #[schemars(range(min = 0, max = 1))]
        weight_decay: f64,
    },
    /// Gradient descent, with momentum if wanted.
    #[schemars(extend("x-keras" = "SGD", "x-pytorch" = "SGD"))]
    Sgd {
        /// Step size before any schedule.
        #[serde(default = "defaults::hundredth")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "lr"))]
        learning_rate: f64,
        /// Decay of the velocity; 0 for plain gradient descent.
        #[serde(default)]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0))]
        momentum: f64,
        /// Whether the gradient step looks ahead along the velocity.
        #[serde(default)]
        nesterov: bool,
        /// Share of each weight, times the learning rate, that is taken away before a step; the model's
        /// `exclude_from_weight_decay` spares some.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0, max = 1), extend("default" = 0.0, "x-pytorch" = ""))]
        weight_decay: f64,
    },
    /// Gradients divided by the root of their mean square (Hinton, 2012).
    #[schemars(extend("x-keras" = "RMSprop", "x-pytorch" = "RMSprop"))]
    Rmsprop {
        /// Step size before any schedule.
        #[serde(default = "defaults::thousandth")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "lr"))]
        learning_rate: f64,
        /// Decay of the mean square.
        #[serde(default = "defaults::rmsprop_rho")]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "alpha"))]
        rho: f64,
        /// Added under the root.
        #[serde(default = "defaults::epsilon")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "eps"))]
        epsilon: f64,
        /// Share of each weight, times the learning rate, that is taken away before a step; the model's
        /// `exclude_from_weight_decay` spares some.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0, max = 1), extend("default" = 0.0, "x-pytorch" = ""))]
        weight_decay: f64,
    },
    /// Steps scaled by earlier steps and gradients (Zeiler, 2012).
    #[schemars(extend("x-keras" = "Adadelta", "x-pytorch" = "Adadelta"))]
    Adadelta {
        /// Step size before any schedule; Zeiler's own is 1.
        #[serde(default = "defaults::thousandth")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "lr"))]
        learning_rate: f64,
        /// Decay of both mean squares.
        #[serde(default = "defaults::adadelta_rho")]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0))]
        rho: f64,
        /// Added under the roots.
        #[serde(default = "defaults::epsilon")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "eps"))]
        epsilon: f64,
        /// Share of each weight, times the learning rate, that is taken away before a step; the model's
        /// `exclude_from_weight_decay` spares some.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0, max = 1), extend("default" = 0.0, "x-pytorch" = ""))]
        weight_decay: f64,
    },
    /// Adam with the infinity norm (Kingma and Ba, 2015).
    #[schemars(extend("x-keras" = "Adamax", "x-pytorch" = "Adamax"))]
    Adamax {
        /// Step size before any schedule.
        #[serde(default = "defaults::thousandth")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "lr"))]
        learning_rate: f64,
        /// Decay of the first moment.
        #[serde(default = "defaults::beta_1")]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "betas[0]"))]
        beta_1: f64,
        /// Decay of the infinity norm.
        #[serde(default = "defaults::beta_2")]
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "betas[1]"))]
        beta_2: f64,
        /// Added to the infinity norm.
        #[serde(default = "defaults::epsilon")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "eps"))]
        epsilon: f64,
        /// Share of each weight, times the learning rate, that is taken away before a step; the model's
        /// `exclude_from_weight_decay` spares some.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0, max = 1), extend("default" = 0.0, "x-pytorch" = ""))]
        weight_decay: f64,
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

    /// Share of each weight, times the learning rate, that is taken away before a step.
    pub fn weight_decay(&self) -> f64 {
        match self {
            Optimizer::Adam { weight_decay, .. }
            | Optimizer::Adamw { weight_decay, .. }
            | Optimizer::Sgd { weight_decay, .. }
            | Optimizer::Rmsprop { weight_decay, .. }
            | Optimizer::Adadelta { weight_decay, .. }
            | Optimizer::Adamax { weight_decay, .. } => *weight_decay,
        }
    }
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// The defaults of Keras 3.
mod defaults {
    pub fn hundredth() -> f64 {
        0.01
    }

    pub fn thousandth() -> f64 {
        0.001
    }

    pub fn beta_1() -> f64 {
        0.9
    }

    pub fn beta_2() -> f64 {
        0.999
    }

    pub fn epsilon() -> f64 {
        1e-7
    }

    pub fn rmsprop_rho() -> f64 {
        0.9
    }

    pub fn adadelta_rho() -> f64 {
        0.95
    }

    pub fn weight_decay() -> f64 {
        0.004
    }
}
