//! The file of weights goes into a network and back.

use std::path::Path;

use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::spec::{Model, Spec};
use safetensors::SafeTensors;
use train::network::Network;
use train::weights;

const PATH: &str = "weights.safetensors";

fn network(model: &str, seed: u64) -> Network {
    let spec = Spec::load("paper").unwrap();
    Network::new(spec.model(model).unwrap(), &spec.data.info().unwrap(), seed).unwrap()
}

fn values(network: &Network) -> Vec<&[f32]> {
    network
        .parameters()
        .map(|parameter| parameter.values())
        .collect()
}

#[test]
fn weights_come_back_from_the_file() {
    let saved = network("model-4", 0);
    let mut loaded = network("model-4", 1);
    assert_ne!(values(&loaded), values(&saved));
    let bytes = weights::encode(&saved, &serde_json::json!({ "seed": 0 })).unwrap();
    weights::decode(Path::new(PATH), &bytes, &mut loaded).unwrap();
    assert_eq!(values(&loaded), values(&saved));
}

#[test]
fn the_file_has_pytorchs_names_and_shapes() {
    let network = network("model-4", 0);
    let bytes = weights::encode(&network, &serde_json::json!({ "seed": 0 })).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let shapes = [
        ("conv1.weight", &[32, 1, 3, 3][..]),
        ("conv3.weight", &[128, 64, 3, 3]),
        ("conv3.bias", &[128]),
        ("bn2.weight", &[64]),
        ("bn2.bias", &[64]),
        ("bn2.running_mean", &[64]),
        ("bn2.running_var", &[64]),
        ("fc1.weight", &[256, 1152]),
        ("fc3.bias", &[10]),
    ];
    for (name, shape) in shapes {
        assert_eq!(file.tensor(name).unwrap().shape(), shape, "{name}");
    }
    assert_eq!(file.len(), 24);
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(
        metadata.metadata().as_ref().unwrap()["spec"],
        r#"{"seed":0}"#
    );
}

#[test]
fn another_models_weights_are_refused_with_both_shapes() {
    let other = network("model-1", 0);
    let bytes = weights::encode(&other, &serde_json::Value::Null).unwrap();
    let mut network = network("model-2", 0);
    let error = weights::decode(Path::new(PATH), &bytes, &mut network).unwrap_err();
    assert_eq!(
        error.to_string(),
        "weights.safetensors: tensor `conv3.weight`: expected F32 [128, 64, 3, 3], found F32 \
         [64, 64, 3, 3]"
    );
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    let mut network = network("model-8", 0);
    let bytes = weights::encode(&network, &serde_json::Value::Null).unwrap();
    for end in [0, 7, 100, bytes.len() - 1] {
        let error = weights::decode(Path::new(PATH), &bytes[..end], &mut network).unwrap_err();
        assert!(error.to_string().contains("expected a safetensors file"));
    }
}

/// PyTorch flattens (C, H, W), so that what stands behind `flatten` has its values in that order.
#[test]
fn a_normalisation_of_a_flattened_map_is_written_in_pytorchs_order() {
    let info = DatasetInfo {
        shape: ImageShape::new(2, 3, 2),
        class_names: ["a", "b"].map(String::from).to_vec(),
    };
    let layers = r#"[
      { "type": "flatten" },
      { "type": "batch_normalization" },
      { "type": "layer_normalization", "center": false },
      { "type": "dense", "units": 2, "use_bias": false }
    ]"#;
    let spec = Spec::load("paper").unwrap();
    let model = Model {
        layers: serde_json::from_str(layers).unwrap(),
        ..spec.model("model-8").unwrap().clone()
    };
    let network = Network::new(&model, &info, 0).unwrap();
    let names: Vec<&str> = network.parameters().map(|p| p.name()).collect();
    let expected = [
        "bn1.weight",
        "bn1.bias",
        "bn1.running_mean",
        "bn1.running_var",
        "ln1.weight",
        "fc1.weight",
    ];
    assert_eq!(names, expected);
    let numbered: Vec<f32> = (0..12).map(|at| at as f32).collect();
    let channels_first = [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11].map(|at| at as f32);
    for parameter in network.parameters().take(5) {
        let found = weights::to_file_order(parameter, &numbered);
        assert_eq!(found, channels_first, "{}", parameter.name());
    }
}
