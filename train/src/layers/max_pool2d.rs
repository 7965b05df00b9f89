use anyhow::Result;
use dfdx::{
    shapes::HasShape,
    tensor::{CpuError, PutTape, SplitTape, Tape},
};

use super::{
    Batch, Parameter, Taped, batch,
    output::Output,
    recycler::Recycler,
    tape::{return_gradient, take_gradient},
    values,
};
use crate::kernels::{
    max_pool2d,
    window::{Padding, Windows},
};

/// Maximum over windows inside the map: Keras's `MaxPooling2D(size, strides)`, PyTorch's
/// `MaxPool2d`.
///
/// (N, H, W, C) to (N, (H - size) / stride + 1, …, C), rounded down: with odd sizes the last row
/// and column belong to no window.
#[derive(Debug)]
pub struct MaxPool2d {
    size: [usize; 2],
    stride: [usize; 2],
    output: Output,
    winners: Recycler<u8>,
}

impl MaxPool2d {
    /// Windows of (height, width) `size`, at most 256 positions.
    pub fn new(size: [usize; 2], stride: [usize; 2]) -> Self {
        Self {
            size,
            stride,
            output: Output::default(),
            winners: Recycler::new(),
        }
    }

    /// Whether its windows are 2 x 2 and side by side.
    pub(super) fn is_2x2(&self) -> bool {
        (self.size, self.stride) == ([2, 2], [2, 2])
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
        anyhow::ensure!(
            self.size[0] * self.size[1] <= 256,
            "expected a window of at most 256 positions, found {}x{}",
            self.size[0],
            self.size[1]
        );
        let [height, width] = self.windows(1, input)?.output;
        Ok([height, width, input[2]])
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        let windows = self.windows_of(&x)?;
        let shape = Self::result_shape(&x, &windows);
        let mut y = vec![0.0; shape.iter().product()];
        let mut winner = vec![0; y.len()];
        max_pool2d::forward(&windows, shape[3], values(&x), &mut y, &mut winner);
        batch(y, shape)
    }

    /// See [`super::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        _step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let (x, mut tape) = x.split_tape();
        let windows = self.windows_of(&x)?;
        let shape = Self::result_shape(&x, &windows);
        let (channels, winners) = (shape[3], self.winners.clone());
        let mut winner = winners.take(shape.iter().product());
        let written = self.output.write(shape, |y| {
            max_pool2d::forward(&windows, channels, values(&x), y, &mut winner);
        })?;
        let (x_ghost, y) = (x.ghost(), written.y.clone());
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            let dy = take_gradient(grads.get_or_alloc_mut(&written.y)?);
            let mut dx = take_gradient(grads.get_or_alloc_mut(&x_ghost)?);
            max_pool2d::backward(&windows, channels, &winner, &dy, &mut dx);
            winners.give(winner);
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

    fn result_shape(x: &Batch, windows: &Windows) -> [usize; 4] {
        let [height, width] = windows.output;
        [windows.batch, height, width, x.shape().3]
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
