use anyhow::Result;

use super::{Layer, pool_windows::PoolWindows};
use crate::autograd::{Output, Tensor, TrainingPass};
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
}

impl Layer for AveragePool2d {
    fn name(&self) -> &'static str {
        "average_pooling2d"
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.windows.output_shape(input)
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let (windows, shape) = self.windows.over(&x)?;
        let mut y = vec![0.0; shape.iter().product()];
        average_pool2d::forward(&windows, shape[3], x.values(), &mut y);
        Tensor::new(y, shape)
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let (windows, shape) = self.windows.over(&x)?;
        let channels = shape[3];
        let mut y = self.output.take(shape);
        average_pool2d::forward(&windows, channels, x.values(), y.values_mut());
        let backward = move |dy: &mut [f32], [dx]: [&mut [f32]; 1]| {
            average_pool2d::backward(&windows, channels, dy, dx);
        };
        Ok(pass.record(&mut self.output, y, [x.variable()], backward))
    }
}
