use std::fmt::Write;

use expect_test::{Expect, expect};

use super::*;
use crate::spec::Spec;
use crate::spec::dataset_info::ImageShape;

fn check(layers: &str, shape: ImageShape, expected: &Expect) {
    let spec = Spec::load("smoke").unwrap();
    let model = Model {
        layers: serde_json::from_str(layers).unwrap(),
        ..spec.models[0].clone()
    };
    let info = DatasetInfo {
        shape,
        class_names: vec!["a".into(), "b".into()],
    };
    let normalization = ChannelStatistics {
        mean: vec![0.0; shape.channels],
        standard_deviation: vec![255.0; shape.channels],
    };
    let mut text = String::new();
    for node in Graph::of(&model, &info, &normalization).unwrap().nodes {
        let inputs = node.inputs.join(", ");
        let operation = serde_json::to_string(&node.operation).unwrap();
        writeln!(text, "{} = {inputs} {operation}", node.name).unwrap();
    }
    expected.assert_eq(&text);
}

#[test]
fn dropout_is_left_out_and_an_activation_is_an_operation() {
    check(
        r#"[
            {"type": "conv2d", "filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"},
            {"type": "batch_normalization", "epsilon": 0.001},
            {"type": "max_pooling2d"},
            {"type": "flatten"},
            {"type": "dropout", "rate": 0.5},
            {"type": "dense", "units": 2}
        ]"#,
        ImageShape::new(8, 7, 1),
        &expect![[r#"
            normalize = pixels {"operation":"normalize","mean":[0.0],"standard_deviation":[255.0]}
            conv1 = normalize {"operation":"conv2d","weight":"conv1.weight","bias":"conv1.bias","groups":1,"kernel_size":3,"strides":2,"padding":[0,1,1,1]}
            conv1.relu = conv1 {"operation":"activation","activation":"relu"}
            bn1 = conv1.relu {"operation":"batch_norm2d","channels":4,"weight":"bn1.weight","bias":"bn1.bias","running_mean":"bn1.running_mean","running_var":"bn1.running_var","epsilon":0.001}
            max_pool1 = bn1 {"operation":"max_pool2d","pool_size":2,"strides":2}
            flatten1 = max_pool1 {"operation":"flatten"}
            fc1 = flatten1 {"operation":"linear","weight":"fc1.weight","bias":"fc1.bias"}
            probabilities = fc1 {"operation":"softmax"}
        "#]],
    );
}

#[test]
fn branches_are_named_after_their_block() {
    check(
        r#"[
            {"type": "residual", "layers": [
                {"type": "sequence", "layers": [{"type": "conv2d", "filters": 3, "kernel_size": 3, "padding": "same"}]}
            ]},
            {"type": "residual", "layers": [
                {"type": "conv2d", "filters": 5, "kernel_size": 1}
            ], "shortcut": [
                {"type": "conv2d", "filters": 5, "kernel_size": 1, "activation": "relu"}
            ]},
            {"type": "average_pooling2d"},
            {"type": "flatten"},
            {"type": "dense", "units": 2}
        ]"#,
        ImageShape::new(4, 4, 3),
        &expect![[r#"
            normalize = pixels {"operation":"normalize","mean":[0.0,0.0,0.0],"standard_deviation":[255.0,255.0,255.0]}
            residual1.sequence1.conv1 = normalize {"operation":"conv2d","weight":"residual1.sequence1.conv1.weight","bias":"residual1.sequence1.conv1.bias","groups":1,"kernel_size":3,"strides":1,"padding":[1,1,1,1]}
            residual1 = residual1.sequence1.conv1, normalize {"operation":"add"}
            residual2.conv1 = residual1 {"operation":"conv2d","weight":"residual2.conv1.weight","bias":"residual2.conv1.bias","groups":1,"kernel_size":1,"strides":1,"padding":[0,0,0,0]}
            residual2.shortcut.conv1 = residual1 {"operation":"conv2d","weight":"residual2.shortcut.conv1.weight","bias":"residual2.shortcut.conv1.bias","groups":1,"kernel_size":1,"strides":1,"padding":[0,0,0,0]}
            residual2.shortcut.conv1.relu = residual2.shortcut.conv1 {"operation":"activation","activation":"relu"}
            residual2 = residual2.conv1, residual2.shortcut.conv1.relu {"operation":"add"}
            avg_pool1 = residual2 {"operation":"average_pool2d","pool_size":2,"strides":2}
            flatten1 = avg_pool1 {"operation":"flatten"}
            fc1 = flatten1 {"operation":"linear","weight":"fc1.weight","bias":"fc1.bias"}
            probabilities = fc1 {"operation":"softmax"}
        "#]],
    );
}

#[test]
fn a_flattened_map_that_is_added_to_a_vector_gets_its_order() {
    check(
        r#"[
            {"type": "flatten"},
            {"type": "residual", "layers": [{"type": "dense", "units": 12}]},
            {"type": "dense", "units": 2}
        ]"#,
        ImageShape::new(2, 2, 3),
        &expect![[r#"
            normalize = pixels {"operation":"normalize","mean":[0.0,0.0,0.0],"standard_deviation":[255.0,255.0,255.0]}
            flatten1 = normalize {"operation":"flatten"}
            residual1.fc1 = flatten1 {"operation":"linear","weight":"residual1.fc1.weight","bias":"residual1.fc1.bias"}
            residual1.shortcut.channels_last = flatten1 {"operation":"channels_last","map":[3,2,2]}
            residual1 = residual1.fc1, residual1.shortcut.channels_last {"operation":"add"}
            fc1 = residual1 {"operation":"linear","weight":"fc1.weight","bias":"fc1.bias"}
            probabilities = fc1 {"operation":"softmax"}
        "#]],
    );
}
