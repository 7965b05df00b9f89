//! A trained network as an ONNX file.

use anyhow::{Context, Result};
use pipelines::files::layout::WEIGHTS_FILE;
use pipelines::graph::{Graph, PIXELS, PROBABILITIES};
use pipelines::spec::dataset_info::ImageShape;
use prost::Message;
use serde_json::json;
use train::trained_network::TrainedNetwork;
use train::weights::{file_shape, to_file_order};

use crate::node::{Nodes, tensor};
use crate::onnx::{
    Dimension, FLOAT, GraphProto, IR_VERSION, ModelProto, OPSET_VERSION, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TensorType, TypeProto, ValueInfoProto,
};

/// The bytes of the file: input `pixels`, (N, C, H, W), f32 in 0..=255; output `probabilities`, (N,
/// classes). N is free. The same training gives the same bytes.
///
/// # Errors
/// Layers that do not fit.
pub fn encode(trained: &TrainedNetwork) -> Result<Vec<u8>> {
    let info = &trained.header.dataset_info;
    let graph = Graph::of(&trained.model, info, trained.normalization.channels())?;
    let mut nodes = Nodes::default();
    for node in &graph.nodes {
        nodes.add(node);
    }
    let parameters = trained.network.parameters();
    let weights = parameters.map(|parameter| {
        let dims = file_shape(parameter).into_iter().map(|side| side as i64);
        let values = to_file_order(parameter, parameter.values());
        tensor(parameter.name(), dims.collect(), &values)
    });
    let ImageShape {
        height,
        width,
        channels,
    } = info.shape;
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "atelier".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: trained.model.title.clone(),
        opset_import: vec![OperatorSetIdProto {
            version: OPSET_VERSION,
        }],
        metadata_props: metadata(trained)?,
        graph: Some(GraphProto {
            node: nodes.nodes,
            name: trained.model.name.clone(),
            initializer: weights.chain(nodes.constants).collect::<Vec<TensorProto>>(),
            input: vec![value(
                PIXELS,
                &[channels, height, width],
                "levels of 0 to 255",
            )],
            output: vec![value(
                PROBABILITIES,
                &[info.class_count()],
                "of the classes",
            )],
        }),
    };
    Ok(model.encode_to_vec())
}

/// What a reader of the file can find out about it.
fn metadata(trained: &TrainedNetwork) -> Result<Vec<StringStringEntryProto>> {
    let outputs = &trained.manifest.outputs;
    let weights = outputs.get(WEIGHTS_FILE);
    let weights = weights.with_context(|| format!("expected {WEIGHTS_FILE} in the manifest"))?;
    let entries = [
        (
            "class_names",
            json!(trained.header.dataset_info.class_names).to_string(),
        ),
        ("spec", json!(trained.header).to_string()),
        ("weights_sha256", weights.sha256.clone()),
        ("made_from", json!(trained.manifest.made_from).to_string()),
        ("trained_by_commit", trained.manifest.made_by.commit.clone()),
    ];
    let entry = |(key, value): (&str, String)| StringStringEntryProto {
        key: key.to_owned(),
        value,
    };
    Ok(entries.map(entry).to_vec())
}

/// An input or output: a batch of any size of tensors with these sides.
fn value(name: &str, sides: &[usize], doc_string: &str) -> ValueInfoProto {
    let batch = Dimension {
        dim_param: Some("batch".to_owned()),
        ..Dimension::default()
    };
    let sides = sides.iter().map(|side| Dimension {
        dim_value: Some(*side as i64),
        ..Dimension::default()
    });
    ValueInfoProto {
        name: name.to_owned(),
        doc_string: doc_string.to_owned(),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorType {
                elem_type: FLOAT,
                shape: Some(TensorShapeProto {
                    dim: std::iter::once(batch).chain(sides).collect(),
                }),
            }),
        }),
    }
}
