use anyhow::{Result, ensure};
use dfdx::{
    shapes::HasShape,
    tensor::{CpuError, PutTape, SplitTape, Tape},
};

use super::{
    Batch, Parameter, Taped, batch,
    output::Output,
    recycler::Recycler,
    tape::{HasGradient, with_gradients},
    values,
};
pub use crate::kernels::window::Padding;
use crate::kernels::{
    conv2d::{self, Conv2dShape},
    window::Windows,
    winograd::{Backward, ForwardSink, OutputGradient, Winograd},
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
    pub(super) activation: Activation,
    pub(super) weight: Parameter,
    pub(super) bias: Parameter,
    pub(super) input_gradient: bool,
    pub(super) room: Recycler<f32>,
    output: Output,
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
        let shape = [size[0], size[1], in_channels, out_channels];
        Self {
            size,
            stride,
            padding,
            activation,
            weight: Parameter::trainable("weight", &shape, 0.0),
            bias: Parameter::trainable("bias", &[out_channels], 0.0),
            input_gradient: true,
            room: Recycler::new(),
            output: Output::default(),
        }
    }

    pub(super) fn channels(&self) -> [usize; 2] {
        [self.weight.shape()[2], self.weight.shape()[3]]
    }

    /// Whether it is 3 x 3 with stride 1.
    pub(super) fn is_3x3(&self) -> bool {
        (self.size, self.stride) == ([3, 3], [1, 1])
    }

    /// Whether it has no padding either.
    pub(super) fn is_plain_3x3(&self) -> bool {
        self.is_3x3() && self.padding == Padding::Valid
    }

    fn shape(&self, batch: usize, input: [usize; 3]) -> Result<Conv2dShape> {
        let [height, width, channels] = input;
        let [in_channels, out_channels] = self.channels();
        ensure!(
            channels == in_channels,
            "expected {in_channels} input channels, found {channels}"
        );
        let windows = Windows::new(batch, [height, width], self.size, self.stride, self.padding)?;
        Ok(Conv2dShape {
            windows,
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
        self.convolve(&shape, &x, false, &mut y)
            .give_back(&self.room);
        batch(y, Self::result_shape(&shape))
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
        let mut factors = Factors::default();
        let written = output.write(Self::result_shape(&shape), |y| {
            factors = self.convolve(&shape, &x, self.input_gradient, y);
        })?;
        self.output = output;
        let (weight, bias) = (self.weight.tensor().clone(), self.bias.tensor().clone());
        let (y, is_relu) = (written.y.clone(), self.is_relu());
        let (input_gradient, room) = (self.input_gradient, self.room.clone());
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            let wanted_x = input_gradient.then_some(&x);
            let tensors: [&dyn HasGradient; 4] = [&written.y, &wanted_x, &weight, &bias];
            with_gradients(grads, tensors, |[dy, dx, dweight, dbias]| {
                let relu = is_relu.then(|| values(&written.y));
                let dx = input_gradient.then_some(dx);
                match winograd(&shape, shape.windows.output) {
                    Some(winograd) => winograd.backward(Backward {
                        x: values(&x),
                        factors_transposed: &factors.transposed,
                        gradient: OutputGradient::Map { dy, relu },
                        dx,
                        dkernel: dweight,
                        dbias,
                    }),
                    None => conv2d::backward(
                        &shape,
                        values(&x),
                        values(&weight),
                        relu,
                        dy,
                        dx,
                        dweight,
                        dbias,
                    ),
                }
                factors.give_back(&room);
            })
        });
        Ok(y.put_tape(tape))
    }

    /// Writes the result. Gives what the backward pass needs, all of it if an input gradient is
    /// wanted.
    fn convolve(
        &self,
        shape: &Conv2dShape,
        x: &Batch,
        input_gradient: bool,
        y: &mut [f32],
    ) -> Factors {
        let (weight, bias) = (self.weight.values(), self.bias.values());
        let Some(winograd) = winograd(shape, shape.windows.output) else {
            conv2d::forward(shape, values(x), weight, bias, self.is_relu(), y);
            return Factors::default();
        };
        let factors = self.factors(&winograd, input_gradient);
        let sink = ForwardSink {
            map: Some(y),
            ..ForwardSink::default()
        };
        winograd.forward(values(x), &factors.plain, bias, self.is_relu(), sink);
        factors
    }

    fn result_shape(shape: &Conv2dShape) -> [usize; 4] {
        let [height, width] = shape.windows.output;
        [shape.windows.batch, height, width, shape.out_channels]
    }

    /// The transformed filters, and their transpose if the pass `is_training`.
    pub(super) fn factors(&self, winograd: &Winograd, is_training: bool) -> Factors {
        let len = winograd.filter_len();
        let mut factors = Factors {
            plain: self.room.take(len),
            transposed: self.room.take(if is_training { len } else { 0 }),
        };
        let transposed = is_training.then_some(&mut factors.transposed[..]);
        winograd.transform_filters(self.weight.values(), &mut factors.plain, transposed);
        factors
    }

    fn is_relu(&self) -> bool {
        self.activation == Activation::Relu
    }

    pub(super) fn shape_of(&self, x: &Batch) -> Result<Conv2dShape, CpuError> {
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

/// The tiling of a convolution whose outputs `wanted` are used, unless windows unrolled into rows
/// are the better way: with one input channel a tile's transforms cost more than its products.
pub(super) fn winograd(shape: &Conv2dShape, wanted: [usize; 2]) -> Option<Winograd> {
    match shape.in_channels {
        1 => None,
        _ => Winograd::new(*shape, wanted),
    }
}

/// The transformed filters of one step.
#[derive(Default)]
pub(super) struct Factors {
    pub(super) plain: Vec<f32>,
    pub(super) transposed: Vec<f32>,
}

impl Factors {
    pub(super) fn give_back(self, room: &Recycler<f32>) {
        room.give(self.plain);
        room.give(self.transposed);
    }
}
