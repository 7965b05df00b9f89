use anyhow::Result;

use super::Layer;
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::activation;

/// A function of every value: Keras's `Activation`, PyTorch's `ReLU`, `GELU` and so on.
///
/// (N, H, W, C) to the same.
#[derive(Debug)]
pub struct Activation {
    pub(super) activation: pipelines::spec::Activation,
    output: Output,
}

impl Activation {
    /// The layer that applies `activation`.
    pub fn new(activation: pipelines::spec::Activation) -> Self {
        Self {
            activation,
            output: Output::default(),
        }
    }
}

impl Layer for Activation {
    fn name(&self) -> &'static str {
        self.activation.name()
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        Ok(input)
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let mut y = vec![0.0; x.values().len()];
        activation::forward(self.activation, x.values(), &mut y);
        Tensor::new(y, x.shape())
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let activation = self.activation;
        let mut y = self.output.take(x.shape());
        activation::forward(activation, x.values(), y.values_mut());
        let input = x.variable().clone();
        let backward = move |dy: &mut [f32], [dx]: [&mut [f32]; 1]| {
            activation::backward(activation, input.values(), dy, dx);
        };
        Ok(pass.record(&mut self.output, y, [x.variable()], backward))
    }
}
