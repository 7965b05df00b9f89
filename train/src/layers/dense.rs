use anyhow::{Result, ensure};
use dfdx::{
    shapes::HasShape,
    tensor::{CpuError, PutTape, SplitTape, Tape},
};

use super::{
    Activation, Batch, Parameter, Taped, batch,
    output::Output,
    tape::{HasGradient, with_gradients},
    values,
};
use crate::kernels::dense::{self, DenseShape};

/// Matrix product with bias: Keras's `Dense(outputs, activation)`, PyTorch's `Linear` (and
/// `ReLU`).
///
/// (N, H, W, C), read as (N, inputs) with inputs = H * W * C, to (N, 1, 1, outputs). Parameters:
/// `weight` (inputs, outputs), `bias` (outputs).
#[derive(Debug)]
pub struct Dense {
    activation: Activation,
    weight: Parameter,
    bias: Parameter,
    pub(super) input_gradient: bool,
    output: Output,
}

impl Dense {
    /// A dense layer of zeros.
    pub fn new([inputs, outputs]: [usize; 2], activation: Activation) -> Self {
        Self {
            activation,
            weight: Parameter::trainable("weight", &[inputs, outputs], 0.0),
            bias: Parameter::trainable("bias", &[outputs], 0.0),
            input_gradient: true,
            output: Output::default(),
        }
    }

    fn features(&self) -> [usize; 2] {
        [self.weight.shape()[0], self.weight.shape()[1]]
    }

    /// See [`super::Layer::output_shape`].
    pub fn output_shape(&self, [height, width, channels]: [usize; 3]) -> Result<[usize; 3]> {
        let [inputs, outputs] = self.features();
        let found = height * width * channels;
        ensure!(
            found == inputs,
            "expected {inputs} input features, found {found}"
        );
        Ok([1, 1, outputs])
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        let shape = self.shape_of(&x)?;
        let mut y = vec![0.0; shape.batch * shape.outputs];
        self.multiply(&shape, &x, &mut y);
        batch(y, [shape.batch, 1, 1, shape.outputs])
    }

    fn multiply(&self, shape: &DenseShape, x: &Batch, y: &mut [f32]) {
        let (weight, bias) = (self.weight.values(), self.bias.values());
        let is_relu = self.activation == Activation::Relu;
        dense::forward(shape, values(x), weight, bias, is_relu, y);
    }

    /// See [`super::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        _step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let (x, mut tape) = x.split_tape();
        let shape = self.shape_of(&x)?;
        let mut output = std::mem::take(&mut self.output);
        let written = output.write([shape.batch, 1, 1, shape.outputs], |y| {
            self.multiply(&shape, &x, y);
        })?;
        self.output = output;
        let (weight, bias) = (self.weight.tensor().clone(), self.bias.tensor().clone());
        let (y, relu) = (written.y.clone(), self.activation == Activation::Relu);
        let input_gradient = self.input_gradient;
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            let wanted_x = input_gradient.then_some(&x);
            let tensors: [&dyn HasGradient; 4] = [&written.y, &wanted_x, &weight, &bias];
            with_gradients(grads, tensors, |[dy, dx, dweight, dbias]| {
                dense::backward(
                    &shape,
                    values(&x),
                    values(&weight),
                    relu.then(|| values(&written.y)),
                    dy,
                    input_gradient.then_some(dx),
                    dweight,
                    dbias,
                );
            })
        });
        Ok(y.put_tape(tape))
    }

    fn shape_of(&self, x: &Batch) -> Result<DenseShape, CpuError> {
        let &(images, height, width, channels) = x.shape();
        let [inputs, outputs] = self.features();
        if height * width * channels != inputs {
            return Err(CpuError::WrongNumElements);
        }
        Ok(DenseShape {
            batch: images,
            inputs,
            outputs,
        })
    }

    /// See [`super::Layer::parameters`].
    pub fn parameters(&self) -> Vec<&Parameter> {
        vec![&self.weight, &self.bias]
    }

    /// See [`super::Layer::parameters_mut`].
    pub fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        vec![&mut self.weight, &mut self.bias]
    }
}
