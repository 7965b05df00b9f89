//! Whole networks and every optimizer against Keras: logits, loss, first gradients and the weights
//! after each of several steps on one batch. No dropout here: its masks are our own.
//!
//! `reference/make_reference.py` wrote the values with keras 3.15.1 and tensorflow-cpu 2.21, seed 0.

use std::fs;
use std::path::Path;

use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::spec::{
    Activation, Initializer, Layer, Loss, Model, Optimizer, Padding, Pooling, Schedule,
};
use safetensors::SafeTensors;
use train::autograd::{Tensor, TrainingPass};
use train::batches::Batch;
use train::layers::parameter_gradients;
use train::trainer::Trainer;
use train::weights;

/// Largest difference, relative to the largest value of a tensor: a sum of many terms that nearly
/// cancel is only as exact as its terms.
const TOLERANCE: f32 = 1e-5;

/// TensorFlow's f32 moments of a batch are themselves off by up to 2e-5 from those in f64:
/// `batch_norm_in_float64` checks the same network without that.
const BATCH_NORM_TOLERANCE: f32 = 2e-5;

#[test]
fn cnn_adam() {
    let pool = Layer::MaxPooling2d(Pooling {
        pool_size: 2,
        strides: 2,
    });
    check("cnn_adam", cnn(false, &pool, &[9, 7]), adam());
}

#[test]
fn cnn_batch_norm_adam() {
    let pool = Layer::MaxPooling2d(Pooling {
        pool_size: 2,
        strides: 2,
    });
    check_within(
        BATCH_NORM_TOLERANCE,
        "cnn_batch_norm_adam",
        cnn(true, &pool, &[9, 7]),
        adam(),
    );
}

#[test]
fn cnn_average_pool_adam() {
    let pool = Layer::AveragePooling2d(Pooling {
        pool_size: 2,
        strides: 2,
    });
    check("cnn_average_pool_adam", cnn(false, &pool, &[9]), adam());
}

#[test]
fn mlp_adam() {
    check("mlp_adam", mlp(), adam());
}

#[test]
fn mlp_adamw() {
    let optimizer = Optimizer::Adamw {
        learning_rate: 1e-3,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.3,
    };
    check("mlp_adamw", mlp(), optimizer);
}

#[test]
fn mlp_sgd() {
    check("mlp_sgd", mlp(), sgd(0.0, false));
}

#[test]
fn mlp_sgd_momentum() {
    check("mlp_sgd_momentum", mlp(), sgd(0.9, false));
}

#[test]
fn mlp_sgd_nesterov() {
    check("mlp_sgd_nesterov", mlp(), sgd(0.9, true));
}

#[test]
fn mlp_rmsprop() {
    let optimizer = Optimizer::Rmsprop {
        learning_rate: 1e-3,
        rho: 0.9,
        epsilon: 1e-7,
    };
    check("mlp_rmsprop", mlp(), optimizer);
}

#[test]
fn mlp_adadelta() {
    let optimizer = Optimizer::Adadelta {
        learning_rate: 1.0,
        rho: 0.95,
        epsilon: 1e-7,
    };
    check("mlp_adadelta", mlp(), optimizer);
}

#[test]
fn mlp_adamax() {
    let optimizer = Optimizer::Adamax {
        learning_rate: 1e-3,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
    };
    check("mlp_adamax", mlp(), optimizer);
}

/// `reference/make_float64_reference.py` wrote the values with PyTorch 2.15.
#[test]
fn batch_norm_in_float64() {
    let keras = Reference::read(BATCH_NORM_TOLERANCE, "cnn_batch_norm_adam");
    let exact = Reference::read(TOLERANCE, "cnn_batch_norm_float64");
    let pool = Layer::MaxPooling2d(Pooling {
        pool_size: 2,
        strides: 2,
    });
    let model = model(cnn(true, &pool, &[9, 7]), adam());
    check_first_step(&keras, &exact, &model);
}

fn check(name: &str, layers: Vec<Layer>, optimizer: Optimizer) {
    check_within(TOLERANCE, name, layers, optimizer);
}

fn check_within(tolerance: f32, name: &str, layers: Vec<Layer>, optimizer: Optimizer) {
    let reference = Reference::read(tolerance, name);
    let model = model(layers, optimizer);
    let trainer = reference.trainer(&model);
    let logits = trainer.network.forward(reference.input()).unwrap();
    reference.compare("inference_logits", logits.values());

    check_first_step(&reference, &reference, &model);

    let mut trainer = reference.trainer(&model);
    let mut losses = Vec::new();
    for step in 1..=reference.floats("loss").len() {
        losses.push(trainer.step(reference.images()).unwrap().loss);
        for parameter in trainer.network.parameters() {
            let found = weights::to_file_order(parameter, parameter.values());
            reference.compare(&format!("step{step}.{}", parameter.name()), &found);
        }
    }
    reference.compare("loss", &losses);
}

