use anyhow::{Result, ensure};

use super::{
    Layer, Parameter, ParameterKind,
    parameter::{listed, listed_mut, or_unused},
};
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::{
    depthwise_conv2d,
    window::{Padding, Windows},
};

/// Convolution of each channel with a kernel of its own: Keras's `DepthwiseConv2D(size, strides, padding,
/// use_bias)`, PyTorch's `Conv2d(channels, channels, groups=channels)`.
///
/// (N, H, W, C) to (N, output height, output width, C). Parameters: `weight` (kernel height, kernel
/// width, C, 1), `bias` (C) unless it has none.
#[derive(Debug)]
pub struct DepthwiseConv2d {
    size: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
    weight: Parameter,
    bias: Parameter,
    output: Output,
}

impl DepthwiseConv2d {
    /// A convolution of zeros with kernels of (height, width) `size`, whose parameters are called
    /// `name.weight` and `name.bias`.
    pub fn new(
        name: &str,
        channels: usize,
        size: [usize; 2],
        stride: [usize; 2],
        padding: Padding,
    ) -> Self {
        let shape = [size[0], size[1], channels, 1];
        let kind = ParameterKind::DepthwiseKernel;
        Self {
            size,
            stride,
            padding,
            weight: Parameter::new(format!("{name}.weight"), kind, &shape),
            bias: Parameter::new(format!("{name}.bias"), ParameterKind::Bias, &[channels]),
            output: Output::default(),
        }
    }

    /// The same without a bias.
    pub fn without_bias(mut self) -> Self {
        self.bias = self.bias.fixed();
        self
    }

    fn windows(&self, images: usize, [height, width, found]: [usize; 3]) -> Result<Windows> {
        let channels = self.weight.shape()[2];
        ensure!(
            found == channels,
            "expected {channels} channels, found {found}"
        );
        let map = [height, width];
        Windows::new(images, map, self.size, self.stride, self.padding)
    }

    fn convolve(&self, windows: &Windows, x: &[f32], y: &mut [f32]) {
        let (weight, bias) = (self.weight.values(), self.bias.values());
        depthwise_conv2d::forward(windows, x, weight, bias, y);
    }
}

impl Layer for DepthwiseConv2d {
    fn name(&self) -> &'static str {
        "depthwise_conv2d"
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let [height, width] = self.windows(1, input)?.output;
        Ok([height, width, input[2]])
    }

    fn parameters(&self) -> Vec<&Parameter> {
        listed([&self.weight, &self.bias])
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        listed_mut([&mut self.weight, &mut self.bias])
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let windows = self.windows(x.images(), x.image_shape())?;
        let [height, width] = windows.output;
        let shape = [x.images(), height, width, x.shape()[3]];
        let mut y = vec![0.0; shape.iter().product()];
        self.convolve(&windows, x.values(), &mut y);
        Tensor::new(y, shape)
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let windows = self.windows(x.images(), x.image_shape())?;
        let [height, width] = windows.output;
        let channels = x.shape()[3];
        let mut y = self.output.take([x.images(), height, width, channels]);
        self.convolve(&windows, x.values(), y.values_mut());
        let inputs = [x.variable(), self.weight.variable(), self.bias.variable()];
        let [x, weight, _] = inputs.map(Clone::clone);
        let backward = move |dy: &mut [f32], [dx, dweight, dbias]: [&mut [f32]; 3]| {
            let mut unused = Vec::new();
            let dbias = or_unused(dbias, channels, &mut unused);
            let dx = x.needs_gradient().then_some(dx);
            let (x, weight) = (x.values(), weight.values());
            depthwise_conv2d::backward(&windows, x, weight, dy, dx, dweight, dbias);
        };
        Ok(pass.record(&mut self.output, y, inputs, backward))
    }
}
