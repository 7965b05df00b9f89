use anyhow::{Result, ensure};
use dfdx::tensor::{CpuError, PutTape, SplitTape, Tape};

use super::{
    Batch, Parameter, Taped, batch, output::Output, pool_windows::PoolWindows, recycler::Recycler,
    tape::with_gradients, values,
};
use crate::kernels::max_pool2d;

/// Maximum over windows inside the map: Keras's `MaxPooling2D(size, strides)`, PyTorch's
/// `MaxPool2d`.
///
/// (N, H, W, C) to (N, (H - size) / stride + 1, …, C), rounded down: with odd sizes the last row
/// and column belong to no window.
#[derive(Debug)]
pub struct MaxPool2d {
    windows: PoolWindows,
    output: Output,
    winners: Recycler<u8>,
}

impl MaxPool2d {
    /// Windows of (height, width) `size`, at most 256 positions.
    pub fn new(size: [usize; 2], stride: [usize; 2]) -> Self {
        Self {
            windows: PoolWindows { size, stride },
            output: Output::default(),
            winners: Recycler::new(),
        }
    }

    /// Whether its windows are 2 x 2 and side by side.
    pub(super) fn is_2x2(&self) -> bool {
        let side_by_side = PoolWindows {
            size: [2, 2],
            stride: [2, 2],
        };
        self.windows == side_by_side
    }

    /// See [`super::Layer::output_shape`].
    pub fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let [height, width] = self.windows.size;
        ensure!(
            height * width <= 256,
            "expected a window of at most 256 positions, found {height}x{width}"
        );
        self.windows.output_shape(input)
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        let (windows, shape) = self.windows.of(&x)?;
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
        let (windows, shape) = self.windows.of(&x)?;
        let (channels, winners) = (shape[3], self.winners.clone());
        let mut winner = winners.take(shape.iter().product());
        let written = self.output.write(shape, |y| {
            max_pool2d::forward(&windows, channels, values(&x), y, &mut winner);
        })?;
        let y = written.y.clone();
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            with_gradients(grads, [&written.y, &x], |[dy, dx]| {
                max_pool2d::backward(&windows, channels, &winner, dy, dx);
                winners.give(winner);
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