/// Logits and gradients of the first training-mode pass over the batch in `inputs`.
fn check_first_step(inputs: &Reference, expected: &Reference, model: &Model) {
    let mut trainer = inputs.trainer(model);
    let gradients = parameter_gradients(trainer.network.parameters());
    let mut pass = TrainingPass::new(gradients, 0);
    let logits = trainer.network.forward_training(inputs.input(), &mut pass);
    expected.compare("training_logits", logits.unwrap().values());

    let mut trainer = inputs.trainer(model);
    let (_, mut gradients) = trainer.backward(inputs.images()).unwrap();
    for parameter in trainer.network.parameters() {
        if parameter.is_trainable() {
            let gradient = parameter.gradient(&mut gradients).unwrap();
            let found = weights::to_file_order(parameter, gradient);
            expected.compare(&format!("gradient.{}", parameter.name()), &found);
        }
    }
}

/// One file of values.
struct Reference {
    tolerance: f32,
    name: String,
    bytes: Vec<u8>,
}

impl Reference {
    fn read(tolerance: f32, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
        let bytes = fs::read(folder.join(format!("{name}.safetensors"))).unwrap();
        Self {
            tolerance,
            name: name.to_owned(),
            bytes,
        }
    }

    fn data<'a>(&'a self, file: &'a SafeTensors, key: &str) -> &'a [u8] {
        match file.tensor(key) {
            Ok(tensor) => tensor.data(),
            Err(error) => panic!("{}: {key}: {error}", self.name),
        }
    }

    fn floats(&self, key: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let (values, _) = self.data(&file, key).as_chunks();
        values.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }

    fn images(&self) -> Batch {
        Batch {
            pixels: self.floats("x"),
            labels: self.labels(),
        }
    }

    fn input(&self) -> Tensor {
        let Batch { pixels, labels } = self.images();
        Tensor::new(pixels, [labels.len(), 28, 28, 1]).unwrap()
    }

    fn labels(&self) -> Vec<u16> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let (values, _) = self.data(&file, "y").as_chunks();
        values
            .iter()
            .map(|b| i64::from_le_bytes(*b) as u16)
            .collect()
    }

    /// A trainer of `model` with the file's initial weights.
    fn trainer(&self, model: &Model) -> Trainer {
        let mut trainer = Trainer::new(model, &info(), 0).unwrap();
        for parameter in trainer.network.parameters_mut() {
            let initial = self.floats(&format!("initial.{}", parameter.name()));
            weights::set_from_file_order(parameter, &initial);
        }
        trainer
    }

    fn compare(&self, key: &str, found: &[f32]) {
        let expected = self.floats(key);
        assert_eq!(expected.len(), found.len(), "{}: {key}", self.name);
        let size = expected
            .iter()
            .fold(0.0_f32, |largest, value| largest.max(value.abs()));
        for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
            assert!(
                (expected - found).abs() <= self.tolerance * size,
                "{}: {key}: value {at}: expected {expected}, found {found}, largest {size}",
                self.name
            );
        }
    }
}

fn model(layers: Vec<Layer>, optimizer: Optimizer) -> Model {
    Model {
        name: "reference".into(),
        title: String::new(),
        extends: None,
        layers,
        kernel_initializer: Initializer::Zeros,
        bias_initializer: Initializer::Zeros,
        loss: Loss::CategoricalCrossentropy,
        optimizer,
        schedule: Schedule::Constant {},
        epochs: 1,
        batch_size: 8,
        augmentation: "none".into(),
        choice: None,
    }
}

/// What the references were made on.
fn info() -> DatasetInfo {
    DatasetInfo {
        shape: ImageShape::new(28, 28, 1),
        class_names: ('a'..='j').map(String::from).collect(),
    }
}

/// Three 3x3 convolutions with 4, 5 and 6 filters, pooling after the first two.
fn cnn(batch_norm: bool, pool: &Layer, dense: &[usize]) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (number, filters) in [4, 5, 6].into_iter().enumerate() {
        layers.push(Layer::Conv2d {
            filters,
            kernel_size: 3,
            strides: 1,
            padding: Padding::Valid,
            activation: Activation::Relu,
        });
        if batch_norm {
            layers.push(Layer::BatchNormalization {
                momentum: 0.99,
                epsilon: 1e-3,
            });
        }
        if number < 2 {
            layers.push(pool.clone());
        }
    }
    layers.push(Layer::Flatten {});
    layers.extend(dense.iter().map(|&units| relu(units)));
    layers.push(logits());
    layers
}

fn mlp() -> Vec<Layer> {
    vec![Layer::Flatten {}, relu(4), logits()]
}

fn relu(units: usize) -> Layer {
    Layer::Dense {
        units,
        activation: Activation::Relu,
    }
}

fn logits() -> Layer {
    Layer::Dense {
        units: 10,
        activation: Activation::Linear,
    }
}

fn adam() -> Optimizer {
    Optimizer::Adam {
        learning_rate: 1e-3,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
    }
}

fn sgd(momentum: f64, nesterov: bool) -> Optimizer {
    Optimizer::Sgd {
        learning_rate: 0.01,
        momentum,
        nesterov,
    }
}
