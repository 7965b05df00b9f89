use anyhow::{Context, Result};

use super::{Layer, Parameter};
use crate::autograd::{Tensor, TrainingPass};

/// Layers one after another: Keras's and PyTorch's `Sequential`. Without layers it is the
/// identity.
#[derive(Debug, Default)]
pub struct Sequence {
    layers: Vec<Box<dyn Layer>>,
}

impl Sequence {
    /// `layers` in the order in which data flows.
    pub fn new(layers: Vec<Box<dyn Layer>>) -> Self {
        Self { layers }
    }

    /// The layers.
    pub fn layers(&self) -> &[Box<dyn Layer>] {
        &self.layers
    }

    /// The layers, to be run one by one.
    pub fn layers_mut(&mut self) -> &mut [Box<dyn Layer>] {
        &mut self.layers
    }
}

impl Layer for Sequence {
    fn name(&self) -> &'static str {
        "sequence"
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.layers.iter().try_fold(input, |shape, layer| {
            layer.output_shape(shape).context(layer.name())
        })
    }

    fn parameters(&self) -> Vec<&Parameter> {
        self.layers.iter().flat_map(|l| l.parameters()).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        let layers = self.layers.iter_mut();
        layers.flat_map(|layer| layer.parameters_mut()).collect()
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        self.layers
            .iter()
            .try_fold(x, |x, layer| layer.forward(x).context(layer.name()))
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        self.layers.iter_mut().try_fold(x, |x, layer| {
            let y = layer.forward_training(x, pass);
            y.context(layer.name())
        })
    }
}
