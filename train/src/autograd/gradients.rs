use anyhow::{Context, Result};
use dfdx::optim::UnusedTensors;
use dfdx::tensor::Cpu;

use super::Variable;

/// The gradients of the variables of a network, from step to step.
#[derive(Debug)]
pub struct Gradients(pub(super) dfdx::tensor::Gradients<f32, Cpu>);

impl Gradients {
    /// Zero gradients for `variables`. They stay from pass to pass, as those of kept results do;
    /// all others are dropped at the end of each pass.
    pub fn new<'v>(variables: impl IntoIterator<Item = &'v Variable>) -> Self {
        let mut kept = UnusedTensors::default();
        for variable in variables {
            kept.add(&variable.gradient_key().tensor);
        }
        let mut gradients = dfdx::tensor::Gradients::leaky();
        gradients.retain_leafs(&kept.ids);
        Self(gradients)
    }

    /// The gradient that the last backward pass wrote, in the order of the values.
    ///
    /// # Errors
    /// If there is none yet and no memory for it.
    pub fn of(&mut self, variable: &Variable) -> Result<&mut [f32]> {
        let gradient = variable.gradient_key().gradient(&mut self.0);
        Ok(gradient.context("cannot allocate a gradient")?)
    }
}
