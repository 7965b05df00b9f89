//! Initial values of kernels and biases.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An initialiser by its name in Keras.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Initializer {
    /// All zeros.
    Zeros,
    /// All ones.
    Ones,
    /// U(-L, L) with L = sqrt(6 / (fan_in + fan_out)).
    GlorotUniform,
    /// Truncated normal with standard deviation sqrt(2 / (fan_in + fan_out)).
    GlorotNormal,
    /// U(-L, L) with L = sqrt(6 / fan_in).
    HeUniform,
    /// Truncated normal with standard deviation sqrt(2 / fan_in).
    HeNormal,
    /// U(-L, L) with L = sqrt(3 / fan_in).
    LecunUniform,
    /// Truncated normal with standard deviation sqrt(1 / fan_in).
    LecunNormal,
}
