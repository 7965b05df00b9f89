//! A network built at run time from a model's layer list.

use anyhow::{Context, Result};
use dfdx::tensor::CpuError;
use pipelines::random::Streams;
use pipelines::spec::{self, Architecture, Initializer, LayerSummary, Model, Shape};
use rand::Rng;

use crate::initializers::initialize;
use crate::layers::{
    self, Activation, AveragePool2d, Batch, BatchNorm2d, Conv2d, Dense, Dropout, Flatten, Layer,
    MaxPool2d, Padding, Parameter, Taped,
};
use crate::weights::FileOrder;

/// A network, from images (N, 28, 28, 1) in 0..=1 to logits (N, 1, 1, 10).
#[derive(Debug)]
pub struct Network {
    layers: Vec<Layer>,
    /// One for each parameter, in the order of [`Network::parameters`].
    places: Vec<Place>,
}

/// Where a parameter stands in a file of weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// PyTorch's name, such as `conv1.weight`.
    pub name: String,
    /// How PyTorch orders its values.
    pub order: FileOrder,
}

impl Network {
    /// The network of `model` with initial values drawn from `seed`.
    ///
    /// # Errors
    /// The first layer that does not fit, by its number, with both shapes.
    pub fn new(model: &Model, seed: u64) -> Result<Self> {
        let architecture = model.architecture()?;
        let mut layers = Vec::with_capacity(architecture.layers.len());
        let dropout_keys = Streams::new(seed, "dropout", 0);
        for (number, summary) in architecture.layers.iter().enumerate() {
            let dropout_key = dropout_keys.id(number as u64).next_u64();
            let layer = layer(summary, dropout_key)
                .with_context(|| format!("layer {} ({})", number + 1, summary.layer.name()))?;
            layers.push(layer);
        }
        let places = places(&architecture, &layers);
        let mut network = Self {
            layers: layers::fuse(layers),
            places,
        };
        network.initialize(model.kernel_initializer, model.bias_initializer, seed);
        Ok(network)
    }

    /// Draws kernels and biases; batch normalisation has Keras's initial values already.
    fn initialize(&mut self, kernel: Initializer, bias: Initializer, seed: u64) {
        let streams = Streams::new(seed, "initial weights", 0);
        let places = &self.places;
        let parameters = self.layers.iter_mut().flat_map(Layer::parameters_mut);
        for (number, (parameter, place)) in parameters.zip(places).enumerate() {
            let initializer = match (place.order.is_kernel(), place.name.starts_with("bn")) {
                (true, _) => kernel,
                (false, false) => bias,
                (false, true) => continue,
            };
            let shape = parameter.shape().to_vec();
            let mut generator = streams.id(number as u64);
            initialize(initializer, &shape, &mut generator, parameter.values_mut());
        }
    }

    /// Logits in inference: dropout off, batch normalisation on its running values.
    ///
    /// # Errors
    /// A batch of another shape, or too little memory.
    pub fn forward(&self, x: Batch) -> Result<Batch, CpuError> {
        self.layers.iter().try_fold(x, |x, layer| layer.forward(x))
    }

    /// Logits in training. `step_key` names the step in the whole run.
    ///
    /// # Errors
    /// A batch of another shape, or too little memory.
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        self.layers
            .iter_mut()
            .try_fold(x, |x, layer| layer.forward_training(x, step_key))
    }

    /// The layers as they run: neighbours that were fused are one.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// As [`Network::layers`], to be run one by one.
    pub fn layers_mut(&mut self) -> &mut [Layer] {
        &mut self.layers
    }

    /// All parameters and running values with their places in files, from the first layer to the
    /// last.
    pub fn parameters(&self) -> impl Iterator<Item = (&Place, &Parameter)> {
        let parameters = self.layers.iter().flat_map(Layer::parameters);
        self.places.iter().zip(parameters)
    }

    /// As [`Network::parameters`], to be changed.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = (&Place, &mut Parameter)> {
        let parameters = self.layers.iter_mut().flat_map(Layer::parameters_mut);
        self.places.iter().zip(parameters)
    }
}

fn layer(summary: &LayerSummary, dropout_key: u64) -> Result<Layer> {
    Ok(match summary.layer {
        spec::Layer::Conv2d {
            filters,
            kernel_size,
            strides,
            padding,
            activation,
        } => Layer::Conv2d(Conv2d::new(
            [channels(summary.input), filters],
            [kernel_size; 2],
            [strides; 2],
            match padding {
                spec::Padding::Valid => Padding::Valid,
                spec::Padding::Same => Padding::Same,
            },
            activate(activation),
        )),
        spec::Layer::BatchNormalization { momentum, epsilon } => Layer::BatchNorm2d(
            BatchNorm2d::new(channels(summary.input), momentum as f32, epsilon as f32),
        ),
        spec::Layer::MaxPooling2d { pool_size, strides } => {
            Layer::MaxPool2d(MaxPool2d::new([pool_size; 2], [strides; 2]))
        }
        spec::Layer::AveragePooling2d { pool_size, strides } => {
            Layer::AveragePool2d(AveragePool2d::new([pool_size; 2], [strides; 2]))
        }
        spec::Layer::Flatten {} => Layer::Flatten(Flatten),
        spec::Layer::Dense { units, activation } => Layer::Dense(Dense::new(
            [summary.input.len(), units],
            activate(activation),
        )),
        spec::Layer::Dropout { rate } => Layer::Dropout(Dropout::new(rate as f32, dropout_key)?),
    })
}

fn activate(activation: spec::Activation) -> Activation {
    match activation {
        spec::Activation::Linear => Activation::Linear,
        spec::Activation::Relu => Activation::Relu,
    }
}

fn channels(shape: Shape) -> usize {
    match shape {
        Shape::Image { channels, .. } => channels,
        Shape::Vector(length) => length,
    }
}

/// Names count the layers of a kind from 1: `conv1`, `bn1`, `fc1`.
fn places(architecture: &Architecture, layers: &[Layer]) -> Vec<Place> {
    let [mut convolutions, mut norms, mut denses] = [0; 3];
    // What the next dense layer sees as a vector and PyTorch flattens in another order.
    let mut flattened = None;
    let mut places = Vec::new();
    for (summary, layer) in architecture.layers.iter().zip(layers) {
        let (prefix, kernel_order) = match (layer, summary.input) {
            (Layer::Conv2d(_), _) => {
                convolutions += 1;
                (format!("conv{convolutions}"), FileOrder::Convolution)
            }
            (Layer::BatchNorm2d(_), _) => {
                norms += 1;
                (format!("bn{norms}"), FileOrder::Same)
            }
            (Layer::Dense(_), _) => {
                denses += 1;
                let map = flattened.take().unwrap_or([1, 1, summary.input.len()]);
                (format!("fc{denses}"), FileOrder::Dense { map })
            }
            (
                Layer::Flatten(_),
                Shape::Image {
                    height,
                    width,
                    channels,
                },
            ) => {
                flattened = Some([height, width, channels]);
                continue;
            }
            _ => continue,
        };
        for parameter in layer.parameters() {
            places.push(Place {
                name: format!("{prefix}.{}", parameter.name()),
                order: if parameter.shape().len() > 1 {
                    kernel_order
                } else {
                    FileOrder::Same
                },
            });
        }
    }
    places
}
