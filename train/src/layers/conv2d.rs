use anyhow::{Result, ensure};
use dfdx::{
    shapes::HasShape,
    tensor::{CpuError, PutTape, SplitTape, Tape},
};

use super::{
    Batch, Parameter, Taped, batch,
    tape::{return_gradient, take_gradient},
    values,
};
pub use crate::kernels::window::Padding;
use crate::kernels::{
    conv2d::{self, Conv2dShape},
    window::Windows,
};

/// What a layer does with its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Linear,
    /// max(x, 0).
    Relu,
}

/// Two-dimensional convolution with bias: Keras's `Conv2D(out, size, strides, padding,
/// activation)`, PyTorch's `Conv2d` on channels-last maps (and `ReLU`).
///
/// (N, H, W, in) to (N, output height, output width, out). Parameters: `weight` (kernel height,
/// kernel width, in, out), `bias` (out).
#[derive(Debug)]
pub struct Conv2d {
    size: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
    activation: Activation,
    weight: Parameter,
    bias: Parameter,
    pub(super) input_gradient: bool,
}

impl Conv2d {
    /// A convolution of zeros with a kernel of (height, width) `size`.
    pub fn new(
        [in_channels, out_channels]: [usize; 2],
        size: [usize; 2],
        stride: [usize; 2],
        padding: Padding,
        activation: Activation,
    ) -> Self {
        Self {
            size,
            stride,
            padding,
            activation,
            weight: Parameter::trainable(
                "weight",
                &[size[0], size[1], in_channels, out_channels],
                0.0,
            ),
            bias: Parameter::trainable("bias", &[out_channels], 0.0),
            input_gradient: true,
        }
    }

    fn channels(&self) -> [usize; 2] {
        [self.weight.shape()[2], self.weight.shape()[3]]
    }

    fn shape(&self, batch: usize, input: [usize; 3]) -> Result<Conv2dShape> {
        let [height, width, channels] = input;
        let [in_channels, out_channels] = self.channels();
        ensure!(
            channels == in_channels,
            "expected {in_channels} input channels, found {channels}"
        );
        Ok(Conv2dShape {
            windows: Windows::new(batch, [height, width], self.size, self.stride, self.padding)?,
            in_channels,
            out_channels,
        })
    }

    /// See [`super::Layer::output_shape`].
    pub fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let shape = self.shape(1, input)?;
        let [height, width] = shape.windows.output;
        Ok([height, width, shape.out_channels])
    }

    /// See [`super::Layer::forward`].
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        let shape = self.shape_of(&x)?;
        let mut y = vec![0.0; shape.output_len()];
        conv2d::forward(
            &shape,
            values(&x),
            self.weight.values(),
            self.bias.values(),
            self.activation == Activation::Relu,
            &mut y,
        );
        let [height, width] = shape.windows.output;
        batch(y, [shape.windows.batch, height, width, shape.out_channels])
    }

    /// See [`super::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        _step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let (x, mut tape) = x.split_tape();
        let shape = self.shape_of(&x)?;
        let y = self.forward(x.clone())?;
        let (weight, bias) = (self.weight.tensor().clone(), self.bias.tensor().clone());
        let (kept, relu) = (y.clone(), self.activation == Activation::Relu);
        let input_gradient = self.input_gradient;
        tape.add_backward_op(move |grads| {
            let dy = take_gradient(grads.get_or_alloc_mut(&kept)?);
            let mut dx = match input_gradient {
                true => Some(take_gradient(grads.get_or_alloc_mut(&x)?)),
                false => None,
            };
            let mut dweight = take_gradient(grads.get_or_alloc_mut(&weight)?);
            let mut dbias = take_gradient(grads.get_or_alloc_mut(&bias)?);
            conv2d::backward(
                &shape,
                values(&x),
                values(&weight),
                relu.then(|| values(&kept)),
                &dy,
                dx.as_deref_mut(),
                &mut dweight,
                &mut dbias,
            );
            if let Some(dx) = dx {
                return_gradient(grads.get_or_alloc_mut(&x)?, dx);
            }
            return_gradient(grads.get_or_alloc_mut(&weight)?, dweight);
            return_gradient(grads.get_or_alloc_mut(&bias)?, dbias);
            Ok(())
        });
        Ok(y.put_tape(tape))
    }

    fn shape_of(&self, x: &Batch) -> Result<Conv2dShape, CpuError> {
        let &(images, height, width, channels) = x.shape();
        self.shape(images, [height, width, channels])
            .map_err(|_| CpuError::WrongNumElements)
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
