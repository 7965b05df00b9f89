use train::autograd::TrainingPass;
use train::batches::Batch;
use train::kernels::softmax_cross_entropy::Targets;
use train::layers::{parameter_gradients, softmax_cross_entropy};
use train::network::Network;
use train::trainer::Trainer;

use crate::finite_difference;
use crate::model::{images, images_of, info, info_of, model, model_of};

/// Every layer beyond the paper's, without kinks.
const LAYERS: &str = r#"
    layers = [
      { type = "rescaling", scale = 0.5, offset = 0.25 },
      { type = "conv2d", filters = 4, kernel_size = 3, padding = "same", activation = "silu", use_bias = false },
      { type = "sequence", repeat = 2, layers = [
        { type = "residual", layers = [
          { type = "depthwise_conv2d", kernel_size = 3, padding = "same", activation = "tanh" },
          { type = "batch_normalization", scale = false },
          { type = "conv2d", filters = 4, kernel_size = 1, use_bias = false },
          { type = "activation", activation = "gelu" },
        ], shortcut = [
          { type = "layer_normalization", center = false },
        ] },
      ] },
      { type = "depthwise_conv2d", kernel_size = 2, strides = 2, use_bias = false },
      { type = "batch_normalization", center = false },
      { type = "activation", activation = "sigmoid" },
      { type = "flatten" },
      { type = "layer_normalization" },
      { type = "batch_normalization" },
      { type = "dense", units = 6, activation = "elu", use_bias = false },
      { type = "dense", units = 5, use_bias = false },
      { type = "rescaling", scale = 2.0 },
    ]
    optimizer = { name = "sgd" }
    label_smoothing = 0.1
    class_weight = { a = 2.0, d = 0.5 }
"#;

#[test]
fn every_gradient_of_the_newer_layers_is_the_slope_of_the_loss() {
    let model = model(LAYERS);
    let mut trainer = Trainer::new(&model, &info(), 3).unwrap();
    let before: Vec<Vec<f32>> = trainer
        .network
        .parameters()
        .map(|parameter| parameter.values().to_vec())
        .collect();
    let loss_with = |index: usize, values: &[f32]| -> f64 {
        let mut network = Network::new(&model, &info(), 3).unwrap();
        let parameter = network.parameters_mut().nth(index).unwrap();
        parameter.values_mut().copy_from_slice(values);
        let Batch { pixels, labels } = images(1);
        let mut pass = TrainingPass::new(parameter_gradients(network.parameters()), 0);
        let x = network.input(labels.len(), pixels).unwrap();
        let logits = network.forward_training(x, &mut pass).unwrap();
        let targets = Targets {
            label_smoothing: 0.1,
            class_weights: vec![2.0, 1.0, 1.0, 0.5, 1.0],
        };
        let score = softmax_cross_entropy(&logits, &labels, &targets, &mut pass).unwrap();
        f64::from(score.loss)
    };
    let (_, mut gradients) = trainer.backward(images(1)).unwrap();
    let mut names = Vec::new();
    for (index, parameter) in trainer.network.parameters().enumerate() {
        if parameter.is_trainable() {
            names.push(parameter.name());
            let gradient = parameter.gradient(&mut gradients).unwrap().to_vec();
            assert!(gradient.iter().any(|g| *g != 0.0), "{}", parameter.name());
            finite_difference::assert_slope(
                parameter.name(),
                &before[index],
                &gradient,
                5e-3,
                4e-3,
                |values| loss_with(index, values),
            );
        }
    }
    // What goes without a bias, a gamma or a beta has none.
    assert_eq!(
        names,
        [
            "conv1.weight",
            "sequence1.residual1.depthwise1.weight",
            "sequence1.residual1.depthwise1.bias",
            "sequence1.residual1.bn1.bias",
            "sequence1.residual1.conv1.weight",
            "sequence1.residual1.shortcut.ln1.weight",
            "sequence1.residual2.depthwise1.weight",
            "sequence1.residual2.depthwise1.bias",
            "sequence1.residual2.bn1.bias",
            "sequence1.residual2.conv1.weight",
            "sequence1.residual2.shortcut.ln1.weight",
            "depthwise1.weight",
            "bn1.weight",
            "ln1.weight",
            "ln1.bias",
            "bn2.weight",
            "bn2.bias",
            "fc1.weight",
            "fc2.weight",
        ]
    );
}

/// A 3 x 3 convolution with ReLU and what is behind it run as one block, and so does the first layer of
/// grey images; without a bias, a gamma and a beta they must still do what the layers do by themselves. The
/// layers in between keep them from being joined.
#[test]
fn a_block_without_bias_gamma_and_beta_does_what_its_layers_do() {
    let colour = |between: &str| {
        format!(
            r#"
                layers = [
                  {{ type = "conv2d", filters = 4, kernel_size = 3, padding = "same" }},
                  {{ type = "conv2d", filters = 5, kernel_size = 3, activation = "relu", use_bias = false }},
                  {between}
                  {{ type = "batch_normalization", scale = false, center = false }},
                  {between}
                  {{ type = "max_pooling2d" }},
                  {{ type = "conv2d", filters = 4, kernel_size = 3, padding = "same", activation = "relu", use_bias = false }},
                  {between}
                  {{ type = "batch_normalization", scale = false }},
                  {{ type = "flatten" }},
                  {{ type = "dense", units = 5 }},
                ]
                optimizer = {{ name = "sgd", learning_rate = 0.1 }}
            "#
        )
    };
    let grey = |between: &str| {
        format!(
            r#"
                layers = [
                  {{ type = "conv2d", filters = 5, kernel_size = 3, activation = "relu", use_bias = false }},
                  {between}
                  {{ type = "batch_normalization", center = false }},
                  {between}
                  {{ type = "max_pooling2d" }},
                  {{ type = "flatten" }},
                  {{ type = "dense", units = 5 }},
                ]
                optimizer = {{ name = "sgd", learning_rate = 0.1 }}
            "#
        )
    };
    let apart = r#"{ type = "activation", activation = "linear" },"#;
    for (channels, texts) in [(3, ["", apart].map(colour)), (1, ["", apart].map(grey))] {
        let [mut joined, mut apart] = texts.map(|text| {
            let model = model_of(channels, &text);
            Trainer::new(&model, &info_of(channels), 0).unwrap()
        });
        assert!(joined.network.layers().len() + 3 < apart.network.layers().len());
        for step in 0..3 {
            let batch = || images_of(channels, step);
            let losses = [&mut joined, &mut apart].map(|t| t.step(batch()).unwrap().loss);
            assert!((losses[0] - losses[1]).abs() < 1e-5, "{losses:?}");
        }
        let pairs = joined.network.parameters().zip(apart.network.parameters());
        for (one, other) in pairs {
            for (a, b) in one.values().iter().zip(other.values()) {
                assert!((a - b).abs() < 1e-5, "{}: {a} {b}", one.name());
            }
        }
    }
}
