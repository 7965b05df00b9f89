//! A network built at run time from a model's layer list.

mod builder;

use anyhow::{Result, ensure};
use pipelines::random::Streams;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::spec::{Initializer, Model};

use self::builder::Builder;
use crate::autograd::{Tensor, TrainingPass};
use crate::initializers::initialize;
use crate::layers::{Layer, Parameter, ParameterKind, Sequence};

/// A network, from images (N, H, W, C) to logits (N, 1, 1, classes).
#[derive(Debug)]
pub struct Network {
    layers: Sequence,
    input_shape: [usize; 3],
    class_count: usize,
}

impl Network {
    /// The network of `model` for the images and classes of `info`, with initial values drawn from
    /// `seed`.
    ///
    /// # Errors
    /// The first layer that does not fit, by its number, with both shapes.
    pub fn new(model: &Model, info: &DatasetInfo, seed: u64) -> Result<Self> {
        model.architecture(info)?;
        let input_shape = [info.shape.height, info.shape.width, info.shape.channels];
        let mut network = Self {
            layers: Builder::new(seed).sequence(&model.layers, 1, input_shape, "")?,
            input_shape,
            class_count: info.class_count(),
        };
        network.initialize(model.kernel_initializer, model.bias_initializer, seed);
        Ok(network)
    }

    /// Draws kernels and biases; the other parameters have their initial values already.
    fn initialize(&mut self, kernel: Initializer, bias: Initializer, seed: u64) {
        let streams = Streams::new(seed, "initial weights", 0);
        for (number, parameter) in self.layers.parameters_mut().into_iter().enumerate() {
            let initializer = match parameter.kind() {
                ParameterKind::ConvolutionKernel
                | ParameterKind::DepthwiseKernel
                | ParameterKind::DenseKernel { .. } => kernel,
                ParameterKind::Bias => bias,
                ParameterKind::Scale
                | ParameterKind::Shift
                | ParameterKind::RunningMean
                | ParameterKind::RunningVariance => continue,
            };
            let shape = parameter.shape().to_vec();
            let mut generator = streams.id(number as u64);
            initialize(initializer, &shape, &mut generator, parameter.values_mut());
        }
    }

    /// Images as the network reads them, (N, H, W, C).
    ///
    /// # Errors
    /// If `pixels` are not those of `images` images.
    pub fn input(&self, images: usize, pixels: Vec<f32>) -> Result<Tensor> {
        let [height, width, channels] = self.input_shape;
        Tensor::new(pixels, [images, height, width, channels])
    }

    /// (height, width, channels) of the images.
    pub fn input_shape(&self) -> [usize; 3] {
        self.input_shape
    }

    /// Logits of an image.
    pub fn class_count(&self) -> usize {
        self.class_count
    }

    /// Logits in inference: dropout off, batch normalisation on its running values.
    ///
    /// # Errors
    /// A batch of another shape.
    pub fn forward(&self, x: Tensor) -> Result<Tensor> {
        self.check(&x)?;
        self.layers.forward(x)
    }

    /// Logits in training.
    ///
    /// # Errors
    /// A batch of another shape.
    pub fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        self.check(&x)?;
        self.layers.forward_training(x, pass)
    }

    fn check(&self, x: &Tensor) -> Result<()> {
        let (expected, found) = (self.input_shape, x.image_shape());
        ensure!(
            found == expected,
            "expected images of {expected:?}, found {found:?}"
        );
        Ok(())
    }

    /// The layers as they run: neighbours that were fused are one.
    pub fn layers(&self) -> &[Box<dyn Layer>] {
        self.layers.layers()
    }

    /// As [`Network::layers`], to be run one by one.
    pub fn layers_mut(&mut self) -> &mut [Box<dyn Layer>] {
        self.layers.layers_mut()
    }

    /// All parameters and running values, from the first layer to the last.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.layers.parameters().into_iter()
    }

    /// As [`Network::parameters`], to be changed.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.layers.parameters_mut().into_iter()
    }
}
