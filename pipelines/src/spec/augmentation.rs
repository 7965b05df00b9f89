//! The augmentation policy of a model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name that stands for no augmentation.
const NONE: &str = "none";

/// The name of a policy, or `none`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Augmentation(String);

impl Augmentation {
    /// The policy's name; `None` when the images are trained on as they are.
    pub fn policy(&self) -> Option<&str> {
        (self.0 != NONE).then_some(self.0.as_str())
    }
}

impl From<&str> for Augmentation {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl Default for Augmentation {
    fn default() -> Self {
        Self::from(NONE)
    }
}
