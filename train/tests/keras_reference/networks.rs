//! Networks beyond the paper's, as a spec describes them. `reference/make_network_reference.py` wrote the
//! values with keras 3.15.1 and tensorflow-cpu 2.21 in float64, seed 0.

use pipelines::spec::{Model, Spec};
use train::kernels::simd;

use crate::reference::{Reference, check_steps};

/// Scalar code, whose sums are single chains of many terms, is 1.1e-5 off in one gradient of this network.
const RESIDUAL_SCALAR_TOLERANCE: f32 = 2e-5;

/// The model that `text` describes, on images and classes of the kind that `reference` was made on.
fn model(reference: &Reference, text: &str) -> Model {
    let info = reference.info();
    let [height, width, channels] = [info.shape.height, info.shape.width, info.shape.channels];
    let text = format!(
        r#"
            description = ""
            [data]
            name = "reference"
            source = "bundled"
            image_size = [{height}, {width}]
            channels = {channels}
            classes = {:?}
            validation_split = 0.0
            pixel_divisor = 1.0
            [[model]]
            name = "reference"
            epochs = 1
            {text}
        "#,
        info.class_names
    );
    let spec = Spec::from_text("reference.toml", &text).unwrap();
    spec.models[0].clone()
}

#[test]
fn residual_sgd_ema() {
    let reference = match simd::instruction_set() {
        "scalar" => Reference::read("residual_sgd_ema").with_tolerance(RESIDUAL_SCALAR_TOLERANCE),
        _ => Reference::read("residual_sgd_ema"),
    };
    let text = r#"
        layers = [
          { type = "conv2d", filters = 4, kernel_size = 3, padding = "same", use_bias = false },
          { type = "batch_normalization", momentum = 0.9, epsilon = 1e-5 },
          { type = "activation", activation = "relu" },
          { type = "residual", layers = [
            { type = "conv2d", filters = 4, kernel_size = 3, padding = "same", use_bias = false },
            { type = "batch_normalization", momentum = 0.9, epsilon = 1e-5 },
            { type = "activation", activation = "relu" },
            { type = "conv2d", filters = 4, kernel_size = 3, padding = "same", use_bias = false },
            { type = "batch_normalization", momentum = 0.9, epsilon = 1e-5 },
          ] },
          { type = "activation", activation = "relu" },
          { type = "residual", layers = [
            { type = "conv2d", filters = 6, kernel_size = 3, strides = 2, padding = "same", use_bias = false },
            { type = "batch_normalization", momentum = 0.9, epsilon = 1e-5 },
            { type = "activation", activation = "relu" },
            { type = "conv2d", filters = 6, kernel_size = 3, padding = "same", use_bias = false },
            { type = "batch_normalization", momentum = 0.9, epsilon = 1e-5 },
          ], shortcut = [
            { type = "conv2d", filters = 6, kernel_size = 1, strides = 2, padding = "same", use_bias = false },
            { type = "batch_normalization", momentum = 0.9, epsilon = 1e-5 },
          ] },
          { type = "activation", activation = "relu" },
          { type = "global_average_pooling2d" },
          { type = "dense", units = 7 },
        ]
        label_smoothing = 0.1
        optimizer = { name = "sgd", learning_rate = 0.1, momentum = 0.9, nesterov = true, weight_decay = 5e-4 }
        exclude_from_weight_decay = ["bias", "gamma", "beta"]
        ema_momentum = 0.9
    "#;
    check_steps(&reference, &model(&reference, text));
}

#[test]
fn activations_adamw() {
    let reference = Reference::read("activations_adamw");
    let text = r#"
        layers = [
          { type = "conv2d", filters = 4, kernel_size = 3, padding = "same", use_bias = false },
          { type = "batch_normalization", momentum = 0.9, epsilon = 1e-5, scale = false },
          { type = "activation", activation = "gelu" },
          { type = "max_pooling2d" },
          { type = "conv2d", filters = 5, kernel_size = 3, padding = "same", use_bias = false },
          { type = "batch_normalization", momentum = 0.9, epsilon = 1e-5, scale = false },
          { type = "activation", activation = "silu" },
          { type = "global_max_pooling2d" },
          { type = "dense", units = 10, use_bias = false },
          { type = "rescaling", scale = 0.1111111111111111 },
        ]
        optimizer = { name = "adamw", learning_rate = 0.01, weight_decay = 0.05 }
        exclude_from_weight_decay = ["bias", "gamma", "beta"]
    "#;
    check_steps(&reference, &model(&reference, text));
}

#[test]
fn class_weights_adam() {
    let reference = Reference::read("class_weights_adam").with_keras_flatten();
    let text = r#"
        layers = [
          { type = "conv2d", filters = 3, kernel_size = 3, padding = "same", activation = "relu" },
          { type = "flatten" },
          { type = "dense", units = 10 },
        ]
        optimizer = { name = "adam" }
        class_weight = { 2 = 2, 4 = 2, 6 = 4, 9 = 0.5 }
    "#;
    check_steps(&reference, &model(&reference, text));
}
