//! One training step: forward, loss, backward, update.

use anyhow::{Context, Result};
use pipelines::spec::Model;
use pipelines::spec::dataset_info::DatasetInfo;

use crate::autograd::{Gradients, TrainingPass};
use crate::batches::Batch;
use crate::kernels::softmax_cross_entropy::{BatchScore, Targets};
use crate::layers::{Parameter, ParameterKind, parameter_gradients, softmax_cross_entropy};
use crate::network::Network;
use crate::optimizers::Optimizer;
use crate::weight_average::WeightAverage;

/// A network with the optimizer that changes it.
#[derive(Debug)]
pub struct Trainer {
    /// What is trained.
    pub network: Network,
    /// What trains it.
    pub optimizer: Optimizer,
    /// The average of its weights, if the model wants one.
    pub average: Option<WeightAverage>,
    targets: Targets,
    /// Kept from step to step; only away while a step runs.
    gradients: Option<Gradients>,
}

impl Trainer {
    /// `model` for the images and classes of `info` before its first step, with initial values
    /// drawn from `seed`.
    ///
    /// # Errors
    /// Layers that do not fit, and weights of classes that there are not.
    pub fn new(model: &Model, info: &DatasetInfo, seed: u64) -> Result<Self> {
        let network = Network::new(model, info, seed)?;
        let optimizer = Optimizer::new(model, &network);
        let average =
            (model.ema_momentum > 0.0).then(|| WeightAverage::new(model.ema_momentum, &network));
        let class_weights = model.class_weights(info)?;
        Ok(Self {
            network,
            optimizer,
            average,
            targets: Targets {
                label_smoothing: model.label_smoothing as f32,
                class_weights: class_weights.iter().map(|&weight| weight as f32).collect(),
            },
            gradients: None,
        })
    }

    /// One step on `batch`; the score is that of the training-mode forward pass before the update.
    ///
    /// # Errors
    /// Too little memory; a batch of another shape.
    pub fn step(&mut self, batch: Batch) -> Result<BatchScore> {
        self.backward(batch)
            .and_then(|(score, mut gradients)| {
                self.optimizer.step(&mut self.network, &mut gradients)?;
                self.gradients = Some(gradients);
                if let Some(average) = &mut self.average {
                    average.update(&self.network, self.optimizer.iterations());
                }
                Ok(score)
            })
            .context("a training step failed")
    }

    /// Calls `each` with each trained parameter and the gradient that the last step has followed; with none
    /// before the first step.
    ///
    /// # Errors
    /// Too little memory.
    pub fn for_each_gradient(&mut self, mut each: impl FnMut(&Parameter, &[f32])) -> Result<()> {
        let Some(gradients) = &mut self.gradients else {
            return Ok(());
        };
        for parameter in self.network.parameters().filter(|p| p.is_trainable()) {
            each(parameter, parameter.gradient(gradients)?);
        }
        Ok(())
    }

    /// The score of a batch and the gradients of all parameters.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn backward(&mut self, batch: Batch) -> Result<(BatchScore, Gradients)> {
        let gradients = match self.gradients.take() {
            Some(gradients) => gradients,
            None => parameter_gradients(self.network.parameters()),
        };
        // Steps are named by their number, so that dropout is the same after an interruption.
        let mut pass = TrainingPass::new(gradients, self.optimizer.iterations());
        let x = self.network.input(batch.labels.len(), batch.pixels)?;
        let logits = self.network.forward_training(x, &mut pass)?;
        let score = softmax_cross_entropy(&logits, &batch.labels, &self.targets, &mut pass)?;
        Ok((score, pass.backward()?))
    }

    /// Exchanges the weights of the network and their average, if there is one.
    pub fn swap_average(&mut self) {
        if let Some(average) = &mut self.average {
            average.swap(&mut self.network);
        }
    }

    /// Makes the running statistics of batch normalisation anew: the mean over `batches` of those of each,
    /// in passes that are training's but change nothing else. PyTorch's `update_bn`.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn calibrate(&mut self, batches: impl Iterator<Item = Batch>) -> Result<()> {
        let is_running = |parameter: &Parameter| parameter.kind() == ParameterKind::RunningMean;
        if !self.network.parameters().any(is_running) {
            return Ok(());
        }
        for (number, batch) in batches.enumerate() {
            let kept = number as f32 / (number + 1) as f32;
            // No step has this key: dropout draws masks of its own.
            let key = u64::MAX - number as u64;
            let mut pass = TrainingPass::new(Gradients::new([]), key).with_running_momentum(kept);
            let x = self.network.input(batch.labels.len(), batch.pixels)?;
            self.network
                .forward_training(x, &mut pass)
                .context("a pass that makes running statistics failed")?;
        }
        Ok(())
    }
}
