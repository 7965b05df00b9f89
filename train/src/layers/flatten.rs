use anyhow::Result;

use super::Layer;
use crate::autograd::{Tensor, TrainingPass};

/// (N, H, W, C) to (N, 1, 1, H * W * C), row-major: Keras's and PyTorch's `Flatten` (PyTorch
/// flattens (C, H, W)). Nothing is copied.
#[derive(Debug, Default)]
pub struct Flatten;

impl Layer for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }

    fn output_shape(&self, [height, width, channels]: [usize; 3]) -> Result<[usize; 3]> {
        Ok([1, 1, height * width * channels])
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let [images, height, width, channels] = x.shape();
        x.reshape([images, 1, 1, height * width * channels])
    }

    fn forward_training(&mut self, x: Tensor, _pass: &mut TrainingPass) -> Result<Tensor> {
        self.forward(x)
    }
}
