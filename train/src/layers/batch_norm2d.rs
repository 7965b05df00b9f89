use anyhow::{Result, ensure};
use dfdx::{
    shapes::HasShape,
    tensor::{CpuError, PutTape, SplitTape, Tape},
};

use super::{
    Batch, Parameter, Taped, batch,
    output::Output,
    tape::{HasGradient, with_gradients},
    values,
};
use crate::kernels::batch_norm::{self, Affine, BatchStatistics, InputGradient};

/// Batch normalisation over images and positions: Keras's `BatchNormalization(momentum, epsilon)`;
/// PyTorch's `BatchNorm2d`, whose momentum is one minus this one and whose running variance is the
/// unbiased one.
///
/// (N, H, W, C) to the same. Parameters: `weight` (gamma), `bias` (beta), `running_mean`,
/// `running_var`, (C) each. Training uses the batch's mean and biased variance and moves the
/// running ones; inference uses the running ones.
#[derive(Debug)]
pub struct BatchNorm2d {
    momentum: f32,
    epsilon: f32,
    weight: Parameter,
    bias: Parameter,
    running_mean: Parameter,
    running_var: Parameter,
    output: Output,
}

impl BatchNorm2d {
    /// Keras's initial values: gamma 1, beta 0, mean 0, variance 1. Keras's defaults are momentum
    /// 0.99 and epsilon 1e-3.
    pub fn new(channels: usize, momentum: f32, epsilon: f32) -> Self {
        Self {
            momentum,
            epsilon,
            weight: Parameter::trainable("weight", &[channels], 1.0),
            bias: Parameter::trainable("bias", &[channels], 0.0),
            running_mean: Parameter::running("running_mean", &[channels], 0.0),
            running_var: Parameter::running("running_var", &[channels], 1.0),
            output: Output::default(),
        }
    }

    /// See [`super::Layer::output_shape`].
    pub fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let channels = self.weight.shape()[0];
        ensure!(
            input[2] == channels,
            "expected {channels} channels, found {}",
            input[2]
        );
        Ok(input)
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        self.check(&x)?;
        let &(images, height, width, channels) = x.shape();
        let mut y = vec![0.0; images * height * width * channels];
        self.running_normalisation().apply(values(&x), &mut y);
        batch(y, [images, height, width, channels])
    }

    /// See [`super::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        _step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let (x, mut tape) = x.split_tape();
        self.check(&x)?;
        let statistics = batch_norm::statistics(self.weight.shape()[0], values(&x));
        let normalisation = self.normalisation(&statistics);
        let &(images, height, width, channels) = x.shape();
        let written = self.output.write([images, height, width, channels], |y| {
            normalisation.apply(values(&x), y);
        })?;
        self.move_running(&statistics);
        let (weight, bias) = (self.weight.tensor().clone(), self.bias.tensor().clone());
        let (y, epsilon) = (written.y.clone(), self.epsilon);
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            let tensors: [&dyn HasGradient; 4] = [&written.y, &x, &weight, &bias];
            with_gradients(grads, tensors, |[dy, dx, dweight, dbias]| {
                let (x, weight) = (values(&x), values(&weight));
                batch_norm::parameter_gradients(&statistics, epsilon, x, dy, dweight, dbias);
                let rows = x.len() / weight.len();
                InputGradient::new(&statistics, epsilon, rows, weight, dweight, dbias)
                    .apply(x, dy, dx);
            })
        });
        Ok(y.put_tape(tape))
    }

    fn check(&self, x: &Batch) -> Result<(), CpuError> {
        match x.shape().3 == self.weight.shape()[0] {
            true => Ok(()),
            false => Err(CpuError::WrongNumElements),
        }
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

    pub(super) fn move_running(&mut self, statistics: &BatchStatistics) {
        for (running, batch) in [
            (&mut self.running_mean, &statistics.mean),
            (&mut self.running_var, &statistics.variance),
        ] {
            batch_norm::update_running(self.momentum, batch, running.values_mut());
        }
    }

    pub(super) fn weight(&self) -> &Parameter {
        &self.weight
    }

    pub(super) fn bias(&self) -> &Parameter {
        &self.bias
    }

    pub(super) fn epsilon(&self) -> f32 {
        self.epsilon
    }

    /// See [`super::Layer::parameters`].
    pub fn parameters(&self) -> Vec<&Parameter> {
        vec![
            &self.weight,
            &self.bias,
            &self.running_mean,
            &self.running_var,
        ]
    }

    /// See [`super::Layer::parameters_mut`].
    pub fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        vec![
            &mut self.weight,
            &mut self.bias,
            &mut self.running_mean,
            &mut self.running_var,
        ]
    }
}
