use dfdx::tensor::{Cpu, CpuError, Gradients, Tensor};

use super::{
    batch::{lasting_tensor, values, values_mut},
    tape::keep_gradient,
};

/// A named array that a layer learns or keeps, as a dfdx tensor.
#[derive(Debug)]
pub struct Parameter {
    name: &'static str,
    shape: Vec<usize>,
    trainable: bool,
    tensor: Tensor<(usize,), f32, Cpu>,
}

impl Parameter {
    /// A parameter that the optimizer changes, filled with one value.
    pub(super) fn trainable(name: &'static str, shape: &[usize], value: f32) -> Self {
        Self::new(name, shape, true, value)
    }

    /// A value that the layer itself keeps up to date, such as a running mean.
    pub(super) fn running(name: &'static str, shape: &[usize], value: f32) -> Self {
        Self::new(name, shape, false, value)
    }

    fn new(name: &'static str, shape: &[usize], trainable: bool, value: f32) -> Self {
        let len = shape.iter().product();
        let tensor = lasting_tensor(vec![value; len], (len,))
            .expect("the vector has the length that is asked for");
        Self {
            name,
            shape: shape.to_vec(),
            trainable,
            tensor,
        }
    }

    /// `weight`, `bias`, `running_mean` or `running_var`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Keras's shape: (kernel height, kernel width, in, out) for a convolution kernel, (in, out)
    /// for a dense kernel, (channels,) otherwise.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Whether the optimizer changes it.
    pub fn is_trainable(&self) -> bool {
        self.trainable
    }

    /// The values, row-major in [`Parameter::shape`].
    pub fn values(&self) -> &[f32] {
        values(&self.tensor)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> &mut [f32] {
        values_mut(&mut self.tensor)
    }

    /// The dfdx tensor that holds the values, flat.
    pub fn tensor(&self) -> &Tensor<(usize,), f32, Cpu> {
        &self.tensor
    }

    /// The dfdx tensor that holds the values, flat, to be changed.
    pub fn tensor_mut(&mut self) -> &mut Tensor<(usize,), f32, Cpu> {
        &mut self.tensor
    }

    /// The gradient that the last backward pass wrote, in the order of [`Parameter::values`].
    ///
    /// # Errors
    /// If there is none yet and no memory for it.
    pub fn gradient<'g>(
        &self,
        gradients: &'g mut Gradients<f32, Cpu>,
    ) -> Result<&'g mut [f32], CpuError> {
        Ok(gradients.get_or_alloc_mut(&self.tensor)?.as_mut_slice())
    }
}

/// Room for the gradients of the trainable ones of `parameters`, zero. The layers add room for those
/// of their results; whatever else a backward pass puts there is dropped at its end.
///
/// # Errors
/// If there is no memory for them.
pub fn parameter_gradients<'p>(
    parameters: impl IntoIterator<Item = &'p Parameter>,
) -> Result<Gradients<f32, Cpu>, CpuError> {
    let mut gradients = Gradients::leaky();
    for parameter in parameters.into_iter().filter(|p| p.trainable) {
        gradients.try_alloc_for(&parameter.tensor)?;
        keep_gradient(&mut gradients, &parameter.tensor);
    }
    Ok(gradients)
}
