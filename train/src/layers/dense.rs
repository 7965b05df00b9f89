use anyhow::{Result, ensure};
use pipelines::spec::Activation;

use super::{
    Layer, Parameter, ParameterKind,
    parameter::{listed, listed_mut, or_unused},
};
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::dense::{self, DenseShape};

/// Matrix product: Keras's `Dense(outputs, activation, use_bias)`, PyTorch's `Linear` (and `ReLU`). The
/// builder puts other activations into layers of their own.
///
/// (N, H, W, C), read as (N, inputs) with inputs = H * W * C, to (N, 1, 1, outputs). Parameters:
/// `weight` (inputs, outputs), `bias` (outputs) unless it has none.
#[derive(Debug)]
pub struct Dense {
    activation: Activation,
    weight: Parameter,
    bias: Parameter,
    output: Output,
}

impl Dense {
    /// A dense layer of zeros, whose parameters are called `name.weight` and `name.bias`. Its input
    /// is a flattened map of (height, width, channels) `map`, or a vector of (1, 1, features).
    pub fn new(name: &str, map: [usize; 3], outputs: usize, activation: Activation) -> Self {
        let shape = [map.iter().product(), outputs];
        let kind = ParameterKind::DenseKernel { map };
        Self {
            activation,
            weight: Parameter::new(format!("{name}.weight"), kind, &shape),
            bias: Parameter::new(format!("{name}.bias"), ParameterKind::Bias, &[outputs]),
            output: Output::default(),
        }
    }

    /// The same without a bias.
    pub fn without_bias(mut self) -> Self {
        self.bias = self.bias.fixed();
        self
    }

    /// (inputs, outputs).
    fn features(&self) -> [usize; 2] {
        [self.weight.shape()[0], self.weight.shape()[1]]
    }

    fn shape_for(&self, x: &Tensor) -> Result<DenseShape> {
        self.output_shape(x.image_shape())?;
        let [inputs, outputs] = self.features();
        Ok(DenseShape {
            batch: x.images(),
            inputs,
            outputs,
        })
    }

    fn multiply(&self, shape: &DenseShape, x: &Tensor, y: &mut [f32]) {
        let (weight, bias) = (self.weight.values(), self.bias.values());
        let is_relu = self.activation == Activation::Relu;
        dense::forward(shape, x.values(), weight, bias, is_relu, y);
    }
}

impl Layer for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn output_shape(&self, [height, width, channels]: [usize; 3]) -> Result<[usize; 3]> {
        let [inputs, outputs] = self.features();
        let found = height * width * channels;
        ensure!(
            found == inputs,
            "expected {inputs} input features, found {found}"
        );
        Ok([1, 1, outputs])
    }

    fn parameters(&self) -> Vec<&Parameter> {
        listed([&self.weight, &self.bias])
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        listed_mut([&mut self.weight, &mut self.bias])
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let shape = self.shape_for(&x)?;
        let mut y = vec![0.0; shape.batch * shape.outputs];
        self.multiply(&shape, &x, &mut y);
        Tensor::new(y, [shape.batch, 1, 1, shape.outputs])
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let shape = self.shape_for(&x)?;
        let mut y = self.output.take([shape.batch, 1, 1, shape.outputs]);
        self.multiply(&shape, &x, y.values_mut());
        let inputs = [x.variable(), self.weight.variable(), self.bias.variable()];
        let [x, weight, _] = inputs.map(Clone::clone);
        let relu = (self.activation == Activation::Relu).then(|| y.clone());
        let backward = move |dy: &mut [f32], [dx, dweight, dbias]: [&mut [f32]; 3]| {
            let mut unused = Vec::new();
            let dbias = or_unused(dbias, shape.outputs, &mut unused);
            dense::backward(
                &shape,
                x.values(),
                weight.values(),
                relu.as_ref().map(Tensor::values),
                dy,
                x.needs_gradient().then_some(dx),
                dweight,
                dbias,
            );
        };
        Ok(pass.record(&mut self.output, y, inputs, backward))
    }
}
