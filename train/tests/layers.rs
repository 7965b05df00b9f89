//! Layers in a network: fused or not, batches of changing size, gradients that stay in place.

use numbers::numbers;
use pipelines::spec::Activation;
use train::autograd::{Gradients, Tensor, TrainingPass};
use train::kernels::softmax_cross_entropy::Targets;
use train::kernels::window::Padding;
use train::layers::{
    self, AveragePool2d, BatchNorm2d, Conv2d, Dense, Dropout, Flatten, GlobalAveragePool2d, Layer,
    MaxPool2d, Residual, Sequence, fuse, parameter_gradients, softmax_cross_entropy,
};

#[path = "kernels/numbers.rs"]
mod numbers;

/// (height, width, channels) of the images of the paper, and of others.
const SHAPES: [[usize; 3]; 2] = [[28, 28, 1], [25, 21, 3]];
const CLASSES: usize = 10;

fn convolution(channels: [usize; 2]) -> Conv2d {
    let (padding, activation) = (Padding::Valid, Activation::Relu);
    Conv2d::new("conv", channels, [3, 3], [1, 1], padding, activation)
}

/// Three convolutions with pooling behind the first two, then two dense layers, as in the paper.
fn layers(input: [usize; 3], with_norm: bool, average: bool) -> Vec<Box<dyn Layer>> {
    let mut layers: Vec<Box<dyn Layer>> = Vec::new();
    for (index, channels) in [[input[2], 5], [5, 18], [18, 7]].into_iter().enumerate() {
        layers.push(Box::new(convolution(channels)));
        if with_norm {
            layers.push(Box::new(BatchNorm2d::new("bn", channels[1], 0.99, 1e-3)));
        }
        if index < 2 {
            layers.push(match average {
                true => Box::new(AveragePool2d::new([2, 2], [2, 2])),
                false => Box::new(MaxPool2d::new([2, 2], [2, 2])),
            });
        }
    }
    let map = layers.iter().fold(input, |shape, layer| {
        layer.output_shape(shape).expect("the layers fit")
    });
    layers.push(Box::new(Flatten));
    layers.push(Box::new(Dense::new("fc1", map, 20, Activation::Relu)));
    layers.push(Box::new(Dropout::new(0.3, 9).unwrap()));
    let logits = Dense::new("fc2", [1, 1, 20], CLASSES, Activation::Linear);
    layers.push(Box::new(logits));
    layers
}

/// Same-padded convolutions without bias, pooled before and after their normalisation, and a residual
/// layer, each with an activation behind it.
fn residual_layers(input: [usize; 3]) -> Vec<Box<dyn Layer>> {
    let convolution = |channels: [usize; 2]| -> Box<dyn Layer> {
        let (padding, activation) = (Padding::Same, Activation::Linear);
        let convolution = Conv2d::new("conv", channels, [3, 3], [1, 1], padding, activation);
        Box::new(convolution.without_bias())
    };
    let norm = |channels: usize| -> Box<dyn Layer> {
        Box::new(BatchNorm2d::new("bn", channels, 0.99, 1e-3))
    };
    let pool = || -> Box<dyn Layer> { Box::new(MaxPool2d::new([2, 2], [2, 2])) };
    let activation = |activation: Activation| -> Box<dyn Layer> {
        Box::new(layers::Activation::new(activation))
    };
    let branch = vec![
        convolution([18, 18]),
        norm(18),
        activation(Activation::Silu),
        convolution([18, 18]),
        norm(18),
    ];
    vec![
        convolution([input[2], 5]),
        activation(Activation::Gelu),
        convolution([5, 18]),
        pool(),
        norm(18),
        activation(Activation::Gelu),
        Box::new(Residual::new(Sequence::new(branch), Sequence::default())),
        activation(Activation::Relu),
        convolution([18, 16]),
        norm(16),
        activation(Activation::LeakyRelu),
        pool(),
        convolution([16, 7]),
        norm(7),
        pool(),
        Box::new(GlobalAveragePool2d::default()),
        Box::new(Dense::new("fc", [1, 1, 7], CLASSES, Activation::Linear)),
    ]
}

fn draw(network: &mut Sequence) {
    for (seed, parameter) in network.parameters_mut().into_iter().enumerate() {
        if !parameter.is_trainable() {
            continue;
        }
        let fan_in: usize = parameter.shape().iter().rev().skip(1).product();
        let scale = if parameter.shape().len() > 1 {
            (6.0 / fan_in as f32).sqrt()
        } else {
            // Gammas of both signs, so that pooling has to look for the smallest, too.
            1.0
        };
        let drawn = numbers(seed as u64, parameter.values().len());
        for (value, drawn) in parameter.values_mut().iter_mut().zip(drawn) {
            *value = drawn * scale;
        }
    }
}

