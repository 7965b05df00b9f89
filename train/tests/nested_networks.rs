//! Networks of nested layers on images of any shape: gradients against finite differences, names of
//! weights, checkpoints.

use std::path::Path;

use numbers::numbers;
use pipelines::files::fingerprint::Fingerprint;
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::spec::{Layer, Model, Spec};
use pipelines::stage::Stage;
use train::autograd::{Tensor, TrainingPass};
use train::batches::Batch;
use train::fit::Progress;
use train::kernels::softmax_cross_entropy::Targets;
use train::layers::{
    Dropout, Flatten, Layer as _, Residual, Sequence, parameter_gradients, softmax_cross_entropy,
};
use train::network::Network;
use train::trainer::Trainer;
use train::{checkpoint, weights};

#[path = "kernels/finite_difference.rs"]
mod finite_difference;
#[path = "kernels/numbers.rs"]
mod numbers;

/// A residual block with a projection, as in ResNet, and one with the identity around a sequence.
const LAYERS: &str = r#"[
  { "type": "conv2d", "filters": 4, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "relu" },
  { "type": "residual",
    "layers": [
      { "type": "conv2d", "filters": 6, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "linear" },
      { "type": "batch_normalization", "momentum": 0.9, "epsilon": 0.001 },
      { "type": "conv2d", "filters": 6, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "relu" }
    ],
    "shortcut": [
      { "type": "conv2d", "filters": 6, "kernel_size": 1, "strides": 2, "padding": "same", "activation": "linear" },
      { "type": "batch_normalization", "momentum": 0.9, "epsilon": 0.001 }
    ]
  },
  { "type": "residual",
    "layers": [
      { "type": "sequence", "layers": [
        { "type": "conv2d", "filters": 6, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "relu" },
        { "type": "batch_normalization", "momentum": 0.9, "epsilon": 0.001 }
      ] },
      { "type": "residual", "layers": [
        { "type": "conv2d", "filters": 6, "kernel_size": 1, "strides": 1, "padding": "valid", "activation": "linear" }
      ] }
    ]
  },
  { "type": "average_pooling2d", "pool_size": 2, "strides": 2 },
  { "type": "flatten" },
  { "type": "dropout", "rate": 0.25 },
  { "type": "dense", "units": 5, "activation": "linear" }
]"#;

fn info() -> DatasetInfo {
    DatasetInfo {
        shape: ImageShape::new(13, 9, 3),
        class_names: ["a", "b", "c", "d", "e"].map(String::from).to_vec(),
    }
}

fn model(layers: &str) -> Model {
    let spec = Spec::load("paper").unwrap();
    let layers: Vec<Layer> = serde_json::from_str(layers).unwrap();
    Model {
        layers,
        ..spec.model("model-4").unwrap().clone()
    }
}

/// Seven images with labels.
fn images(seed: u64) -> Batch {
    Batch {
        pixels: numbers(seed, 7 * 13 * 9 * 3),
        labels: vec![0, 1, 2, 3, 4, 4, 0],
    }
}

/// The loss of a training-mode pass with parameter `index` replaced.
fn loss_with(model: &Model, index: usize, values: &[f32]) -> f64 {
    let mut network = Network::new(model, &info(), 3).unwrap();
    let parameter = network.parameters_mut().nth(index).unwrap();
    parameter.values_mut().copy_from_slice(values);
    let Batch { pixels, labels } = images(1);
    let mut pass = TrainingPass::new(parameter_gradients(network.parameters()), 0);
    let x = network.input(labels.len(), pixels).unwrap();
    let logits = network.forward_training(x, &mut pass).unwrap();
    f64::from(
        softmax_cross_entropy(&logits, &labels, &Targets::default(), &mut pass)
            .unwrap()
            .loss,
    )
}

/// Without ReLUs, whose kinks finite differences step over.
#[test]
fn every_gradient_of_a_nested_network_is_the_slope_of_the_loss() {
    let model = model(&LAYERS.replace("relu", "linear"));
    let mut trainer = Trainer::new(&model, &info(), 3).unwrap();
    let before: Vec<Vec<f32>> = trainer
        .network
        .parameters()
        .map(|parameter| parameter.values().to_vec())
        .collect();
    let (_, mut gradients) = trainer.backward(images(1)).unwrap();
    for (index, parameter) in trainer.network.parameters().enumerate() {
        if parameter.is_trainable() {
            let gradient = parameter.gradient(&mut gradients).unwrap().to_vec();
            assert!(gradient.iter().any(|g| *g != 0.0), "{}", parameter.name());
            finite_difference::assert_slope(
                parameter.name(),
                &before[index],
                &gradient,
                1e-2,
                2e-3,
                |values| loss_with(&model, index, values),
            );
        }
    }
}

