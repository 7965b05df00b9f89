//! One operation of a graph as ONNX nodes.

use pipelines::graph::{Node, Operation};
use pipelines::spec::Activation;

use crate::onnx::{AttributeProto, AttributeType, FLOAT, INT64, NodeProto, TensorProto};

/// Slope of a leaky ReLU where x is negative, as in training.
const NEGATIVE_SLOPE: f64 = 0.2;

/// Nodes, and constants that they read beside the weights.
#[derive(Default)]
pub struct Nodes {
    pub nodes: Vec<NodeProto>,
    pub constants: Vec<TensorProto>,
}

impl Nodes {
    /// Adds what `node` does. Its result has the name of the node.
    pub fn add(&mut self, node: &Node) {
        let name = &node.name;
        match &node.operation {
            Operation::Normalize {
                mean,
                standard_deviation,
            } => {
                let per_channel = [1, mean.len() as i64, 1, 1];
                let mean = self.floats(name, "mean", &per_channel, mean);
                let deviation =
                    self.floats(name, "standard_deviation", &per_channel, standard_deviation);
                let centred = format!("{name}.centred");
                self.push("Sub", &centred, [&node.inputs[0], &mean], []);
                self.push("Div", name, [&centred, &deviation], []);
            }
            Operation::Conv2d {
                weight,
                bias,
                groups,
                kernel_size,
                strides,
                padding,
            } => {
                let inputs = [&node.inputs[0], weight].into_iter().chain(bias);
                let attributes = [
                    square("kernel_shape", *kernel_size),
                    square("strides", *strides),
                    ints("pads", padding),
                    int("group", *groups as i64),
                ];
                self.push("Conv", name, inputs, attributes);
            }
            Operation::BatchNorm2d {
                channels,
                weight,
                bias,
                running_mean,
                running_var,
                epsilon,
            } => {
                let weight = self.named_or(weight, name, "weight", *channels, 1.0);
                let bias = self.named_or(bias, name, "bias", *channels, 0.0);
                let inputs = [&node.inputs[0], &weight, &bias, running_mean, running_var];
                let attributes = [float("epsilon", *epsilon)];
                self.push("BatchNormalization", name, inputs, attributes);
            }
            Operation::LayerNorm {
                channels,
                is_map,
                weight,
                bias,
                epsilon,
            } => {
                let weight = self.named_or(weight, name, "weight", *channels, 1.0);
                let attributes = [int("axis", -1), float("epsilon", *epsilon)];
                let normalize = |nodes: &mut Self, name: &str, x: &String| {
                    let inputs = [x, &weight].into_iter().chain(bias);
                    nodes.push("LayerNormalization", name, inputs, attributes.clone());
                };
                if !is_map {
                    normalize(self, name, &node.inputs[0]);
                    return;
                }
                // The operator normalises what is innermost.
                let [last, normalized] =
                    ["channels_last", "normalized"].map(|part| format!("{name}.{part}"));
                let transpose = |order: &[usize; 4]| [ints("perm", order)];
                self.push(
                    "Transpose",
                    &last,
                    [&node.inputs[0]],
                    transpose(&[0, 2, 3, 1]),
                );
                normalize(self, &normalized, &last);
                self.push("Transpose", name, [&normalized], transpose(&[0, 3, 1, 2]));
            }
            Operation::Activation { activation } => self.activation(node, *activation),
            Operation::Rescaling { scale, offset } => {
                let scale = self.floats(name, "scale", &[], &[*scale]);
                let offset = self.floats(name, "offset", &[], &[*offset]);
                let scaled = format!("{name}.scaled");
                self.push("Mul", &scaled, [&node.inputs[0], &scale], []);
                self.push("Add", name, [&scaled, &offset], []);
            }
            Operation::GlobalMaxPool2d => self.global(node, "GlobalMaxPool"),
            Operation::GlobalAveragePool2d => self.global(node, "GlobalAveragePool"),
            Operation::MaxPool2d { pool_size, strides } => {
                self.of(node, "MaxPool", window(*pool_size, *strides));
            }
            Operation::AveragePool2d { pool_size, strides } => {
                self.of(node, "AveragePool", window(*pool_size, *strides));
            }
            Operation::Flatten => self.of(node, "Flatten", vec![]),
            Operation::ChannelsLast { map } => {
                let [map_name, transposed] =
                    ["map", "transposed"].map(|part| format!("{name}.{part}"));
                let shape = format!("{name}.shape");
                let sides = [-1].into_iter().chain(map.map(|side| side as i64));
                self.constants.push(TensorProto {
                    dims: vec![4],
                    data_type: INT64,
                    name: shape.clone(),
                    raw_data: sides.flat_map(i64::to_le_bytes).collect(),
                });
                self.push("Reshape", &map_name, [&node.inputs[0], &shape], []);
                let order = [ints("perm", &[0, 2, 3, 1])];
                self.push("Transpose", &transposed, [&map_name], order);
                self.push("Flatten", name, [&transposed], []);
            }
            Operation::Linear { weight, bias } => {
                let inputs = [&node.inputs[0], weight].into_iter().chain(bias);
                self.push("Gemm", name, inputs, [int("transB", 1)]);
            }
            Operation::Add => self.of(node, "Add", vec![]),
            Operation::Softmax => self.of(node, "Softmax", vec![int("axis", 1)]),
        }
    }

