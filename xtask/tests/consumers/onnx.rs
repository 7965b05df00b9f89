//! Exported models in onnxruntime.

use std::fs;
use std::path::Path;

use crate::project::Project;
use crate::python;
use crate::tool::tool;

/// The eight models of the study, one of every further layer, and one of residual blocks, a nested sequence, average pooling and a
/// flattened map that is added to a vector.
const EIGHT_AND_RESIDUAL: &str = r#"
extends = "smoke"
description = "The eight models and one with residual blocks"

[[model]]
name = "residual"
title = "residual blocks"
extends = "model-1"
epochs = 2
layers = [
  { type = "conv2d", filters = 8, kernel_size = 3, padding = "same", activation = "relu" },
  { type = "residual", layers = [
    { type = "conv2d", filters = 16, kernel_size = 3, strides = 2, padding = "same", activation = "relu" },
    { type = "batch_normalization", momentum = 0.5 },
  ], shortcut = [
    { type = "conv2d", filters = 16, kernel_size = 1, strides = 2, padding = "same" },
  ] },
  { type = "residual", layers = [
    { type = "sequence", layers = [
      { type = "conv2d", filters = 16, kernel_size = 3, padding = "same" },
      { type = "batch_normalization", momentum = 0.5 },
    ] },
  ] },
  { type = "average_pooling2d" },
  { type = "max_pooling2d", pool_size = 3, strides = 2 },
  { type = "flatten" },
  { type = "residual", layers = [{ type = "dense", units = 144, activation = "relu" }] },
  { type = "dropout", rate = 0.2 },
  { type = "dense", units = 10 },
]

[[model]]
name = "every-layer"
title = "the layers that the others do not have, some without one of their parameters"
extends = "model-1"
epochs = 3
layers = [
  { type = "rescaling", scale = 2.0, offset = -0.5 },
  { type = "conv2d", filters = 8, kernel_size = 3, strides = 2, activation = "gelu", use_bias = false },
  { type = "depthwise_conv2d", kernel_size = 3, padding = "same", activation = "silu" },
  { type = "layer_normalization", center = false },
  { type = "depthwise_conv2d", kernel_size = 2, strides = 2, activation = "leaky_relu", use_bias = false },
  { type = "batch_normalization", momentum = 0.5, scale = false },
  { type = "sequence", repeat = 2, layers = [
    { type = "conv2d", filters = 12, kernel_size = 1, padding = "same", activation = "elu" },
  ] },
  { type = "residual", layers = [
    { type = "global_max_pooling2d" },
  ], shortcut = [
    { type = "global_average_pooling2d" },
    { type = "activation", activation = "tanh" },
  ] },
  { type = "layer_normalization", scale = false },
  { type = "dense", units = 32, activation = "sigmoid" },
  { type = "batch_normalization", momentum = 0.5, center = false },
  { type = "dense", units = 10, use_bias = false },
]
"#;

/// Colour images of 9x11 pixels whose channels are standardised.
const COLOUR: &str = r#"
description = "Colour images"
seeds = [0]

[data]
name = "colour"
source = { kind = "idx", path = "colour" }
validation = "stratified"
validation_split = 0.2
normalization = "standard"

[evaluation]
confidence = 0.95
bootstrap_resamples = 100
bootstrap_seed = 0
calibration_bins = 10

[[model]]
name = "small"
title = "two convolutions"
layers = [
  { type = "conv2d", filters = 6, kernel_size = 3, strides = 2, padding = "same", activation = "relu" },
  { type = "batch_normalization" },
  { type = "conv2d", filters = 5, kernel_size = 2, activation = "relu" },
  { type = "flatten" },
  { type = "dense", units = 3 },
]
kernel_initializer = "glorot_uniform"
bias_initializer = "zeros"
loss = "categorical_crossentropy"
optimizer = { name = "adam", learning_rate = 0.01, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7 }
schedule = { name = "constant" }
epochs = 4
batch_size = 16
augmentation = "none"
"#;

/// Trains the models of `project`, exports them and lets Python compare them with our predictions.
fn check(project: &Project, python: &Path, data: &str, models: &[&str]) {
    for stage in ["ingest", "augment", "train"] {
        project.run(stage).succeeded();
    }
    let exported = project.path("exported");
    let export = tool(project, &format!("export --to {}", exported.display()));
    export.succeeded();
    let mut arguments = vec![project.path(&format!("data/ingested/{data}/test.parquet"))];
    for model in models {
        arguments.push(exported.join(format!("{model}-seed-0.onnx")));
        let run = format!("runs/tiny/train/{model}/seed-0/predictions.parquet");
        arguments.push(project.path(&run));
    }
    let arguments: Vec<&Path> = arguments.iter().map(|path| path.as_path()).collect();
    println!("{}", python::check(python, "check_onnx.py", &arguments));
}

#[test]
fn onnxruntime_gives_the_probabilities_of_the_eight_models_and_of_every_layer() {
    let Some(python) = python::python() else {
        return;
    };
    let project = Project::with_spec(EIGHT_AND_RESIDUAL);
    let models = [
        "model-1",
        "model-2",
        "model-3",
        "model-4",
        "model-5",
        "model-6",
        "model-7",
        "model-8",
        "residual",
        "every-layer",
    ];
    check(&project, &python, "bundled", &models);
}

/// IDX files of `count` images of three classes, whose mean colours differ.
fn write_colour_images(folder: &Path, name: &str, count: u8) {
    const SIDES: [u32; 3] = [9, 11, 3];
    let labels: Vec<u8> = (0..count).map(|row| row % 3).collect();
    let pixels = labels.iter().enumerate().flat_map(|(row, &label)| {
        (0..SIDES.iter().product::<u32>()).map(move |at| {
            let noise = ((row as u32 * 7 + at * 13) * 31 % 97) as u8;
            noise + if at % 3 == u32::from(label) { 120 } else { 20 }
        })
    });
    let sizes = [u32::from(count)].into_iter().chain(SIDES);
    let header = [0x0804].into_iter().chain(sizes).flat_map(u32::to_be_bytes);
    let images: Vec<u8> = header.chain(pixels).collect();
    fs::write(folder.join(format!("{name}-images-idx4-ubyte")), images).unwrap();
    let header = [0x0801, u32::from(count)]
        .into_iter()
        .flat_map(u32::to_be_bytes);
    let labels: Vec<u8> = header.chain(labels).collect();
    fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
}

#[test]
fn onnxruntime_gives_the_probabilities_of_standardised_colour_images() {
    let Some(python) = python::python() else {
        return;
    };
    let project = Project::with_spec(COLOUR);
    fs::create_dir(project.path("colour")).unwrap();
    for (name, count) in [("train", 120), ("t10k", 40)] {
        write_colour_images(&project.path("colour"), name, count);
    }
    check(&project, &python, "colour", &["small"]);
}

#[test]
fn a_model_that_is_not_trained_is_not_exported() {
    let project = Project::new();
    project.run("ingest").succeeded();
    let folder = project.path("exported");
    let export = tool(
        &project,
        &format!("export --models dense --to {}", folder.display()),
    );
    export.failed_with(&[
        "expected a trained model, found none that is up to date: not made yet",
        "run `cargo xtask train --spec",
    ]);
    assert!(!folder.exists());
}