fn simple(input: [usize; 3], with_norm: bool, average: bool) -> Sequence {
    let mut network = Sequence::new(layers(input, with_norm, average));
    draw(&mut network);
    network
}

fn fused(input: [usize; 3], with_norm: bool, average: bool) -> Sequence {
    let mut network = Sequence::new(fuse(layers(input, with_norm, average), true));
    draw(&mut network);
    network
}

/// Loss and gradients of one training pass over `images` images.
fn pass(
    network: &mut Sequence,
    gradients: Gradients,
    input: [usize; 3],
    images: usize,
    step_key: u64,
) -> (f32, Gradients) {
    let [height, width, channels] = input;
    let pixels = numbers(images as u64, images * height * width * channels);
    let x = Tensor::new(pixels, [images, height, width, channels]).unwrap();
    let labels: Vec<u16> = (0..images).map(|image| (image * 7 % 10) as u16).collect();
    let mut pass = TrainingPass::new(gradients, step_key);
    let logits = network.forward_training(x, &mut pass).unwrap();
    let score = softmax_cross_entropy(&logits, &labels, &Targets::default(), &mut pass).unwrap();
    (score.loss, pass.backward().unwrap())
}

/// The gradients of all trainable parameters.
fn values(network: &Sequence, gradients: &mut Gradients) -> Vec<Vec<f32>> {
    let trainable = network
        .parameters()
        .into_iter()
        .filter(|p| p.is_trainable());
    trainable
        .map(|parameter| parameter.gradient(gradients).unwrap().to_vec())
        .collect()
}

/// Loss and gradients of a pass by itself.
fn single_pass(network: &mut Sequence, input: [usize; 3], images: usize) -> (f32, Vec<Vec<f32>>) {
    let gradients = parameter_gradients(network.parameters());
    let (loss, mut gradients) = pass(network, gradients, input, images, 1);
    (loss, values(network, &mut gradients))
}

fn assert_close(what: &str, found: &[f32], expected: &[f32]) {
    let largest = expected.iter().fold(0.0f32, |max, v| max.max(v.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= 1e-4 * largest.max(1e-3),
            "{what}[{index}]: found {found}, expected {expected}"
        );
    }
}

#[test]
fn a_fused_network_does_what_its_layers_do() {
    for input in SHAPES {
        for (with_norm, average) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut simple = simple(input, with_norm, average);
            let mut fused = fused(input, with_norm, average);
            let is_fused = fused.layers().len() < simple.layers().len();
            assert_eq!(is_fused, with_norm || !average);
            assert_same(&mut fused, &mut simple, input);
        }
    }
}

#[test]
fn a_fused_residual_network_does_what_its_layers_do() {
    for input in SHAPES {
        let mut simple = Sequence::new(residual_layers(input));
        let mut fused = Sequence::new(fuse(residual_layers(input), true));
        assert_eq!(simple.layers().len() - fused.layers().len(), 6);
        draw(&mut simple);
        draw(&mut fused);
        assert_same(&mut fused, &mut simple, input);
    }
}

/// A convolution, then a residual layer of two more with a ReLU between them and one behind the sum.
fn basic_block(channels: usize, shortcut: Sequence) -> Sequence {
    let convolution = |from: usize| -> Box<dyn Layer> {
        let (padding, activation) = (Padding::Same, Activation::Linear);
        let channels = [from, channels];
        Box::new(Conv2d::new(
            "conv",
            channels,
            [3, 3],
            [1, 1],
            padding,
            activation,
        ))
    };
    let norm = || -> Box<dyn Layer> { Box::new(BatchNorm2d::new("bn", channels, 0.99, 1e-3)) };
    let relu = || -> Box<dyn Layer> { Box::new(layers::Activation::new(Activation::Relu)) };
    let branch = vec![
        convolution(channels),
        norm(),
        relu(),
        convolution(channels),
        norm(),
    ];
    let branch = Sequence::new(fuse(branch, false));
    let layers: Vec<Box<dyn Layer>> = vec![
        convolution(3),
        Box::new(Residual::new(branch, shortcut)),
        relu(),
        Box::new(GlobalAveragePool2d::default()),
        Box::new(Dense::new(
            "fc",
            [1, 1, channels],
            CLASSES,
            Activation::Linear,
        )),
    ];
    let mut network = Sequence::new(fuse(layers, true));
    draw(&mut network);
    network
}

