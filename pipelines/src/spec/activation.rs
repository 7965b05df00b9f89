//! Functions that are applied to every value of a layer's output.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is applied to every value of the output of a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-instead" = {
    "softmax": "`linear`, as the loss applies softmax to the last layer itself",
}))]
pub enum Activation {
    /// Nothing.
    #[default]
    Linear,
    /// max(0, x).
    Relu,
    /// x where it is positive, 0.2 x elsewhere; PyTorch's `LeakyReLU(0.2)`.
    LeakyRelu,
    /// x Φ(x) with the normal distribution function Φ, exact and not the approximation by tanh (Hendrycks
    /// and Gimpel, 2016).
    Gelu,
    /// x / (1 + exp(-x)), also called swish.
    Silu,
    /// x where it is positive, exp(x) - 1 elsewhere.
    Elu,
    /// The hyperbolic tangent.
    Tanh,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
}

impl Activation {
    /// The activation's name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Linear => "linear",
            Activation::Relu => "relu",
            Activation::LeakyRelu => "leaky_relu",
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
            Activation::Elu => "elu",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
        }
    }

    /// The activation's name as people write it in a diagram; empty for the one that does nothing.
    pub fn title(self) -> &'static str {
        match self {
            Activation::Linear => "",
            Activation::Relu => "ReLU",
            Activation::LeakyRelu => "leaky ReLU",
            Activation::Gelu => "GELU",
            Activation::Silu => "SiLU",
            Activation::Elu => "ELU",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
        }
    }
}
