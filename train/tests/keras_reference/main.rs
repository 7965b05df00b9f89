//! Whole networks and every optimizer against Keras: logits, loss, first gradients and the weights
//! after each of several steps on one batch. No dropout here: its masks are our own.
//!
//! `reference/make_reference.py` wrote the values with keras 3.15.1 and tensorflow-cpu 2.21 in float64, seed 0.

mod networks;
mod reference;

use std::process::Command;

use pipelines::spec::{Activation, Layer, Model, Optimizer, Padding, Pooling, Spec};
use reference::{Reference, check_steps};
use train::kernels::simd::VARIABLE;

/// Largest difference, relative to the largest value of a tensor: a sum of many terms that nearly
/// cancel is only as exact as its terms.
const TOLERANCE: f32 = 1e-5;

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
    check("cnn_batch_norm_adam", cnn(true, &pool, &[9, 7]), adam());
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
        weight_decay: 0.0,
    };
    check("mlp_rmsprop", mlp(), optimizer);
}

#[test]
fn mlp_adadelta() {
    let optimizer = Optimizer::Adadelta {
        learning_rate: 1.0,
        rho: 0.95,
        epsilon: 1e-7,
        weight_decay: 0.0,
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
        weight_decay: 0.0,
    };
    check("mlp_adamax", mlp(), optimizer);
}

/// The best instruction set runs the other tests.
#[test]
fn the_references_hold_on_other_instruction_sets() {
    for set in ["avx2", "scalar"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .env(VARIABLE, set)
            .args(["--skip", "other_instruction_sets"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "with {set}: {said}");
    }
}

fn check(name: &str, layers: Vec<Layer>, optimizer: Optimizer) {
    check_steps(&Reference::read(name), &model(layers, optimizer));
}

fn model(layers: Vec<Layer>, optimizer: Optimizer) -> Model {
    let spec = Spec::load("paper").unwrap();
    Model {
        layers,
        optimizer,
        ..spec.model("model-1").unwrap().clone()
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
            use_bias: true,
        });
        if batch_norm {
            layers.push(Layer::BatchNormalization {
                momentum: 0.99,
                epsilon: 1e-3,
                scale: true,
                center: true,
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
        use_bias: true,
    }
}

fn logits() -> Layer {
    Layer::Dense {
        units: 10,
        activation: Activation::Linear,
        use_bias: true,
    }
}

fn adam() -> Optimizer {
    Optimizer::Adam {
        learning_rate: 1e-3,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.0,
    }
}

fn sgd(momentum: f64, nesterov: bool) -> Optimizer {
    Optimizer::Sgd {
        learning_rate: 0.01,
        momentum,
        nesterov,
        weight_decay: 0.0,
    }
}
