//! One model and how it is trained.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Augmentation, Initializer, Layer, Optimizer, Schedule};

/// A model whose every number is known: what it does not say itself comes from the model that it
/// extends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// Names the folder of its runs.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// The model that it was changed from.
    pub extends: Option<String>,
    /// From the first layer after the input to the logits.
    pub layers: Vec<Layer>,
    /// Initial values of convolution and dense kernels.
    pub kernel_initializer: Initializer,
    /// Initial values of biases.
    pub bias_initializer: Initializer,
    /// The loss that training minimises.
    pub loss: Loss,
    /// The optimizer that minimises it.
    pub optimizer: Optimizer,
    /// The learning rate of each epoch.
    pub schedule: Schedule,
    /// Passes over the training rows.
    pub epochs: u32,
    /// Rows a step; the last step of an epoch may have fewer.
    pub batch_size: usize,
    /// The policy that the training images are augmented with, if any.
    pub augmentation: Augmentation,
    /// Why the model is as it is, where there was a choice.
    #[serde(skip_serializing)]
    pub choice: Option<String>,
}

impl Model {
    /// The model without the words about it: what a trained run depends on.
    pub fn training_part(&self) -> Self {
        Self {
            title: String::new(),
            extends: None,
            choice: None,
            ..self.clone()
        }
    }
}

/// A loss by its name in Keras.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean over the batch of -log softmax(logits)\[label\].
    CategoricalCrossentropy,
}
