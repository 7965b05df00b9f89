//! The layers of a model to operations.

use super::{Graph, Node, Operation, PIXELS, PROBABILITIES};
use crate::files::manifest::ChannelStatistics;
use crate::spec::dataset_info::DatasetInfo;
use crate::spec::{
    Activation, Layer, LayerNames, LayerSummary, Model, Padding, Pooling, Shape, ShapeError,
};

impl Graph {
    /// What `model` computes from images of `info`, whose pixels are normalised by `normalization`.
    ///
    /// # Errors
    /// As [`Model::architecture`].
    pub fn of(
        model: &Model,
        info: &DatasetInfo,
        normalization: &ChannelStatistics,
    ) -> Result<Self, ShapeError> {
        let architecture = model.architecture(info)?;
        let mut lowering = Lowering::default();
        let normalize = Operation::Normalize {
            mean: normalization.mean.clone(),
            standard_deviation: normalization.standard_deviation.clone(),
        };
        let x = lowering.push("normalize".to_owned(), [PIXELS], normalize);
        let logits = lowering.sequence(&architecture.layers, "", x);
        lowering.push(
            PROBABILITIES.to_owned(),
            [logits.as_str()],
            Operation::Softmax,
        );
        Ok(Self {
            nodes: lowering.nodes,
        })
    }
}

#[derive(Default)]
struct Lowering {
    nodes: Vec<Node>,
    /// The (channels, height, width) that the last flatten layer has flattened, until a dense layer
    /// reads it. Until then the vector is in PyTorch's order, and so are the dense layer's weights.
    flattened: Option<[usize; 3]>,
}

impl Lowering {
    /// Adds a node and gives its name.
    fn push<const N: usize>(
        &mut self,
        name: String,
        inputs: [&str; N],
        operation: Operation,
    ) -> String {
        self.nodes.push(Node {
            name: name.clone(),
            inputs: inputs.map(str::to_owned).to_vec(),
            operation,
        });
        name
    }

    /// `layers` one after another, from the value called `x`; gives the name of the last value.
    fn sequence(&mut self, layers: &[LayerSummary], prefix: &str, mut x: String) -> String {
        let mut names = LayerNames::new(prefix);
        for layer in layers {
            let name = names.next(&layer.layer);
            x = self.layer(layer, name, x);
        }
        x
    }

