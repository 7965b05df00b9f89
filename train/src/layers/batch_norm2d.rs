use anyhow::{Result, ensure};
use pipelines::spec::Activation;

use super::{
    Layer, Parameter, ParameterKind,
    parameter::{listed, listed_mut, or_unused},
};
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::batch_norm::{self, Affine, BatchStatistics, InputGradient};

/// Batch normalisation over images and positions: Keras's `BatchNormalization(momentum, epsilon, scale,
/// center)`; PyTorch's `BatchNorm2d`, whose momentum is one minus this one and whose running variance is
/// the unbiased one.
///
/// (N, H, W, C) to the same. Parameters: `weight` (gamma) and `bias` (beta), unless it goes without one
/// of them, `running_mean`, `running_var`, (C) each. Training uses the batch's mean and biased variance and moves the
/// running ones; inference uses the running ones.
#[derive(Debug)]
pub struct BatchNorm2d {
    momentum: f32,
    pub(super) epsilon: f32,
    pub(super) weight: Parameter,
    pub(super) bias: Parameter,
    running_mean: Parameter,
    running_var: Parameter,
    /// What the normalised values go through.
    pub(super) activation: Activation,
    output: Output,
}

impl BatchNorm2d {
    /// Keras's initial values: gamma 1, beta 0, mean 0, variance 1. The parameters are called
    /// `name.weight` and so on. Keras's defaults are momentum 0.99 and epsilon 1e-3.
    pub fn new(name: &str, channels: usize, momentum: f32, epsilon: f32) -> Self {
        let parameter =
            |end: &str, kind| Parameter::new(format!("{name}.{end}"), kind, &[channels]);
        Self {
            momentum,
            epsilon,
            weight: parameter("weight", ParameterKind::Scale),
            bias: parameter("bias", ParameterKind::Shift),
            running_mean: parameter("running_mean", ParameterKind::RunningMean),
            running_var: parameter("running_var", ParameterKind::RunningVariance),
            activation: Activation::Linear,
            output: Output::default(),
        }
    }

    /// The same with an activation behind it, in the same pass.
    pub(super) fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
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
        for parameter in [
            &mut self.weight,
            &mut self.bias,
            &mut self.running_mean,
            &mut self.running_var,
        ] {
            parameter.set_map(map);
        }
        self
    }

    /// What training does to a batch with these statistics.
    pub(super) fn normalisation(&self, statistics: &BatchStatistics) -> Affine {
        let (weight, bias) = (self.weight.values(), self.bias.values());
        Affine::normalisation(statistics, self.epsilon, weight, bias)
    }

    /// What inference does.
    pub(super) fn running_normalisation(&self) -> Affine {
        self.normalisation(&BatchStatistics {
            mean: self.running_mean.values().to_vec(),
            variance: self.running_var.values().to_vec(),
        })
    }

    /// Moves the running values towards those of a batch; `momentum` is that of the pass, if it has one
    /// of its own.
    pub(super) fn update_running(&mut self, statistics: &BatchStatistics, momentum: Option<f32>) {
        let momentum = momentum.unwrap_or(self.momentum);
        for (running, batch) in [
            (&mut self.running_mean, &statistics.mean),
            (&mut self.running_var, &statistics.variance),
        ] {
            batch_norm::update_running(momentum, batch, running.values_mut());
        }
    }
}

impl Layer for BatchNorm2d {
    fn name(&self) -> &'static str {
        match self.activation {
            Activation::Linear => "batch_normalization",
            _ => "batch_normalization + activation",
        }
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let channels = self.weight.shape()[0];
        ensure!(
            input[2] == channels,
            "expected {channels} channels, found {}",
            input[2]
        );
        Ok(input)
    }

    fn parameters(&self) -> Vec<&Parameter> {
        listed([
            &self.weight,
            &self.bias,
            &self.running_mean,
            &self.running_var,
        ])
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        listed_mut([
            &mut self.weight,
            &mut self.bias,
            &mut self.running_mean,
            &mut self.running_var,
        ])
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        self.output_shape(x.image_shape())?;
        let mut y = vec![0.0; x.values().len()];
        self.running_normalisation()
            .then(self.activation)
            .forward(x.values(), &mut y);
        Tensor::new(y, x.shape())
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let [.., channels] = self.output_shape(x.image_shape())?;
        let statistics = batch_norm::statistics(channels, x.values());
        let mut y = self.output.take(x.shape());
        let affine = self.normalisation(&statistics);
        let (epsilon, activation) = (self.epsilon, self.activation);
        affine.then(activation).forward(x.values(), y.values_mut());
        self.update_running(&statistics, pass.running_momentum());
        let inputs = [x.variable(), self.weight.variable(), self.bias.variable()];
        let [x, weight, _] = inputs.map(Clone::clone);
        let backward = move |dy: &mut [f32], [dx, dweight, dbias]: [&mut [f32]; 3]| {
            let needs_dx = x.needs_gradient();
            let (x, weight) = (x.values(), weight.values());
            let mut unused = [Vec::new(), Vec::new()];
            let [for_weight, for_bias] = &mut unused;
            let dweight = or_unused(dweight, weight.len(), for_weight);
            let dbias = or_unused(dbias, weight.len(), for_bias);
            let activated = affine.then(activation);
            activated.backward(&statistics, epsilon, x, dy, dweight, dbias);
            if needs_dx {
                let rows = x.len() / weight.len();
                InputGradient::new(&statistics, epsilon, rows, weight, dweight, dbias)
                    .apply(x, dy, dx);
            }
        };
        Ok(pass.record(&mut self.output, y, inputs, backward))
    }
}
