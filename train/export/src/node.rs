//! One operation of a graph as ONNX nodes.

use pipelines::graph::{Node, Operation};

use crate::onnx::{AttributeProto, AttributeType, FLOAT, INT64, NodeProto, TensorProto};

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
                self.push("Sub", &centred, &[&node.inputs[0], &mean], []);
                self.push("Div", name, &[&centred, &deviation], []);
            }
            Operation::Conv2d {
                kernel_size,
                strides,
                padding,
                ..
            } => self.of(
                node,
                "Conv",
                vec![
                    square("kernel_shape", *kernel_size),
                    square("strides", *strides),
                    ints("pads", padding),
                ],
            ),
            Operation::BatchNorm2d { epsilon, .. } => {
                self.of(node, "BatchNormalization", vec![float("epsilon", *epsilon)]);
            }
            Operation::Relu => self.of(node, "Relu", vec![]),
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
                let sides = [-1].into_iter().chain(map.map(|side| side as i64));
                self.constants.push(TensorProto {
                    dims: vec![4],
                    data_type: INT64,
                    name: format!("{name}.shape"),
                    raw_data: sides.flat_map(i64::to_le_bytes).collect(),
                });
                let shape = format!("{name}.shape");
                self.push("Reshape", &map_name, &[&node.inputs[0], &shape], []);
                let order = [ints("perm", &[0, 2, 3, 1])];
                self.push("Transpose", &transposed, &[&map_name], order);
                self.push("Flatten", name, &[&transposed], []);
            }
            Operation::Linear { .. } => self.of(node, "Gemm", vec![int("transB", 1)]),
            Operation::Add => self.of(node, "Add", vec![]),
            Operation::Softmax => self.of(node, "Softmax", vec![int("axis", 1)]),
        }
    }

    /// Adds one operator that reads the inputs of `node` and then its weights.
    fn of(&mut self, node: &Node, op_type: &str, attributes: Vec<AttributeProto>) {
        let inputs = node.inputs.iter().map(String::as_str);
        let inputs: Vec<&str> = inputs.chain(node.operation.weights()).collect();
        self.push(op_type, &node.name, &inputs, attributes);
    }

    fn push(
        &mut self,
        op_type: &str,
        name: &str,
        inputs: &[&str],
        attributes: impl IntoIterator<Item = AttributeProto>,
    ) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: op_type.to_owned(),
            attribute: attributes.into_iter().collect(),
        });
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
mod tests {
    use std::fmt::Write;

    use expect_test::expect;

    use super::*;

    /// Each node as a line: its name, its operator, what it reads, its attributes.
    fn lines(operations: &[(&str, Operation)]) -> String {
        let mut nodes = Nodes::default();
        for (name, operation) in operations {
            nodes.add(&Node {
                name: (*name).to_owned(),
                inputs: vec!["x".to_owned()],
                operation: operation.clone(),
            });
        }
        let mut text = String::new();
        for node in nodes.nodes {
            let inputs = node.input.join(" ");
            write!(text, "{} = {}({inputs})", node.name, node.op_type).unwrap();
            for attribute in node.attribute {
                let AttributeProto {
                    name, f, i, ints, ..
                } = attribute;
                let value = f.map(|f| f.to_string()).or(i.map(|i| i.to_string()));
                let value = value.unwrap_or_else(|| format!("{ints:?}"));
                write!(text, " {name}={value}").unwrap();
            }
            text.push('\n');
        }
        for constant in nodes.constants {
            writeln!(text, "{} {:?}", constant.name, constant.dims).unwrap();
        }
        text
    }

    #[test]
    fn operations_become_onnx_operators() {
        let operations = [
            (
                "normalize",
                Operation::Normalize {
                    mean: vec![1.0, 2.0],
                    standard_deviation: vec![3.0, 4.0],
                },
            ),
            (
                "conv1",
                Operation::Conv2d {
                    weight: "conv1.weight".into(),
                    bias: "conv1.bias".into(),
                    kernel_size: 3,
                    strides: 2,
                    padding: [0, 1, 1, 2],
                },
            ),
            ("last", Operation::ChannelsLast { map: [4, 2, 3] }),
            (
                "fc1",
                Operation::Linear {
                    weight: "fc1.weight".into(),
                    bias: "fc1.bias".into(),
                },
            ),
        ];
        expect![[r#"
            normalize.centred = Sub(x normalize.mean)
            normalize = Div(normalize.centred normalize.standard_deviation)
            conv1 = Conv(x conv1.weight conv1.bias) kernel_shape=[3, 3] strides=[2, 2] pads=[0, 1, 1, 2]
            last.map = Reshape(x last.shape)
            last.transposed = Transpose(last.map) perm=[0, 2, 3, 1]
            last = Flatten(last.transposed)
            fc1 = Gemm(x fc1.weight fc1.bias) transB=1
            normalize.mean [1, 2, 1, 1]
            normalize.standard_deviation [1, 2, 1, 1]
            last.shape [4]
        "#]].assert_eq(&lines(&operations));
    }
}
