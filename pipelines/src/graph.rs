//! What a trained model computes, as a list of operations: what an export writes in a format of its own.
//!
//! Maps are (N, C, H, W) and weights lie as in `weights.safetensors`, PyTorch's order. A [`Graph`] begins
//! with pixels of 0 to 255 and ends with the probabilities of the classes; what only training does
//! (dropout) is not in it. `lowering` makes it of a model's layers, and is the one place that has to
//! know a new layer; who writes a graph matches on [`Operation`].

mod lowering;

use serde::Serialize;

use crate::spec::Activation;

/// The name of a graph's input: (N, C, H, W), 0 to 255.
pub const PIXELS: &str = "pixels";
/// The name of a graph's result: (N, classes), each row with the sum 1.
pub const PROBABILITIES: &str = "probabilities";

/// Operations in the order in which they run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Graph {
    /// From [`PIXELS`] to [`PROBABILITIES`].
    pub nodes: Vec<Node>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// Its name, and that of what it computes: `conv1`, `conv1.relu`, `residual1.bn2`.
    pub name: String,
    /// The names of what it reads, [`PIXELS`] or earlier nodes.
    pub inputs: Vec<String>,
    /// What it does.
    #[serde(flatten)]
    pub operation: Operation,
}

/// What a [`Node`] does with its input, or inputs. Weights are named as in `weights.safetensors`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Operation {
    /// (x - mean) / standard deviation of each channel.
    Normalize {
        /// (C), levels of 0 to 255.
        mean: Vec<f64>,
        /// (C), levels.
        standard_deviation: Vec<f64>,
    },
    /// PyTorch's `Conv2d`, with zeros around the map.
    Conv2d {
        /// Name of the kernels (out, in / groups, height, width).
        weight: String,
        /// Name of the bias (out).
        bias: Option<String>,
        /// 1, or as many as there are channels: then each is convolved by itself.
        groups: usize,
        /// Side of the square kernel, in pixels.
        kernel_size: usize,
        /// Step of the kernel, in pixels.
        strides: usize,
        /// Zeros above, to the left, below and to the right, in pixels.
        padding: [usize; 4],
    },
    /// PyTorch's `BatchNorm2d` with its running values; of a vector `BatchNorm1d`.
    BatchNorm2d {
        /// Number of channels, C.
        channels: usize,
        /// Name of gamma (C); 1 without a name.
        weight: Option<String>,
        /// Name of beta (C); 0 without a name.
        bias: Option<String>,
        /// Name of the running mean (C).
        running_mean: String,
        /// Name of the running variance (C).
        running_var: String,
        /// Added to the variance.
        epsilon: f64,
    },
    /// Each position's channels by their own mean and variance: PyTorch's `LayerNorm(C)` of a map whose
    /// channels are innermost; or the values of a vector.
    LayerNorm {
        /// Number of channels, C, or of the values of the vector.
        channels: usize,
        /// Whether it is a map and no vector.
        is_map: bool,
        /// Name of gamma (C); 1 without a name.
        weight: Option<String>,
        /// Name of beta (C); 0 without a name.
        bias: Option<String>,
        /// Added to the variance.
        epsilon: f64,
    },
    /// A function of each value.
    Activation {
        /// Which; never `linear`, which does nothing.
        activation: Activation,
    },
    /// x * scale + offset.
    Rescaling {
        /// Factor of every value.
        scale: f64,
        /// Added to every value.
        offset: f64,
    },
    /// The largest value of each window inside the map.
    MaxPool2d {
        /// Side of the square window, in pixels.
        pool_size: usize,
        /// Step of the window, in pixels.
        strides: usize,
    },
    /// The mean of each window inside the map.
    AveragePool2d {
        /// Side of the square window, in pixels.
        pool_size: usize,
        /// Step of the window, in pixels.
        strides: usize,
    },
    /// The largest value of each channel: (N, C, H, W) to (N, C).
    GlobalMaxPool2d,
    /// The mean of each channel: (N, C, H, W) to (N, C).
    GlobalAveragePool2d,
    /// (N, C, H, W) to (N, C * H * W).
    Flatten,
    /// (N, C * H * W) to (N, H * W * C): a flattened map in Keras's order, where it is added to a vector
    /// that no map was flattened to.
    ChannelsLast {
        /// (C, H, W).
        map: [usize; 3],
    },
    /// PyTorch's `Linear`.
    Linear {
        /// Name of the weights (out, in).
        weight: String,
        /// Name of the bias (out).
        bias: Option<String>,
    },
    /// The sum of two inputs of one shape.
    Add,
    /// exp(x) over the sum of exp(x), for each row.
    Softmax,
}

impl Operation {
    /// The names of the weights that it reads.
    pub fn weights(&self) -> Vec<&str> {
        let named: Vec<Option<&String>> = match self {
            Self::Conv2d { weight, bias, .. } | Self::Linear { weight, bias } => {
                vec![Some(weight), bias.as_ref()]
            }
            Self::BatchNorm2d {
                weight,
                bias,
                running_mean,
                running_var,
                ..
            } => vec![
                weight.as_ref(),
                bias.as_ref(),
                Some(running_mean),
                Some(running_var),
            ],
            Self::LayerNorm { weight, bias, .. } => vec![weight.as_ref(), bias.as_ref()],
            Self::Normalize { .. }
            | Self::Activation { .. }
            | Self::Rescaling { .. }
            | Self::MaxPool2d { .. }
            | Self::AveragePool2d { .. }
            | Self::GlobalMaxPool2d
            | Self::GlobalAveragePool2d
            | Self::Flatten
            | Self::ChannelsLast { .. }
            | Self::Add
            | Self::Softmax => Vec::new(),
        };
        named.into_iter().flatten().map(String::as_str).collect()
    }
}
