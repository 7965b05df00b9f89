//! One layer in Keras's words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Activation, Padding, Pooling};

/// A layer of a model. An argument that is left out has Keras's default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Layer {
    /// A two-dimensional convolution.
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
        /// Whether a number is added to each channel of the output. Batch normalisation right behind
        /// takes it away again.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        #[schemars(extend("default" = true, "x-pytorch" = "bias"))]
        use_bias: bool,
    },
    /// A two-dimensional convolution of each channel by itself, with a kernel of its own.
    #[serde(rename = "depthwise_conv2d")]
    #[schemars(extend("x-keras" = "DepthwiseConv2D", "x-pytorch" = "Conv2d(C, C, groups=C)"))]
    DepthwiseConv2d {
        /// Side of the square kernels, in pixels.
        #[schemars(range(min = 1))]
        kernel_size: usize,
        /// Step of the kernels, in pixels.
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
        /// Whether a number is added to each channel of the output.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        #[schemars(extend("default" = true, "x-pytorch" = "bias"))]
        use_bias: bool,
    },
    /// Normalisation of each channel by the mean and variance of the batch in training, and by
    /// their running averages in inference.
    #[schemars(extend("x-keras" = "BatchNormalization", "x-pytorch" = "BatchNorm2d, BatchNorm1d of a vector"))]
    BatchNormalization {
        /// Weight of the old running value.
        #[serde(default = "batch_norm_momentum")]
        #[schemars(range(min = 0, max = 1), extend("x-pytorch" = "1 - momentum"))]
        momentum: f64,
        /// Added to the variance.
        #[serde(default = "norm_epsilon")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "eps"))]
        epsilon: f64,
        /// Whether the result is multiplied by a learnt gamma for each channel.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        #[schemars(extend("default" = true, "x-pytorch" = "affine, of both"))]
        scale: bool,
        /// Whether a learnt beta for each channel is added to the result.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        #[schemars(extend("default" = true, "x-pytorch" = "affine, of both"))]
        center: bool,
    },
    /// Normalisation of the channels at each position, or of the values of a vector, by their own mean
    /// and variance, in training and in inference.
    #[schemars(extend("x-keras" = "LayerNormalization", "x-pytorch" = "LayerNorm(C), of (N, H, W, C)"))]
    LayerNormalization {
        /// Added to the variance.
        #[serde(default = "norm_epsilon")]
        #[schemars(extend("exclusiveMinimum" = 0.0, "x-pytorch" = "eps"))]
        epsilon: f64,
        /// Whether the result is multiplied by a learnt gamma for each channel.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        #[schemars(extend("default" = true, "x-pytorch" = "elementwise_affine"))]
        scale: bool,
        /// Whether a learnt beta for each channel is added to the result.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        #[schemars(extend("default" = true, "x-pytorch" = "bias"))]
        center: bool,
    },
    /// An activation as a layer of its own, such as behind batch normalisation or a sum.
    #[schemars(extend("x-keras" = "Activation", "x-pytorch" = "the module of the activation"))]
    Activation {
        /// Applied to every value.
        #[schemars(extend("x-pytorch" = ""))]
        activation: Activation,
    },
    /// x * `scale` + `offset`, such as logits that are made smaller.
    #[schemars(extend("x-keras" = "Rescaling", "x-pytorch" = "x * scale + offset"))]
    Rescaling {
        /// Factor of every value.
        scale: f64,
        /// Added to every value.
        #[serde(default)]
        offset: f64,
    },
    /// The largest value of each window.
    #[serde(rename = "max_pooling2d")]
    #[schemars(extend("x-keras" = "MaxPooling2D", "x-pytorch" = "MaxPool2d"))]
    MaxPooling2d(Pooling),
    /// The mean of each window.
    #[serde(rename = "average_pooling2d")]
    #[schemars(extend("x-keras" = "AveragePooling2D", "x-pytorch" = "AvgPool2d"))]
    AveragePooling2d(Pooling),
    /// The largest value of each channel, as a vector with a value for each.
    #[serde(rename = "global_max_pooling2d")]
    #[schemars(extend("x-keras" = "GlobalMaxPooling2D", "x-pytorch" = "AdaptiveMaxPool2d(1), Flatten"))]
    GlobalMaxPooling2d {},
    /// The mean of each channel, as a vector with a value for each.
    #[serde(rename = "global_average_pooling2d")]
    #[schemars(extend("x-keras" = "GlobalAveragePooling2D", "x-pytorch" = "AdaptiveAvgPool2d(1), Flatten"))]
    GlobalAveragePooling2d {},
    /// The values of an image as one vector, in the order height, width, channels.
    #[schemars(extend("x-keras" = "Flatten", "x-pytorch" = "Flatten, of (N, H, W, C)"))]
    Flatten {},
    /// A fully connected layer.
    #[schemars(extend("x-keras" = "Dense", "x-pytorch" = "Linear"))]
    Dense {
        /// Number of outputs.
        #[schemars(range(min = 1), extend("x-pytorch" = "out_features"))]
        units: usize,
        /// Applied to the output.
        #[serde(default)]
        #[schemars(extend("x-pytorch" = "a module of its own"))]
        activation: Activation,
        /// Whether a number is added to each output.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        #[schemars(extend("default" = true, "x-pytorch" = "bias"))]
        use_bias: bool,
    },
    /// Sets values to zero at random in training, and enlarges the others to keep the mean.
    #[schemars(extend("x-keras" = "Dropout", "x-pytorch" = "Dropout"))]
    Dropout {
        /// Share of the values that is set to zero.
        #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "x-pytorch" = "p"))]
        rate: f64,
    },
    /// Layers one after another, once or several times: `repeat = 3` means what the layers written three
    /// times would mean, each copy with weights of its own.
    #[schemars(extend("x-keras" = "Sequential", "x-pytorch" = "Sequential"))]
    Sequence {
        /// From the input to the output.
        #[schemars(extend("x-pytorch" = "args"))]
        layers: Vec<Layer>,
        /// How many times the layers stand one after another.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        #[schemars(range(min = 1, max = 1_000), extend("default" = 1, "x-keras" = "a loop", "x-pytorch" = "a loop"))]
        repeat: usize,
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

fn one() -> usize {
    1
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

fn yes() -> bool {
    true
}

fn is_yes(answer: &bool) -> bool {
    *answer
}

fn batch_norm_momentum() -> f64 {
    0.99
}

fn norm_epsilon() -> f64 {
    0.001
}

impl Layer {
    /// The layer's name in a spec.
    pub fn name(&self) -> &'static str {
        match self {
            Layer::Conv2d { .. } => "conv2d",
            Layer::DepthwiseConv2d { .. } => "depthwise_conv2d",
            Layer::BatchNormalization { .. } => "batch_normalization",
            Layer::LayerNormalization { .. } => "layer_normalization",
            Layer::Activation { .. } => "activation",
            Layer::Rescaling { .. } => "rescaling",
            Layer::MaxPooling2d(_) => "max_pooling2d",
            Layer::AveragePooling2d(_) => "average_pooling2d",
            Layer::GlobalMaxPooling2d {} => "global_max_pooling2d",
            Layer::GlobalAveragePooling2d {} => "global_average_pooling2d",
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
            Layer::Sequence { layers, .. } => vec![("layers", layers)],
            Layer::Residual { layers, shortcut } => {
                vec![("layers", layers), ("shortcut", shortcut)]
            }
            _ => Vec::new(),
        }
    }
}
