use anyhow::Result;
use dfdx::{
    shapes::HasShape,
    tensor::{CpuError, PutTape, SplitTape, Tape},
};

use super::{
    Batch, Parameter, Taped, batch,
    output::Output,
    tape::{return_gradient, take_gradient},
    values,
};
use crate::kernels::{
    average_pool2d,
    window::{Padding, Windows},
};

/// Mean over windows inside the map: Keras's `AveragePooling2D(size, strides)`, PyTorch's
/// `AvgPool2d`.
///
/// (N, H, W, C) to (N, (H - size) / stride + 1, …, C), rounded down: with odd sizes the last row
/// and column belong to no window.
#[derive(Debug)]
pub struct AveragePool2d {
    size: [usize; 2],
    stride: [usize; 2],
    output: Output,
}

impl AveragePool2d {
    /// Windows of (height, width) `size`.
    pub fn new(size: [usize; 2], stride: [usize; 2]) -> Self {
        Self {
            size,
            stride,
            output: Output::default(),
        }
    }

    fn windows(&self, batch: usize, [height, width, _]: [usize; 3]) -> Result<Windows> {
        Windows::new(
            batch,
            [height, width],
            self.size,
            self.stride,
            Padding::Valid,
        )
    }

    /// See [`super::Layer::output_shape`].
    pub fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let [height, width] = self.windows(1, input)?.output;
        Ok([height, width, input[2]])
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        let &(images, _, _, channels) = x.shape();
        let windows = self.windows_of(&x)?;
        let mut y = vec![0.0; images * windows.output_area() * channels];
        average_pool2d::forward(&windows, channels, values(&x), &mut y);
        let [height, width] = windows.output;
        batch(y, [images, height, width, channels])
    }

    /// See [`super::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        _step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let (x, mut tape) = x.split_tape();
        let windows = self.windows_of(&x)?;
        let (x_ghost, channels) = (x.ghost(), x.shape().3);
        let [height, width] = windows.output;
        let written = self
            .output
            .write([windows.batch, height, width, channels], |y| {
                average_pool2d::forward(&windows, channels, values(&x), y);
            })?;
        let y = written.y.clone();
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            let dy = take_gradient(grads.get_or_alloc_mut(&written.y)?);
            let mut dx = take_gradient(grads.get_or_alloc_mut(&x_ghost)?);
            average_pool2d::backward(&windows, channels, &dy, &mut dx);
            return_gradient(grads.get_or_alloc_mut(&written.y)?, dy);
            return_gradient(grads.get_or_alloc_mut(&x_ghost)?, dx);
            Ok(())
        });
        Ok(y.put_tape(tape))
    }

    fn windows_of(&self, x: &Batch) -> Result<Windows, CpuError> {
        let &(images, height, width, channels) = x.shape();
        self.windows(images, [height, width, channels])
            .map_err(|_| CpuError::WrongNumElements)
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
