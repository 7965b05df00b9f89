use anyhow::Result;

use super::Layer;
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::global_pool2d;

/// Largest value of each channel of the map: Keras's `GlobalMaxPooling2D`, PyTorch's
/// `AdaptiveMaxPool2d(1)` and `Flatten`.
///
/// (N, H, W, C) to (N, 1, 1, C).
#[derive(Debug, Default)]
pub struct GlobalMaxPool2d {
    output: Output,
}

impl Layer for GlobalMaxPool2d {
    fn name(&self) -> &'static str {
        "global_max_pooling2d"
    }

    fn output_shape(&self, [_, _, channels]: [usize; 3]) -> Result<[usize; 3]> {
        Ok([1, 1, channels])
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let [images, height, width, channels] = x.shape();
        let mut y = vec![0.0; images * channels];
        global_pool2d::max(height * width, channels, x.values(), &mut y);
        Tensor::new(y, [images, 1, 1, channels])
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let [images, height, width, channels] = x.shape();
        let area = height * width;
        let mut y = self.output.take([images, 1, 1, channels]);
        global_pool2d::max(area, channels, x.values(), y.values_mut());
        let (input, largest) = (x.variable().clone(), y.clone());
        let backward = move |dy: &mut [f32], [dx]: [&mut [f32]; 1]| {
            let (x, y) = (input.values(), largest.values());
            global_pool2d::max_backward(area, channels, x, y, dy, dx);
        };
        Ok(pass.record(&mut self.output, y, [x.variable()], backward))
    }
}
