use anyhow::Result;
use dfdx::{shapes::HasShape, tensor::CpuError, tensor_ops::ReshapeTo};

use super::{Batch, Parameter, Taped};

/// (N, H, W, C) to (N, 1, 1, H * W * C), row-major: Keras's and PyTorch's `Flatten` (PyTorch
/// flattens (C, H, W)). Nothing is copied.
#[derive(Debug, Default)]
pub struct Flatten;

impl Flatten {
    /// See [`super::Layer::output_shape`].
    pub fn output_shape(&self, [height, width, channels]: [usize; 3]) -> Result<[usize; 3]> {
        Ok([1, 1, height * width * channels])
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        let &(images, height, width, channels) = x.shape();
        x.try_reshape_like(&(images, 1, 1, height * width * channels))
    }

    /// See [`super::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        _step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let &(images, height, width, channels) = x.shape();
        x.try_reshape_like(&(images, 1, 1, height * width * channels))
    }

    /// See [`super::Layer::parameters`].
    pub fn parameters(&self) -> Vec<&Parameter> {
        Vec::new()
    }

    /// See [`super::Layer::parameters_mut`].
    pub fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        Vec::new()
    }
}
