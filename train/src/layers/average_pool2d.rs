use anyhow::Result;
use dfdx::tensor::{CpuError, PutTape, SplitTape, Tape};

use super::{
    Batch, Parameter, Taped, batch, output::Output, pool_windows::PoolWindows,
    tape::with_gradients, values,
};
use crate::kernels::average_pool2d;

/// Mean over windows inside the map: Keras's `AveragePooling2D(size, strides)`, PyTorch's
/// `AvgPool2d`.
///
/// (N, H, W, C) to (N, (H - size) / stride + 1, …, C), rounded down: with odd sizes the last row
/// and column belong to no window.
#[derive(Debug)]
pub struct AveragePool2d {
    windows: PoolWindows,
    output: Output,
}

impl AveragePool2d {
    /// Windows of (height, width) `size`.
    pub fn new(size: [usize; 2], stride: [usize; 2]) -> Self {
        Self {
            windows: PoolWindows { size, stride },
            output: Output::default(),
        }
    }

    /// See [`super::Layer::output_shape`].
    pub fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.windows.output_shape(input)
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        let (windows, shape) = self.windows.of(&x)?;
        let mut y = vec![0.0; shape.iter().product()];
        average_pool2d::forward(&windows, shape[3], values(&x), &mut y);
        batch(y, shape)
    }

    /// See [`super::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        _step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let (x, mut tape) = x.split_tape();
        let (windows, shape) = self.windows.of(&x)?;
        let channels = shape[3];
        let written = self.output.write(shape, |y| {
            average_pool2d::forward(&windows, channels, values(&x), y);
        })?;
        let y = written.y.clone();
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            with_gradients(grads, [&written.y, &x], |[dy, dx]| {
                average_pool2d::backward(&windows, channels, dy, dx);
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
