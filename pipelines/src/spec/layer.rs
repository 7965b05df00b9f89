//! One layer in Keras's words.

use serde::{Deserialize, Serialize};

/// A layer of a model, with every argument that its Keras namesake is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Layer {
    /// `keras.layers.Conv2D`, with bias.
    Conv2d {
        /// Number of output channels.
        filters: usize,
        /// Side of the square kernel, in pixels.
        kernel_size: usize,
        /// Step of the kernel, in pixels.
        strides: usize,
        /// What happens at the border.
        padding: Padding,
        /// Applied to the output.
        activation: Activation,
    },
    /// `keras.layers.BatchNormalization` over (N, H, W).
    BatchNormalization {
        /// Weight of the old running value.
        momentum: f64,
        /// Added to the variance.
        epsilon: f64,
    },
    /// `keras.layers.MaxPooling2D`, valid.
    #[serde(rename = "max_pooling2d")]
    MaxPooling2d {
        /// Side of the square window, in pixels.
        pool_size: usize,
        /// Step of the window, in pixels.
        strides: usize,
    },
    /// `keras.layers.AveragePooling2D`, valid.
    #[serde(rename = "average_pooling2d")]
    AveragePooling2d {
        /// Side of the square window, in pixels.
        pool_size: usize,
        /// Step of the window, in pixels.
        strides: usize,
    },
    /// `keras.layers.Flatten`.
    Flatten {},
    /// `keras.layers.Dense`, with bias.
    Dense {
        /// Number of outputs.
        units: usize,
        /// Applied to the output.
        activation: Activation,
    },
    /// `keras.layers.Dropout`.
    Dropout {
        /// Share of the values that is set to zero, 0..1.
        rate: f64,
    },
    /// Layers one after another: `keras.Sequential`.
    Sequence {
        /// From the input to the output.
        layers: Vec<Layer>,
    },
    /// The sum of two branches that read the same input (He et al., 2016):
    /// `keras.layers.Add()([layers(x), shortcut(x)])`. Both give the same shape. An activation of
    /// the sum is a layer of its own.
    Residual {
        /// One branch, from the input to the sum.
        layers: Vec<Layer>,
        /// The other branch; without layers, the input itself is added.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shortcut: Vec<Layer>,
    },
}

impl Layer {
    /// The layer's name in a spec.
    pub fn name(&self) -> &'static str {
        match self {
            Layer::Conv2d { .. } => "conv2d",
            Layer::BatchNormalization { .. } => "batch_normalization",
            Layer::MaxPooling2d { .. } => "max_pooling2d",
            Layer::AveragePooling2d { .. } => "average_pooling2d",
            Layer::Flatten {} => "flatten",
            Layer::Dense { .. } => "dense",
            Layer::Dropout { .. } => "dropout",
            Layer::Sequence { .. } => "sequence",
            Layer::Residual { .. } => "residual",
        }
    }
}

impl Layer {
    /// The lists of layers inside a container, each with its key in the spec.
    pub fn branches(&self) -> Vec<(&'static str, &[Layer])> {
        match self {
            Layer::Sequence { layers } => vec![("layers", layers)],
            Layer::Residual { layers, shortcut } => {
                vec![("layers", layers), ("shortcut", shortcut)]
            }
            _ => Vec::new(),
        }
    }
}

/// What a convolution does at the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// The kernel stays inside the image.
    Valid,
    /// Zeros are added so that the output has ceil(side / strides) pixels a side; an odd one goes
    /// to the bottom and the right, as in Keras.
    Same,
}

/// What is applied to the output of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Nothing.
    Linear,
    /// max(0, x).
    Relu,
}
