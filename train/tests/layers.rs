//! Layers in a network: fused or not, batches of changing size, gradients that stay in place.

use dfdx::{
    tensor::{Cpu, Gradients, Trace},
    tensor_ops::Backward,
};
use train::layers::{
    Activation, AveragePool2d, BatchNorm2d, Conv2d, Dense, Dropout, Flatten, Layer, MaxPool2d,
    Padding, Parameter, batch, fuse, parameter_gradients, softmax_cross_entropy, values,
};

use numbers::numbers;

#[path = "kernels/numbers.rs"]
mod numbers;

fn convolution(channels: [usize; 2]) -> Layer {
    let (padding, activation) = (Padding::Valid, Activation::Relu);
    Layer::Conv2d(Conv2d::new(channels, [3, 3], [1, 1], padding, activation))
}

fn norm(channels: usize) -> Layer {
    Layer::BatchNorm2d(BatchNorm2d::new(channels, 0.99, 1e-3))
}

fn max_pool() -> Layer {
    Layer::MaxPool2d(MaxPool2d::new([2, 2], [2, 2]))
}

/// 28-26-13-11-5-3, as the models of the paper.
fn network(with_norm: bool, average: bool) -> Vec<Layer> {
    let pool = || match average {
        true => Layer::AveragePool2d(AveragePool2d::new([2, 2], [2, 2])),
        false => max_pool(),
    };
    let mut layers = Vec::new();
    for (index, channels) in [[1, 5], [5, 18], [18, 7]].into_iter().enumerate() {
        layers.push(convolution(channels));
        if with_norm {
            layers.push(norm(channels[1]));
        }
        if index < 2 {
            layers.push(pool());
        }
    }
    layers.push(Layer::Flatten(Flatten));
    layers.push(Layer::Dense(Dense::new([63, 20], Activation::Relu)));
    layers.push(Layer::Dropout(Dropout::new(0.3, 9).unwrap()));
    layers.push(Layer::Dense(Dense::new([20, 10], Activation::Linear)));
    let parameters = layers.iter_mut().flat_map(Layer::parameters_mut);
    for (seed, parameter) in parameters.enumerate() {
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
    layers
}

fn parameters(layers: &[Layer]) -> impl Iterator<Item = &Parameter> {
    layers.iter().flat_map(Layer::parameters)
}

/// Loss and gradients of one training pass over `images` images.
fn pass(
    layers: &mut [Layer],
    gradients: Gradients<f32, Cpu>,
    images: usize,
    step_key: u64,
) -> (f32, Gradients<f32, Cpu>) {
    let x = numbers(images as u64, images * 784);
    let labels: Vec<u8> = (0..images).map(|image| (image * 7 % 10) as u8).collect();
    let mut x = batch(x, [images, 28, 28, 1]).unwrap().traced(gradients);
    for layer in layers {
        x = layer.forward_training(x, step_key).unwrap();
    }
    let loss = softmax_cross_entropy(x, &labels).unwrap();
    (loss.score.loss, loss.tensor.try_backward().unwrap())
}

/// Loss and the gradients of all trainable parameters of a pass by itself.
fn single_pass(layers: &mut [Layer], images: usize) -> (f32, Vec<Vec<f32>>) {
    let gradients = parameter_gradients(parameters(layers)).unwrap();
    let (loss, mut gradients) = pass(layers, gradients, images, 1);
    let gradients = parameters(layers)
        .filter(|parameter| parameter.is_trainable())
        .map(|parameter| parameter.gradient(&mut gradients).unwrap().to_vec())
        .collect();
    (loss, gradients)
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
    for with_norm in [false, true] {
        for average in [false, true] {
            let mut simple = network(with_norm, average);
            let mut fused = fuse(network(with_norm, average));
            assert!(average && !with_norm || fused.len() < simple.len());
            for _ in 0..2 {
                let (loss, gradients) = single_pass(&mut fused, 21);
                let (expected_loss, expected) = single_pass(&mut simple, 21);
                assert!((loss - expected_loss).abs() < 1e-4 * expected_loss);
                assert_eq!(gradients.len(), expected.len());
                for (gradient, expected) in gradients.iter().zip(&expected) {
                    assert_close("gradient", gradient, expected);
                }
            }
            for (fused, simple) in parameters(&fused).zip(parameters(&simple)) {
                assert_eq!(
                    (fused.name(), fused.shape()),
                    (simple.name(), simple.shape())
                );
                assert_close(fused.name(), fused.values(), simple.values());
            }
            let forward = |layers: &[Layer]| {
                let x = batch(numbers(5, 3 * 784), [3, 28, 28, 1]).unwrap();
                let y = layers
                    .iter()
                    .try_fold(x, |x, layer| layer.forward(x))
                    .unwrap();
                values(&y).to_vec()
            };
            assert_close("logits", &forward(&fused), &forward(&simple));
        }
    }
}

#[test]
fn batches_of_changing_size_do_not_disturb_each_other() {
    for with_norm in [false, true] {
        let mut layers = fuse(network(with_norm, false));
        let mut gradients = parameter_gradients(parameters(&layers)).unwrap();
        for (step, images) in [8, 8, 5, 8, 3, 5, 1, 8].into_iter().enumerate() {
            let key = step as u64;
            let (loss, kept) = pass(&mut layers, gradients, images, key);
            gradients = kept;
            // The same pass in layers and gradients that nothing else went through.
            let mut fresh = fuse(network(with_norm, false));
            let none = parameter_gradients(parameters(&fresh)).unwrap();
            let (expected_loss, mut expected) = pass(&mut fresh, none, images, key);
            assert_eq!(loss, expected_loss, "step {step}");
            for (parameter, fresh) in parameters(&layers).zip(parameters(&fresh)) {
                if parameter.is_trainable() {
                    let found = parameter.gradient(&mut gradients).unwrap();
                    assert_eq!(found, fresh.gradient(&mut expected).unwrap(), "step {step}");
                }
            }
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
    let mut forward = |seed: u64| {
        let x = batch(numbers(seed, 25), [1, 5, 5, 1]).unwrap();
        layer.forward_training(x.leaky_traced(), 0).unwrap()
    };
    let first = forward(1);
    let before = values(&first).to_vec();
    let second = forward(2);
    assert_eq!(values(&first), before);
    assert_ne!(values(&second), before);
}

#[test]
fn a_wrong_shape_is_an_error() {
    let layer = convolution([3, 4]);
    let x = batch(vec![0.0; 2 * 25 * 2], [2, 5, 5, 2]).unwrap();
    assert!(layer.forward(x).is_err());
    let error = layer.output_shape([5, 5, 2]).unwrap_err().to_string();
    assert_eq!(error, "expected 3 input channels, found 2");
    let error = layer.output_shape([2, 5, 3]).unwrap_err().to_string();
    assert_eq!(error, "expected a map of at least 3x3, found 2x5");
    assert!(batch(vec![0.0; 3], [1, 2, 2, 1]).is_err());
    assert!(Dropout::new(1.0, 0).is_err());
}
