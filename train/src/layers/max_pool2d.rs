use anyhow::{Result, ensure};

use super::{Layer, pool_windows::PoolWindows, recycler::Recycler};
use crate::autograd::{Output, Tensor, TrainingPass};
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
}

impl Layer for MaxPool2d {
    fn name(&self) -> &'static str {
        "max_pooling2d"
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let [height, width] = self.windows.size;
        ensure!(
            height * width <= 256,
            "expected a window of at most 256 positions, found {height}x{width}"
        );
        self.windows.output_shape(input)
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let (windows, shape) = self.windows.over(&x)?;
        let mut y = vec![0.0; shape.iter().product()];
        let mut winner = vec![0; y.len()];
        max_pool2d::forward(&windows, shape[3], x.values(), &mut y, &mut winner);
        Tensor::new(y, shape)
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let (windows, shape) = self.windows.over(&x)?;
        let (channels, winners) = (shape[3], self.winners.clone());
        let mut y = self.output.take(shape);
        let mut winner = winners.take(y.values().len());
        max_pool2d::forward(&windows, channels, x.values(), y.values_mut(), &mut winner);
        let backward = move |dy: &mut [f32], [dx]: [&mut [f32]; 1]| {
            max_pool2d::backward(&windows, channels, &winner, dy, dx);
            winners.give(winner);
        };
        Ok(pass.record(&mut self.output, y, [x.variable()], backward))
    }
}
