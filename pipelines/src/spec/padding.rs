//! What a convolution does at the border.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a convolution does at the border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// The kernel stays inside the image.
    #[default]
    Valid,
    /// Zeros are added so that the output has ceil(side / strides) pixels a side; an odd one goes
    /// to the bottom and the right, as in Keras.
    Same,
}
