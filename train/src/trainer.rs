//! One training step: forward, loss, backward, update.

use anyhow::{Context, Result};
use dfdx::tensor::{Cpu, Gradients, Trace};
use dfdx::tensor_ops::Backward;
use pipelines::spec::Model;
use pipelines::tables::images::IMAGE_SIDE;

use crate::batches::Batch;
use crate::kernels::softmax_cross_entropy::BatchScore;
use crate::layers::{KeptMemory, Parameter, batch, parameter_gradients, softmax_cross_entropy};
use crate::network::Network;
use crate::optimizers::Optimizer;

/// A network with the optimizer that changes it.
#[derive(Debug)]
pub struct Trainer {
    /// What is trained.
    pub network: Network,
    /// What trains it.
    pub optimizer: Optimizer,
    /// Kept from step to step; only away while a step runs.
    gradients: Option<Gradients<f32, Cpu>>,
    /// The last field, as fields are dropped in their order.
    _kept_memory: KeptMemory,
}

impl Trainer {
    /// `model` before its first step, with initial values drawn from `seed`.
    ///
    /// # Errors
    /// Layers that do not fit, and too little memory.
    pub fn new(model: &Model, seed: u64) -> Result<Self> {
        let network = Network::new(model, seed)?;
        let optimizer = Optimizer::new(&model.optimizer, &network);
        Ok(Self {
            network,
            optimizer,
            gradients: None,
            _kept_memory: KeptMemory,
        })
    }

    /// One step on `x`; the score is that of the training-mode forward pass before the update.
    ///
    /// # Errors
    /// Too little memory; a batch of another shape.
    pub fn step(&mut self, x: Batch) -> Result<BatchScore> {
        self.backward(x)
            .and_then(|(score, mut gradients)| {
                self.optimizer.step(&mut self.network, &mut gradients)?;
                self.gradients = Some(gradients);
                Ok(score)
            })
            .context("a training step failed")
    }

    /// The score of a batch and the gradients of all parameters.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn backward(&mut self, x: Batch) -> Result<(BatchScore, Gradients<f32, Cpu>)> {
        let gradients = match self.gradients.take() {
            Some(gradients) => gradients,
            None => parameter_gradients(self.parameters())?,
        };
        let images = x.labels.len();
        let input = batch(x.x, [images, IMAGE_SIDE, IMAGE_SIDE, 1])?.traced(gradients);
        // Steps are named by their number, so that dropout is the same after an interruption.
        let step_key = self.optimizer.iterations();
        let logits = self.network.forward_training(input, step_key)?;
        let loss = softmax_cross_entropy(logits, &x.labels)?;
        Ok((loss.score, loss.tensor.try_backward()?))
    }

    fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.network.parameters().map(|(_, parameter)| parameter)
    }
}
