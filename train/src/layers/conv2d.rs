use anyhow::{Result, ensure};
use pipelines::spec::Activation;

use super::{
    Layer, Parameter, ParameterKind,
    parameter::{listed, listed_mut, or_unused},
    recycler::Recycler,
};
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::{
    conv2d::{self, Conv2dShape},
    window::{Padding, Windows},
    winograd::{Backward, ForwardSink, OutputGradient, Winograd},
};

/// Two-dimensional convolution: Keras's `Conv2D(out, size, strides, padding, activation, use_bias)`,
/// PyTorch's `Conv2d` on channels-last maps (and `ReLU`). The builder puts other activations into layers
/// of their own.
///
/// (N, H, W, in) to (N, output height, output width, out). Parameters: `weight` (kernel height,
/// kernel width, in, out), `bias` (out) unless it has none.
#[derive(Debug)]
pub struct Conv2d {
    size: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
    activation: Activation,
    pub(super) weight: Parameter,
    pub(super) bias: Parameter,
    pub(super) buffers: Recycler<f32>,
    output: Output,
}

impl Conv2d {
    /// A convolution of zeros with a kernel of (height, width) `size`, whose parameters are called
    /// `name.weight` and `name.bias`.
    pub fn new(
        name: &str,
        [in_channels, out_channels]: [usize; 2],
        size: [usize; 2],
        stride: [usize; 2],
        padding: Padding,
        activation: Activation,
    ) -> Self {
        let shape = [size[0], size[1], in_channels, out_channels];
        let kind = ParameterKind::ConvolutionKernel;
        Self {
            size,
            stride,
            padding,
            activation,
            weight: Parameter::new(format!("{name}.weight"), kind, &shape),
            bias: Parameter::new(format!("{name}.bias"), ParameterKind::Bias, &[out_channels]),
            buffers: Recycler::new(),
            output: Output::default(),
        }
    }

    /// The same without a bias.
    pub fn without_bias(mut self) -> Self {
        self.bias = self.bias.fixed();
        self
    }

    /// (in, out).
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

    /// Whether it applies a ReLU to its results.
    pub(super) fn is_relu(&self) -> bool {
        self.activation == Activation::Relu
    }

    fn shape_for(&self, x: &Tensor) -> Result<Conv2dShape> {
        self.shape(x.images(), x.image_shape())
    }

    pub(super) fn shape(
        &self,
        batch: usize,
        [height, width, channels]: [usize; 3],
    ) -> Result<Conv2dShape> {
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

    /// Writes the result. Returns what the backward pass needs, all of it if an input gradient is
    /// wanted.
    fn convolve(
        &self,
        shape: &Conv2dShape,
        x: &Tensor,
        input_gradient: bool,
        y: &mut [f32],
    ) -> Factors {
        let (weight, bias) = (self.weight.values(), self.bias.values());
        let Some(winograd) = winograd(shape, shape.windows.output) else {
            conv2d::forward(shape, x.values(), weight, bias, self.is_relu(), y);
            return Factors::default();
        };
        let factors = self.factors(&winograd, input_gradient);
        let sink = ForwardSink {
            map: Some(y),
            ..ForwardSink::default()
        };
        winograd.forward(
            x.values().into(),
            &factors.plain,
            bias,
            self.is_relu(),
            sink,
        );
        factors
    }

    /// The transformed filters, and their transpose if the pass `is_training`.
    pub(super) fn factors(&self, winograd: &Winograd, is_training: bool) -> Factors {
        let len = winograd.filter_len();
        let mut factors = Factors {
            plain: self.buffers.take(len),
            transposed: self.buffers.take(if is_training { len } else { 0 }),
        };
        let transposed = is_training.then_some(&mut factors.transposed[..]);
        winograd.transform_filters(self.weight.values(), &mut factors.plain, transposed);
        factors
    }
}

impl Layer for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let shape = self.shape(1, input)?;
        let [height, width] = shape.windows.output;
        Ok([height, width, shape.out_channels])
    }

    fn parameters(&self) -> Vec<&Parameter> {
        listed([&self.weight, &self.bias])
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        listed_mut([&mut self.weight, &mut self.bias])
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let shape = self.shape_for(&x)?;
        let mut y = vec![0.0; shape.output_len()];
        self.convolve(&shape, &x, false, &mut y)
            .give_back(&self.buffers);
        Tensor::new(y, shape.output_shape())
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let shape = self.shape_for(&x)?;
        let mut y = self.output.take(shape.output_shape());
        let factors = self.convolve(&shape, &x, x.needs_gradient(), y.values_mut());
        let inputs = [x.variable(), self.weight.variable(), self.bias.variable()];
        let [x, weight, _] = inputs.map(Clone::clone);
        let relu = self.is_relu().then(|| y.clone());
        let buffers = self.buffers.clone();
        let backward = move |dy: &mut [f32], [dx, dweight, dbias]: [&mut [f32]; 3]| {
            let mut unused = Vec::new();
            let dbias = or_unused(dbias, shape.out_channels, &mut unused);
            let relu = relu.as_ref().map(Tensor::values);
            let dx = x.needs_gradient().then_some(dx);
            match winograd(&shape, shape.windows.output) {
                Some(winograd) => winograd.backward(Backward {
                    input: x.values().into(),
                    factors_transposed: &factors.transposed,
                    gradient: OutputGradient::Map { dy, relu },
                    dx,
                    other_dx: None,
                    dkernel: dweight,
                    dbias,
                }),
                None => conv2d::backward(
                    &shape,
                    x.values(),
                    weight.values(),
                    relu,
                    dy,
                    dx,
                    dweight,
                    dbias,
                ),
            }
            factors.give_back(&buffers);
        };
        Ok(pass.record(&mut self.output, y, inputs, backward))
    }
}

/// The tiling of a convolution whose outputs `wanted` are used, unless plain products are the better
/// way: with one input channel a tile's transforms cost more than its products.
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
    pub(super) fn give_back(self, buffers: &Recycler<f32>) {
        buffers.give(self.plain);
        buffers.give(self.transposed);
    }
}
