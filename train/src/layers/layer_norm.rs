use anyhow::{Result, ensure};

use super::{
    Layer, Parameter, ParameterKind,
    parameter::{listed, listed_mut, or_unused},
};
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::layer_norm;

/// Normalisation of the channels at each position by their own mean and variance: Keras's
/// `LayerNormalization(epsilon, scale, center)`, PyTorch's `LayerNorm(C, eps)` on channels-last maps.
///
/// (N, H, W, C) to the same. Parameters: `weight` (gamma) and `bias` (beta), (C) each, unless it goes
/// without one of them.
#[derive(Debug)]
pub struct LayerNorm {
    epsilon: f32,
    weight: Parameter,
    bias: Parameter,
    output: Output,
}

impl LayerNorm {
    /// Gamma 1, beta 0. The parameters are called `name.weight` and `name.bias`.
    pub fn new(name: &str, channels: usize, epsilon: f32) -> Self {
        let parameter =
            |end: &str, kind| Parameter::new(format!("{name}.{end}"), kind, &[channels]);
        Self {
            epsilon,
            weight: parameter("weight", ParameterKind::Scale),
            bias: parameter("bias", ParameterKind::Shift),
            output: Output::default(),
        }
    }

    /// The same without gamma.
    pub fn without_scale(mut self) -> Self {
        self.weight = self.weight.fixed();
        self
    }

    /// The same without beta.
    pub fn without_center(mut self) -> Self {
        self.bias = self.bias.fixed();
        self
    }

    /// The same for a vector that was a map of (height, width, channels) `map` before it was flattened.
    pub fn over_flattened(mut self, map: [usize; 3]) -> Self {
        self.weight.set_map(map);
        self.bias.set_map(map);
        self
    }

    fn normalise(&self, x: &[f32], y: &mut [f32]) {
        let (weight, bias) = (self.weight.values(), self.bias.values());
        layer_norm::forward(self.epsilon, weight, bias, x, y);
    }
}

impl Layer for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_normalization"
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let (channels, found) = (self.weight.shape()[0], input[2]);
        ensure!(
            found == channels,
            "expected {channels} channels, found {found}"
        );
        Ok(input)
    }

    fn parameters(&self) -> Vec<&Parameter> {
        listed([&self.weight, &self.bias])
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        listed_mut([&mut self.weight, &mut self.bias])
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        self.output_shape(x.image_shape())?;
        let mut y = vec![0.0; x.values().len()];
        self.normalise(x.values(), &mut y);
        Tensor::new(y, x.shape())
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        self.output_shape(x.image_shape())?;
        let mut y = self.output.take(x.shape());
        self.normalise(x.values(), y.values_mut());
        let epsilon = self.epsilon;
        let inputs = [x.variable(), self.weight.variable(), self.bias.variable()];
        let [x, weight, _] = inputs.map(Clone::clone);
        let backward = move |dy: &mut [f32], [dx, dweight, dbias]: [&mut [f32]; 3]| {
            let (x, weight) = (x.values(), weight.values());
            let mut unused = [Vec::new(), Vec::new(), Vec::new()];
            let [for_x, for_weight, for_bias] = &mut unused;
            let dx = or_unused(dx, x.len(), for_x);
            let dweight = or_unused(dweight, weight.len(), for_weight);
            let dbias = or_unused(dbias, weight.len(), for_bias);
            layer_norm::backward(epsilon, weight, x, dy, dx, dweight, dbias);
        };
        Ok(pass.record(&mut self.output, y, inputs, backward))
    }
}