    fn layer(&mut self, summary: &LayerSummary, name: String, x: String) -> String {
        let parameter = |of: &str| format!("{name}.{of}");
        let optional = |of: &str, is_there: bool| is_there.then(|| parameter(of));
        let [_, _, channels] = sides(summary.input);
        match summary.layer {
            Layer::Conv2d {
                kernel_size,
                strides,
                padding,
                activation,
                use_bias,
                ..
            } => {
                let operation = Operation::Conv2d {
                    weight: parameter("weight"),
                    bias: optional("bias", use_bias),
                    groups: 1,
                    kernel_size,
                    strides,
                    padding: zeros(summary, kernel_size, strides, padding),
                };
                let y = self.push(name, [&x], operation);
                self.activation(activation, y)
            }
            Layer::DepthwiseConv2d {
                kernel_size,
                strides,
                padding,
                activation,
                use_bias,
            } => {
                let operation = Operation::Conv2d {
                    weight: parameter("weight"),
                    bias: optional("bias", use_bias),
                    groups: channels,
                    kernel_size,
                    strides,
                    padding: zeros(summary, kernel_size, strides, padding),
                };
                let y = self.push(name, [&x], operation);
                self.activation(activation, y)
            }
            Layer::BatchNormalization {
                epsilon,
                scale,
                center,
                ..
            } => {
                let operation = Operation::BatchNorm2d {
                    channels,
                    weight: optional("weight", scale),
                    bias: optional("bias", center),
                    running_mean: parameter("running_mean"),
                    running_var: parameter("running_var"),
                    epsilon,
                };
                self.push(name, [&x], operation)
            }
            Layer::LayerNormalization {
                epsilon,
                scale,
                center,
            } => {
                let operation = Operation::LayerNorm {
                    channels,
                    is_map: matches!(summary.input, Shape::Image { .. }),
                    weight: optional("weight", scale),
                    bias: optional("bias", center),
                    epsilon,
                };
                self.push(name, [&x], operation)
            }
            Layer::Activation { activation } => match activation {
                Activation::Linear => x,
                activation => self.push(name, [&x], Operation::Activation { activation }),
            },
            Layer::Rescaling { scale, offset } => {
                self.push(name, [&x], Operation::Rescaling { scale, offset })
            }
            Layer::MaxPooling2d(Pooling { pool_size, strides }) => {
                let operation = Operation::MaxPool2d { pool_size, strides };
                self.push(name, [&x], operation)
            }
            Layer::AveragePooling2d(Pooling { pool_size, strides }) => {
                let operation = Operation::AveragePool2d { pool_size, strides };
                self.push(name, [&x], operation)
            }
            Layer::GlobalMaxPooling2d {} => self.push(name, [&x], Operation::GlobalMaxPool2d),
            Layer::GlobalAveragePooling2d {} => {
                self.push(name, [&x], Operation::GlobalAveragePool2d)
            }
            Layer::Flatten {} => {
                let [height, width, channels] = sides(summary.input);
                self.flattened = Some([channels, height, width]);
                self.push(name, [&x], Operation::Flatten)
            }
            Layer::Dense {
                activation,
                use_bias,
                ..
            } => {
                self.flattened = None;
                let operation = Operation::Linear {
                    weight: parameter("weight"),
                    bias: optional("bias", use_bias),
                };
                let y = self.push(name, [&x], operation);
                self.activation(activation, y)
            }
            Layer::Dropout { .. } => x,
            Layer::Sequence { .. } => self.sequence(&summary.branches[0], &name, x),
            Layer::Residual { .. } => self.residual(summary, &name, x),
        }
    }

    fn activation(&mut self, activation: Activation, x: String) -> String {
        match activation {
            Activation::Linear => x,
            activation => {
                let name = format!("{x}.{}", activation.name());
                self.push(name, [&x], Operation::Activation { activation })
            }
        }
    }

    /// Both branches read `x`. What comes out is no flattened map, so a branch that still is one gets
    /// the order of the others.
    fn residual(&mut self, summary: &LayerSummary, name: &str, x: String) -> String {
        let flattened = self.flattened;
        let shortcut_name = format!("{name}.shortcut");
        let ends = [name, &shortcut_name].map(str::to_owned);
        let mut ends = ends
            .into_iter()
            .zip(&summary.branches)
            .map(|(prefix, branch)| {
                self.flattened = flattened;
                let y = self.sequence(branch, &prefix, x.clone());
                match self.flattened.take() {
                    Some(map) => {
                        let operation = Operation::ChannelsLast { map };
                        self.push(format!("{prefix}.channels_last"), [&y], operation)
                    }
                    None => y,
                }
            });
        let [layers, shortcut] = [ends.next(), ends.next()].map(Option::unwrap_or_default);
        self.push(name.to_owned(), [&layers, &shortcut], Operation::Add)
    }
}

/// (height, width, channels); a vector is (1, 1, features).
fn sides(shape: Shape) -> [usize; 3] {
    match shape {
        Shape::Image {
            height,
            width,
            channels,
        } => [height, width, channels],
        Shape::Vector(features) => [1, 1, features],
    }
}

/// The zeros above, to the left, below and to the right of a map; an odd one is below or to the right, as
/// in Keras.
fn zeros(
    summary: &LayerSummary,
    kernel_size: usize,
    strides: usize,
    padding: Padding,
) -> [usize; 4] {
    if padding == Padding::Valid {
        return [0; 4];
    }
    let [input, output] = [summary.input, summary.output].map(sides);
    let along = |axis: usize| {
        let covered = (output[axis] - 1) * strides + kernel_size;
        let zeros = covered.saturating_sub(input[axis]);
        (zeros / 2, zeros - zeros / 2)
    };
    let ((top, bottom), (left, right)) = (along(0), along(1));
    [top, left, bottom, right]
}

#[cfg(test)]
mod tests;
