use std::any::Any;
use std::fmt::Debug;

use anyhow::Result;

use super::Parameter;
use crate::autograd::{Tensor, TrainingPass};

/// A layer of a network: dfdx's and burn's `Module`, candle's `Module`, Keras's and PyTorch's
/// `Layer` and `Module`. A container of layers is a layer, too.
///
/// A new layer needs a variant of [`pipelines::spec::Layer`] with its shape rule, a kernel, a file
/// with an implementation of this trait, and the line of `network/builder.rs` that builds it.
pub trait Layer: Any + Debug + Send + Sync {
    /// The layer's name in a spec.
    fn name(&self) -> &'static str;

    /// The (height, width, channels) of the output for an input of (height, width, channels). A
    /// vector is (1, 1, features).
    ///
    /// # Errors
    /// If the layer cannot take such an input: what it expected and what was found.
    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]>;

    /// The parameters and running values, always in the same order.
    fn parameters(&self) -> Vec<&Parameter> {
        Vec::new()
    }

    /// As [`Layer::parameters`], to be changed.
    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        Vec::new()
    }

    /// Inference: dropout does nothing, batch normalisation uses its running values.
    ///
    /// # Errors
    /// If the layer cannot take the shape of `x`.
    fn forward(&self, x: Tensor) -> Result<Tensor>;

    /// Training: the result, after its backward operation was recorded in `pass`.
    ///
    /// # Errors
    /// If the layer cannot take the shape of `x`.
    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor>;
}