#[test]
fn a_basic_block_has_the_numbers_of_its_layers() {
    for channels in [16, 21] {
        let mut block = basic_block(channels, Sequence::default());
        // The same, but no identity by its looks.
        let identity: Vec<Box<dyn Layer>> = vec![Box::new(Sequence::default())];
        let mut layers = basic_block(channels, Sequence::new(identity));
        let names = [&block, &layers].map(|network| network.layers()[1].name());
        assert_eq!(names, ["basic block", "residual + activation"]);
        for images in [70, 70, 3] {
            let found = single_pass(&mut block, [11, 10, 3], images);
            assert!(found == single_pass(&mut layers, [11, 10, 3], images));
        }
        for (block, layers) in block.parameters().into_iter().zip(layers.parameters()) {
            assert_eq!(block.values(), layers.values(), "{}", block.name());
        }
    }
}

/// Losses, gradients, running values and logits of both networks agree.
fn assert_same(fused: &mut Sequence, simple: &mut Sequence, input: [usize; 3]) {
    for _ in 0..2 {
        let (loss, gradients) = single_pass(fused, input, 21);
        let (expected_loss, expected) = single_pass(simple, input, 21);
        assert!((loss - expected_loss).abs() < 1e-4 * expected_loss);
        assert_eq!(gradients.len(), expected.len());
        for (gradient, expected) in gradients.iter().zip(&expected) {
            assert_close("gradient", gradient, expected);
        }
    }
    for (fused, simple) in fused.parameters().into_iter().zip(simple.parameters()) {
        assert_eq!(
            (fused.name(), fused.shape()),
            (simple.name(), simple.shape())
        );
        assert_close(fused.name(), fused.values(), simple.values());
    }
    let forward = |network: &Sequence| {
        let [height, width, channels] = input;
        let pixels = numbers(5, 3 * height * width * channels);
        let x = Tensor::new(pixels, [3, height, width, channels]).unwrap();
        network.forward(x).unwrap().values().to_vec()
    };
    assert_close("logits", &forward(fused), &forward(simple));
}

#[test]
fn batches_of_changing_size_do_not_disturb_each_other() {
    for (input, with_norm) in [(SHAPES[0], false), (SHAPES[0], true), (SHAPES[1], true)] {
        let mut network = fused(input, with_norm, false);
        let mut gradients = parameter_gradients(network.parameters());
        for (step, images) in [8, 8, 5, 8, 3, 5, 1, 8].into_iter().enumerate() {
            let key = step as u64;
            let (loss, kept) = pass(&mut network, gradients, input, images, key);
            gradients = kept;
            // The same pass in layers and gradients that nothing else went through.
            let mut fresh = fused(input, with_norm, false);
            let none = parameter_gradients(fresh.parameters());
            let (expected_loss, mut expected) = pass(&mut fresh, none, input, images, key);
            assert_eq!(loss, expected_loss, "step {step}");
            let found = values(&network, &mut gradients);
            assert_eq!(found, values(&fresh, &mut expected), "step {step}");
        }
    }
}

#[test]
fn two_results_of_one_layer_may_be_held_at_once() {
    let mut layer = convolution([1, 4]);
    let [kernel, _] = &mut layer.parameters_mut()[..] else {
        panic!("a convolution has a kernel and a bias");
    };
    kernel.values_mut().copy_from_slice(&numbers(1, 36));
    let mut pass = TrainingPass::new(parameter_gradients([]), 0);
    let mut forward = |seed: u64| {
        let x = Tensor::new(numbers(seed, 25), [1, 5, 5, 1]).unwrap();
        layer.forward_training(x, &mut pass).unwrap()
    };
    let first = forward(1);
    let before = first.values().to_vec();
    let second = forward(2);
    assert_eq!(first.values(), before);
    assert_ne!(second.values(), before);
}

#[test]
fn an_error_keeps_the_shapes_that_do_not_fit() {
    let layer = convolution([3, 4]);
    let x = Tensor::new(vec![0.0; 2 * 25 * 2], [2, 5, 5, 2]).unwrap();
    let error = layer.forward(x).unwrap_err().to_string();
    assert_eq!(error, "expected 3 input channels, found 2");
    let error = layer.output_shape([2, 5, 3]).unwrap_err().to_string();
    assert_eq!(error, "expected a map of at least 3x3, found 2x5");
    let error = Tensor::new(vec![0.0; 3], [1, 2, 2, 1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected 4 values for shape 1x2x2x1, found 3"
    );
    let error = Dropout::new(1.0, 0).unwrap_err().to_string();
    assert_eq!(error, "expected a dropout rate from 0 to below 1, found 1");

    let network = Sequence::new(vec![
        Box::new(Flatten),
        Box::new(Dense::new("fc1", [1, 1, 7], 2, Activation::Linear)),
    ]);
    let x = Tensor::new(vec![0.0; 12], [2, 3, 2, 1]).unwrap();
    let error = format!("{:#}", network.forward(x).unwrap_err());
    assert_eq!(error, "dense: expected 7 input features, found 6");
}
