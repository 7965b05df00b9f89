//! A running average of the weights, with which a network is validated and predicts.

use anyhow::{Result, ensure};

use crate::kernels::elementwise::average_into;
use crate::network::Network;

/// Keras's `use_ema`: after each step average = momentum * average + (1 - momentum) * weight, and after
/// the first step the weight itself (Polyak and Juditsky, 1992).
///
/// Running statistics of batch normalisation belong to the weights that they were made with: those that
/// lie here are made anew for the average, see [`crate::trainer::Trainer::calibrate`].
#[derive(Debug)]
pub struct WeightAverage {
    momentum: f32,
    /// One for each parameter of the network, running values included.
    values: Vec<Vec<f32>>,
}

impl WeightAverage {
    /// The average of the weights of `network` before its first step.
    pub fn new(momentum: f64, network: &Network) -> Self {
        let values = network.parameters().map(|p| p.values().to_vec());
        Self {
            momentum: momentum as f32,
            values: values.collect(),
        }
    }

    /// Takes in the weights after step number `step`, counted from 1.
    pub fn update(&mut self, network: &Network, step: u64) {
        let kept = if step > 1 { self.momentum } else { 0.0 };
        let trained = network.parameters().zip(&mut self.values);
        for (parameter, average) in trained.filter(|(parameter, _)| parameter.is_trainable()) {
            average_into(kept, parameter.values(), average);
        }
    }

    /// Exchanges the average and the weights of `network`; twice is nothing.
    pub fn swap(&mut self, network: &mut Network) {
        for (parameter, average) in network.parameters_mut().zip(&mut self.values) {
            parameter.values_mut().swap_with_slice(average);
        }
    }

    /// The values under the names of the parameters.
    pub fn values<'a>(
        &'a self,
        network: &'a Network,
    ) -> impl Iterator<Item = (&'a str, &'a [f32])> + 'a {
        let names = network.parameters().map(|parameter| parameter.name());
        names.zip(self.values.iter().map(Vec::as_slice))
    }

    /// Puts back what [`WeightAverage::values`] gave; `find` gets each name.
    ///
    /// # Errors
    /// Those of `find`, and a vector of another length; a part may then be put back.
    pub fn restore(
        &mut self,
        network: &Network,
        find: impl Fn(&str) -> Result<Vec<f32>>,
    ) -> Result<()> {
        for (parameter, values) in network.parameters().zip(&mut self.values) {
            let found = find(parameter.name())?;
            ensure!(
                found.len() == values.len(),
                "average of `{}`: expected {} values, found {}",
                parameter.name(),
                values.len(),
                found.len()
            );
            *values = found;
        }
        Ok(())
    }
}
