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
                bias: Some("conv1.bias".into()),
                groups: 1,
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
                bias: None,
            },
        ),
    ];
    expect![[r#"
        normalize.centred = Sub(x normalize.mean)
        normalize = Div(normalize.centred normalize.standard_deviation)
        conv1 = Conv(x conv1.weight conv1.bias) kernel_shape=[3, 3] strides=[2, 2] pads=[0, 1, 1, 2] group=1
        last.map = Reshape(x last.shape)
        last.transposed = Transpose(last.map) perm=[0, 2, 3, 1]
        last = Flatten(last.transposed)
        fc1 = Gemm(x fc1.weight) transB=1
        normalize.mean [1, 2, 1, 1]
        normalize.standard_deviation [1, 2, 1, 1]
        last.shape [4]
    "#]]
    .assert_eq(&lines(&operations));
}
