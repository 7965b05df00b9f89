use anyhow::Result;

use super::Layer;
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::rescale::rescale;

/// x * scale + offset: Keras's `Rescaling(scale, offset)`.
///
/// (N, H, W, C) to the same.
#[derive(Debug)]
pub struct Rescaling {
    scale: f32,
    offset: f32,
    output: Output,
}

impl Rescaling {
    /// The layer with this factor and what it adds.
    pub fn new(scale: f32, offset: f32) -> Self {
        Self {
            scale,
            offset,
            output: Output::default(),
        }
    }
}

impl Layer for Rescaling {
    fn name(&self) -> &'static str {
        "rescaling"
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        Ok(input)
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let mut y = vec![0.0; x.values().len()];
        rescale(self.scale, self.offset, x.values(), &mut y);
        Tensor::new(y, x.shape())
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let scale = self.scale;
        let mut y = self.output.take(x.shape());
        rescale(scale, self.offset, x.values(), y.values_mut());
        let backward = move |dy: &mut [f32], [dx]: [&mut [f32]; 1]| rescale(scale, 0.0, dy, dx);
        Ok(pass.record(&mut self.output, y, [x.variable()], backward))
    }
}
