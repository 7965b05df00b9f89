use anyhow::Result;
use dfdx::tensor::CpuError;

use super::{
    AveragePool2d, Batch, BatchNorm2d, Conv2d, ConvBlock, Dense, Dropout, Flatten, MaxPool2d,
    Parameter, Taped,
};

/// One layer of a network, chosen at run time.
#[derive(Debug)]
pub enum Layer {
    /// Convolution with bias and an optional ReLU.
    Conv2d(Conv2d),
    /// Convolution, ReLU, batch normalisation and pooling in one pass; made by [`super::fuse`].
    ConvBlock(Box<ConvBlock>),
    /// Maximum over windows.
    MaxPool2d(MaxPool2d),
    /// Mean over windows.
    AveragePool2d(AveragePool2d),
    /// Normalisation by the batch's (training) or the running (inference) mean and variance.
    BatchNorm2d(BatchNorm2d),
    /// Zeroes a part of the values while training.
    Dropout(Dropout),
    /// (N, H, W, C) to (N, 1, 1, H * W * C).
    Flatten(Flatten),
    /// Matrix product with bias and an optional ReLU.
    Dense(Dense),
}

macro_rules! each {
    ($layer:expr, $inner:ident => $body:expr) => {
        match $layer {
            Layer::Conv2d($inner) => $body,
            Layer::ConvBlock($inner) => $body,
            Layer::MaxPool2d($inner) => $body,
            Layer::AveragePool2d($inner) => $body,
            Layer::BatchNorm2d($inner) => $body,
            Layer::Dropout($inner) => $body,
            Layer::Flatten($inner) => $body,
            Layer::Dense($inner) => $body,
        }
    };
}

impl Layer {
    /// The (height, width, channels) that comes out for the (height, width, channels) that goes
    /// in.
    ///
    /// # Errors
    /// If the layer cannot take such an input: what it expected and what was found.
    pub fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        each!(self, layer => layer.output_shape(input))
    }

    /// Inference: no tape, dropout off, batch normalisation on its running values.
    ///
    /// # Errors
    /// If dfdx cannot make the output tensor.
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        each!(self, layer => layer.forward(x))
    }

    /// Training: puts the backward pass on the tape of `x`. `step_key` names the step in the
    /// whole run; the same key gives the same dropout mask.
    ///
    /// # Errors
    /// If dfdx cannot make the output tensor.
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        each!(self, layer => layer.forward_training(x, step_key))
    }

    /// The parameters and running values, always in the same order.
    pub fn parameters(&self) -> Vec<&Parameter> {
        each!(self, layer => layer.parameters())
    }

    /// As [`Layer::parameters`], to be changed.
    pub fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        each!(self, layer => layer.parameters_mut())
    }
}
