use anyhow::{Result, ensure};

use super::Layer;
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::dropout;

/// Zeroes values with probability `rate` while training and scales the rest by 1 / (1 - rate);
/// Keras's and PyTorch's `Dropout(rate)`.
///
/// (N, H, W, C) to the same. The mask depends on the layer's key, the step's key and the position
/// in the batch alone.
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
}

impl Layer for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        Ok(input)
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        Ok(x)
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let (rate, key) = (self.rate, dropout::mix(self.layer_key, pass.step_key()));
        let mut y = self.output.take(x.shape());
        dropout::apply(rate, key, x.values(), y.values_mut());
        let backward = move |dy: &mut [f32], [dx]: [&mut [f32]; 1]| {
            dropout::apply(rate, key, dy, dx);
        };
        Ok(pass.record(&mut self.output, y, [x.variable()], backward))
    }
}