/// Names as torchvision's ResNet has them: blocks, then what is inside.
#[test]
fn the_names_of_nested_weights_are_dotted() {
    let network = Network::new(&model(LAYERS), &info(), 0).unwrap();
    let names: Vec<&str> = network
        .parameters()
        .filter(|parameter| parameter.shape().len() > 1)
        .map(|parameter| parameter.name())
        .collect();
    assert_eq!(
        names,
        [
            "conv1.weight",
            "residual1.conv1.weight",
            "residual1.conv2.weight",
            "residual1.shortcut.conv1.weight",
            "residual2.sequence1.conv1.weight",
            "residual2.residual1.conv1.weight",
            "fc1.weight",
        ]
    );
    let mut names: Vec<&str> = network.parameters().map(|p| p.name()).collect();
    assert!(names.contains(&"residual1.shortcut.bn1.running_var"));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_small_colour_network_learns_and_goes_on_from_its_checkpoint_and_weights() {
    let model = model(LAYERS);
    let made_from = Fingerprint {
        stage: Stage::Train,
        stage_version: 1,
        spec: serde_json::Value::Null,
        inputs: Default::default(),
    };
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = Trainer::new(&model, &info(), 0).unwrap();
    let first = trainer.step(images(1)).unwrap().loss;
    for _ in 0..20 {
        trainer.step(images(1)).unwrap();
    }
    checkpoint::save(
        folder.path(),
        &made_from,
        &trainer,
        &Progress::default(),
        1.0,
    )
    .unwrap();
    let mut resumed = Trainer::new(&model, &info(), 0).unwrap();
    checkpoint::load(folder.path(), &made_from, &mut resumed)
        .unwrap()
        .unwrap();
    let mut last = f32::NAN;
    for _ in 0..20 {
        last = trainer.step(images(1)).unwrap().loss;
        assert_eq!(resumed.step(images(1)).unwrap().loss, last);
    }
    assert!(last < 0.5 * first, "{first} {last}");

    let bytes = weights::encode(&trainer.network, &serde_json::Value::Null).unwrap();
    let mut loaded = Network::new(&model, &info(), 2).unwrap();
    weights::decode(Path::new("weights.safetensors"), &bytes, &mut loaded).unwrap();
    let logits = |network: &Network| {
        let x = network.input(7, images(1).pixels).unwrap();
        network.forward(x).unwrap().values().to_vec()
    };
    assert_eq!(logits(&loaded), logits(&trainer.network));
}

#[test]
fn the_gradients_of_a_value_that_is_read_twice_add_up() {
    let double = || Residual::new(Sequence::default(), Sequence::default());
    // x + (x + x): three times x.
    let mut layer = Residual::new(
        Sequence::new(vec![Box::new(double())]),
        Sequence::new(vec![
            Box::new(Flatten),
            Box::new(Dropout::new(0.0, 0).unwrap()),
        ]),
    );
    let values = [1.0, -2.0, 0.5, 4.0];
    for _ in 0..2 {
        let x = Tensor::new(values.to_vec(), [1, 1, 1, 4]).unwrap();
        let x = x.with_gradient();
        let mut pass = TrainingPass::new(parameter_gradients([]), 0);
        let y = layer.forward_training(x.clone(), &mut pass).unwrap();
        assert_eq!(y.values(), values.map(|x| 3.0 * x));
        pass.keep_gradient(&x);
        pass.record_loss(&y, |dy| dy.copy_from_slice(&[1.0, 10.0, -3.0, 0.0]));
        let mut gradients = pass.backward().unwrap();
        let dx = gradients.of(x.variable()).unwrap();
        assert_eq!(dx, [3.0, 30.0, -9.0, 0.0]);
    }
}

#[test]
fn branches_that_give_different_shapes_are_an_error() {
    let layer = Residual::new(Sequence::new(vec![Box::new(Flatten)]), Sequence::default());
    let error = layer.output_shape([2, 3, 4]).unwrap_err().to_string();
    assert_eq!(
        error,
        "expected the layers and the shortcut to give the same shape, found [1, 1, 24] and [2, 3, 4]"
    );
    let x = Tensor::new(vec![0.0; 24], [1, 2, 3, 4]).unwrap();
    assert!(layer.forward(x).is_err());
}

/// On one channel, the fused first layer runs; with a second channel of zeros, the general one.
#[test]
fn the_first_layer_for_one_channel_agrees_with_the_general_one() {
    let layers = r#"[
      { "type": "conv2d", "filters": 4, "kernel_size": 3, "strides": 1, "padding": "valid", "activation": "relu" },
      { "type": "max_pooling2d", "pool_size": 2, "strides": 2 },
      { "type": "flatten" },
      { "type": "dense", "units": 5, "activation": "linear" }
    ]"#;
    let model = model(layers);
    let with_channels = |channels: usize| DatasetInfo {
        shape: ImageShape {
            channels,
            ..info().shape
        },
        ..info()
    };
    let grey = numbers(4, 7 * 13 * 9);
    let two: Vec<f32> = grey.iter().flat_map(|x| [*x, 0.0]).collect();
    let labels = images(0).labels;
    let mut one = Trainer::new(&model, &with_channels(1), 0).unwrap();
    let mut general = Trainer::new(&model, &with_channels(2), 0).unwrap();
    let kernels: Vec<Vec<f32>> = one
        .network
        .parameters()
        .map(|p| p.values().to_vec())
        .collect();
    for (parameter, values) in general.network.parameters_mut().zip(&kernels) {
        let wide = parameter.values_mut();
        if wide.len() == values.len() {
            wide.copy_from_slice(values);
        } else {
            // (3, 3, 1, 4) to (3, 3, 2, 4).
            for (wide, values) in wide.chunks_mut(8).zip(values.chunks(4)) {
                wide[..4].copy_from_slice(values);
            }
        }
    }
    let batch = |pixels: &[f32]| Batch {
        pixels: pixels.to_vec(),
        labels: labels.clone(),
    };
    let (score, mut found) = one.backward(batch(&grey)).unwrap();
    let (expected_score, mut expected) = general.backward(batch(&two)).unwrap();
    assert!((score.loss - expected_score.loss).abs() < 1e-5);
    let parameters = one.network.parameters().zip(general.network.parameters());
    for (one, general) in parameters {
        let found = one.gradient(&mut found).unwrap();
        let expected = general.gradient(&mut expected).unwrap();
        let expected: Vec<f32> = match found.len() == expected.len() {
            true => expected.to_vec(),
            false => expected.chunks(8).flat_map(|c| c[..4].to_vec()).collect(),
        };
        for (found, expected) in found.iter().zip(&expected) {
            assert!(
                (found - expected).abs() < 1e-5,
                "{}: {found} {expected}",
                one.name()
            );
        }
    }
}
