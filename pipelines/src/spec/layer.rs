//! One layer in Keras's words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A layer of a model. An argument that is left out has Keras's default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Layer {
    /// A two-dimensional convolution with bias.
    #[schemars(extend("x-keras" = "Conv2D", "x-pytorch" = "Conv2d"))]
    Conv2d {
        /// Number of output channels.
        #[schemars(range(min = 1), extend("x-pytorch" = "out_channels"))]
        filters: usize,
        /// Side of the square kernel, in pixels.
        #[schemars(range(min = 1))]
        kernel_size: usize,
        /// Step of the kernel, in pixels.
        #[serde(default = "one")]
        #[schemars(range(min = 1), extend("x-pytorch" = "stride"))]
        strides: usize,
        /// What happens at the border.
        #[serde(default)]
        padding: Padding,
        /// Applied to the output.
        #[serde(default)]
        #[schemars(extend("x-pytorch" = "a module of its own"))]
        activation: Activation,
    },
    /// Normalisation of each channel by the mean and variance of the batch in training, and by
    /// their running averages in inference.
    #[schemars(extend("x-keras" = "BatchNormalization", "x-pytorch" = "BatchNorm2d"))]
    BatchNormalization {
        /// Weight of the old running value.
        #[serde(default = "batch_norm_momentum")]
        #[schemars(range(min = 0, max = 1), extend("x-pytorch" = "1 - momentum"))]
        momentum: f64,
        /// Added to the variance.
        #[serde(default = "batch_norm_epsilon")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "eps"))]
        epsilon: f64,
    },
    /// The largest value of each window.
    #[serde(rename = "max_pooling2d")]
    #[schemars(extend("x-keras" = "MaxPooling2D", "x-pytorch" = "MaxPool2d"))]
    MaxPooling2d(Pooling),
    /// The mean of each window.
    #[serde(rename = "average_pooling2d")]
    #[schemars(extend("x-keras" = "AveragePooling2D", "x-pytorch" = "AvgPool2d"))]
    AveragePooling2d(Pooling),
    /// The values of an image as one vector, in the order height, width, channels.
    #[schemars(extend("x-keras" = "Flatten", "x-pytorch" = "Flatten, of (N, H, W, C)"))]
    Flatten {},
    /// A fully connected layer with bias.
    #[schemars(extend("x-keras" = "Dense", "x-pytorch" = "Linear"))]
    Dense {
        /// Number of outputs.
        #[schemars(range(min = 1), extend("x-pytorch" = "out_features"))]
        units: usize,
        /// Applied to the output.
        #[serde(default)]
        #[schemars(extend("x-pytorch" = "a module of its own"))]
        activation: Activation,
    },
    /// Sets values to zero at random in training, and enlarges the others to keep the mean.
    #[schemars(extend("x-keras" = "Dropout", "x-pytorch" = "Dropout"))]
    Dropout {
        /// Share of the values that is set to zero.
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "p"))]
        rate: f64,
    },
    /// Layers one after another.
    #[schemars(extend("x-keras" = "Sequential", "x-pytorch" = "Sequential"))]
    Sequence {
        /// From the input to the output.
        #[schemars(extend("x-pytorch" = "args"))]
        layers: Vec<Layer>,
    },
    /// The sum of two branches that read the same input and give the same shape (He et al., 2016).
    /// An activation of the sum is a layer of its own.
    #[schemars(extend("x-keras" = "Add()([layers(x), shortcut(x)])", "x-pytorch" = "layers(x) + shortcut(x)"))]
    Residual {
        /// One branch, from the input to the sum.
        #[schemars(extend("x-keras" = "", "x-pytorch" = ""))]
        layers: Vec<Layer>,
        /// The other branch; without layers, the input itself is added.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schemars(extend("x-keras" = "", "x-pytorch" = ""))]
        shortcut: Vec<Layer>,
    },
}

/// A pooling layer without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PoolingArguments")]
pub struct Pooling {
    /// Side of the square window, in pixels.
    pub pool_size: usize,
    /// Step of the window, in pixels.
    pub strides: usize,
}

/// [`Pooling`] as it is written in a spec.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PoolingArguments {
    /// Side of the square window, in pixels.
    #[serde(default = "two")]
    #[schemars(range(min = 1), extend("x-pytorch" = "kernel_size"))]
    pool_size: usize,
    /// Step of the window, in pixels; `pool_size` when left out.
    #[schemars(range(min = 1), extend("x-pytorch" = "stride"))]
    strides: Option<usize>,
}

impl From<PoolingArguments> for Pooling {
    fn from(arguments: PoolingArguments) -> Self {
        Self {
            pool_size: arguments.pool_size,
            strides: arguments.strides.unwrap_or(arguments.pool_size),
        }
    }
}

impl JsonSchema for Pooling {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        PoolingArguments::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        PoolingArguments::json_schema(generator)
    }
}

fn one() -> usize {
    1
}

fn two() -> usize {
    2
}

fn batch_norm_momentum() -> f64 {
    0.99
}

fn batch_norm_epsilon() -> f64 {
    0.001
}

impl Layer {
    /// The layer's name in a spec.
    pub fn name(&self) -> &'static str {
        match self {
            Layer::Conv2d { .. } => "conv2d",
            Layer::BatchNormalization { .. } => "batch_normalization",
            Layer::MaxPooling2d(_) => "max_pooling2d",
            Layer::AveragePooling2d(_) => "average_pooling2d",
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

/// What is applied to the output of a layer.
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
}