    fn activation(&mut self, node: &Node, activation: Activation) {
        match activation {
            Activation::Linear => self.of(node, "Identity", vec![]),
            Activation::Relu => self.of(node, "Relu", vec![]),
            Activation::LeakyRelu => {
                self.of(node, "LeakyRelu", vec![float("alpha", NEGATIVE_SLOPE)]);
            }
            Activation::Gelu => self.of(node, "Gelu", vec![]),
            Activation::Silu => {
                let share = format!("{}.sigmoid", node.name);
                self.push("Sigmoid", &share, &node.inputs, []);
                self.push("Mul", &node.name, [&node.inputs[0], &share], []);
            }
            Activation::Elu => self.of(node, "Elu", vec![float("alpha", 1.0)]),
            Activation::Tanh => self.of(node, "Tanh", vec![]),
            Activation::Sigmoid => self.of(node, "Sigmoid", vec![]),
        }
    }

    /// A pooling of whole maps, whose result is a vector.
    fn global(&mut self, node: &Node, op_type: &str) {
        let pooled = format!("{}.map", node.name);
        self.push(op_type, &pooled, &node.inputs, []);
        self.push("Flatten", &node.name, [&pooled], []);
    }

    /// Adds one operator that reads the inputs of `node`.
    fn of(&mut self, node: &Node, op_type: &str, attributes: Vec<AttributeProto>) {
        self.push(op_type, &node.name, &node.inputs, attributes);
    }

    fn push<'a>(
        &mut self,
        op_type: &str,
        name: &str,
        inputs: impl IntoIterator<Item = &'a String>,
        attributes: impl IntoIterator<Item = AttributeProto>,
    ) {
        self.nodes.push(NodeProto {
            input: inputs.into_iter().cloned().collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: op_type.to_owned(),
            attribute: attributes.into_iter().collect(),
        });
    }

    /// The name of a weight, or of a constant in its place where the layer goes without it.
    fn named_or(
        &mut self,
        weight: &Option<String>,
        node: &str,
        part: &str,
        length: usize,
        value: f64,
    ) -> String {
        match weight {
            Some(name) => name.clone(),
            None => self.floats(node, part, &[length as i64], &vec![value; length]),
        }
    }

    /// Adds a constant and gives its name.
    fn floats(&mut self, node: &str, part: &str, dims: &[i64], values: &[f64]) -> String {
        let name = format!("{node}.{part}");
        let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        self.constants.push(tensor(&name, dims.to_vec(), &values));
        name
    }
}

/// An array of f32.
pub fn tensor(name: &str, dims: Vec<i64>, values: &[f32]) -> TensorProto {
    TensorProto {
        dims,
        data_type: FLOAT,
        name: name.to_owned(),
        raw_data: values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
    }
}

fn window(pool_size: usize, strides: usize) -> Vec<AttributeProto> {
    vec![
        square("kernel_shape", pool_size),
        square("strides", strides),
    ]
}

fn square(name: &str, side: usize) -> AttributeProto {
    ints(name, &[side, side])
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        ints: values.iter().map(|value| *value as i64).collect(),
        r#type: AttributeType::Ints.into(),
        ..AttributeProto::default()
    }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        i: Some(value),
        r#type: AttributeType::Int.into(),
        ..AttributeProto::default()
    }
}

fn float(name: &str, value: f64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        f: Some(value as f32),
        r#type: AttributeType::Float.into(),
        ..AttributeProto::default()
    }
}

#[cfg(test)]
mod tests;
