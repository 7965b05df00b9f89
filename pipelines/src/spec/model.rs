//! One model and how it is trained.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Augmentation, Initializer, Layer, Optimizer, Schedule, ShapeError, one_of};
use crate::spec::dataset_info::DatasetInfo;

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
    /// The model that it is judged against, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<String>,
    /// From the first layer after the input to the logits.
    pub layers: Vec<Layer>,
    /// Initial values of convolution and dense kernels.
    pub kernel_initializer: Initializer,
    /// Initial values of biases.
    pub bias_initializer: Initializer,
    /// The loss that training minimises.
    pub loss: Loss,
    /// Share of the target that is spread evenly over all classes, 0 to below 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// Factor of the loss of the rows of a class, by its name; 1 for a class that is not named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub class_weight: BTreeMap<String, f64>,
    /// The optimizer that minimises it.
    pub optimizer: Optimizer,
    /// Weights that the optimizer's weight decay spares.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude_from_weight_decay: Vec<WeightKind>,
    /// Largest norm of the gradient of all weights together; 0 for no limit.
    #[serde(skip_serializing_if = "is_zero")]
    pub global_clipnorm: f64,
    /// Share of the old value in the running average of the weights, which then validates and
    /// predicts; 0 for no average.
    #[serde(skip_serializing_if = "is_zero")]
    pub ema_momentum: f64,
    /// The learning rate of each epoch.
    pub schedule: Schedule,
    /// Passes over the training rows.
    pub epochs: u32,
    /// Rows a step; the last step of an epoch may have fewer.
    pub batch_size: usize,
    /// The policy that the training images are augmented with, if any.
    pub augmentation: Augmentation,
    /// The views of an image over which predictions are averaged, beside those of the image itself.
    #[serde(skip_serializing_if = "TestTimeViews::is_single")]
    pub test_time_views: TestTimeViews,
    /// What its change is about: changes of one theme are shown together.
    #[serde(skip_serializing)]
    pub theme: Option<String>,
    /// The sentence that proposed the change, and where it stands.
    #[serde(skip_serializing)]
    pub proposal: Option<String>,
    /// Why the model is as it is, where there was a choice.
    #[serde(skip_serializing)]
    pub choice: Option<String>,
}

impl Model {
    /// The model that its change is judged against: `compared_with`, or else the model that it extends.
    pub fn base(&self) -> Option<&str> {
        self.compared_with.as_deref().or(self.extends.as_deref())
    }

    /// The model without the words about it: what a trained run depends on.
    pub fn training_part(&self) -> Self {
        Self {
            title: String::new(),
            extends: None,
            compared_with: None,
            theme: None,
            proposal: None,
            choice: None,
            ..self.clone()
        }
    }

    /// The factor of each class of `info` in the loss; empty when all are 1.
    ///
    /// # Errors
    /// A class that the data do not have.
    pub fn class_weights(&self, info: &DatasetInfo) -> Result<Vec<f64>, ShapeError> {
        let names = &info.class_names;
        if let Some(unknown) = self.class_weight.keys().find(|name| !names.contains(name)) {
            let names = names.iter().map(String::as_str);
            let found = format!("`{unknown}`");
            return Err(ShapeError::new("class_weight", one_of(names), found));
        }
        if self.class_weight.is_empty() {
            return Ok(Vec::new());
        }
        let weight = |name| self.class_weight.get(name).copied().unwrap_or(1.0);
        Ok(names.iter().map(weight).collect())
    }
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// A kind of trained weights, by its name in Keras.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeightKind {
    /// The kernels of convolutions and dense layers.
    Kernel,
    /// The biases of convolutions and dense layers.
    Bias,
    /// The factors of normalisations.
    Gamma,
    /// What normalisations add.
    Beta,
}

impl WeightKind {
    /// The word in a spec.
    pub fn name(self) -> &'static str {
        match self {
            WeightKind::Kernel => "kernel",
            WeightKind::Bias => "bias",
            WeightKind::Gamma => "gamma",
            WeightKind::Beta => "beta",
        }
    }
}

/// Views of a test image whose logits are averaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TestTimeViews {
    /// The image alone.
    #[default]
    Single,
    /// The image and its mirror image, left for right: the mean of both.
    Mirror,
    /// Half the mean of the image and its mirror image, half the mean of four more views: both of them
    /// shifted by one pixel up and left, and by one down and right, zeros behind them (K. Jordan,
    /// 2024).
    MirrorAndShifts,
}

impl TestTimeViews {
    /// The word in a spec.
    pub fn name(self) -> &'static str {
        match self {
            TestTimeViews::Single => "single",
            TestTimeViews::Mirror => "mirror",
            TestTimeViews::MirrorAndShifts => "mirror-and-shifts",
        }
    }

    /// Whether there is nothing to average.
    pub fn is_single(&self) -> bool {
        *self == TestTimeViews::Single
    }
}

/// A loss by its name in Keras.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean over the batch of -log softmax(logits)\[label\].
    CategoricalCrossentropy,
}
