use anyhow::{Result, ensure};
use dfdx::{
    shapes::HasShape,
    tensor::{CpuError, PutTape, SplitTape, Tape},
};

use super::{Batch, Parameter, Taped, output::Output, tape::with_gradients, values};
use crate::kernels::dropout;

/// Zeroes values with probability `rate` while training and scales the rest by 1 / (1 - rate);
/// Keras's and PyTorch's `Dropout(rate)`.
///
/// (N, H, W, C) to the same. The mask depends on the layer's key, the step's key and the place in
/// the batch alone.
#[derive(Debug)]
pub struct Dropout {
    rate: f32,
    layer_key: u64,
    output: Output,
}

impl Dropout {
    /// `rate` in 0..1; `layer_key` names the layer and the run's seed.
    ///
    /// # Errors
    /// If `rate` is out of range.
    pub fn new(rate: f32, layer_key: u64) -> Result<Self> {
        ensure!(
            (0.0..1.0).contains(&rate),
            "expected a dropout rate from 0 to below 1, found {rate}"
        );
        Ok(Self {
            rate,
            layer_key,
            output: Output::default(),
        })
    }

    /// See [`super::Layer::output_shape`].
    pub fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        Ok(input)
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        Ok(x)
    }

    /// See [`super::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let (x, mut tape) = x.split_tape();
        let &(images, height, width, channels) = x.shape();
        let (rate, key) = (self.rate, dropout::mix(self.layer_key, step_key));
        let written = self.output.write([images, height, width, channels], |y| {
            dropout::forward(rate, key, values(&x), y);
        })?;
        let y = written.y.clone();
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            with_gradients(grads, [&written.y, &x], |[dy, dx]| {
                dropout::backward(rate, key, dy, dx);
            })
        });
        Ok(y.put_tape(tape))
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
