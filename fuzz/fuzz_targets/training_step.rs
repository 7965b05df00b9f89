//! Layer lists of any shape and batches of any size: a list that the spec accepts is trained and
//! predicted without touching memory beyond its own, which the address sanitizer watches on the
//! kernels for this processor.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pipelines::spec::{Activation, Layer, Model, Padding, Pooling, Spec};
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use train::batches::Batch;
use train::trainer::Trainer;

const TINY: &str = include_str!("../../xtask/tests/reliability/tiny.toml");
/// An image with more multiply-accumulate operations would take the time of many others.
const MAX_MACS: u64 = 500_000;

const ACTIVATIONS: [Activation; 8] = [
    Activation::Linear,
    Activation::Relu,
    Activation::LeakyRelu,
    Activation::Gelu,
    Activation::Silu,
    Activation::Elu,
    Activation::Tanh,
    Activation::Sigmoid,
];

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let spec = Spec::from_text("tiny.toml", TINY).unwrap();
        spec.model("dense").unwrap().clone()
    })
}

/// Four bytes a layer: kind and three of its numbers.
fn layer(bytes: &[u8]) -> Layer {
    let number = |index: usize, max: u8| usize::from(bytes[index] % max) + 1;
    let activation = ACTIVATIONS[usize::from(bytes[3] % 8)];
    match bytes[0] % 16 {
        0..3 => Layer::Conv2d {
            filters: number(1, 40),
            kernel_size: [3, 3, 1, 2, 5][number(2, 5) - 1],
            strides: [1, 1, 2, 3][number(3, 4) - 1],
            padding: [Padding::Valid, Padding::Same][usize::from(bytes[3] >> 7)],
            activation,
            use_bias: bytes[3] % 2 == 0,
        },
        3 => Layer::BatchNormalization {
            momentum: 0.9,
            epsilon: 0.001,
            scale: bytes[1] % 2 == 0,
            center: bytes[2] % 2 == 0,
        },
        4 => Layer::MaxPooling2d(Pooling {
            pool_size: number(1, 4),
            strides: number(2, 4),
        }),
        5 => Layer::AveragePooling2d(Pooling {
            pool_size: number(1, 4),
            strides: number(2, 4),
        }),
        6 => Layer::Dropout { rate: 0.3 },
        7 => Layer::DepthwiseConv2d {
            kernel_size: number(2, 5),
            strides: [1, 1, 2, 3][number(3, 4) - 1],
            padding: [Padding::Valid, Padding::Same][usize::from(bytes[3] >> 7)],
            activation,
            use_bias: bytes[1] % 2 == 0,
        },
        8 => Layer::LayerNormalization {
            epsilon: 0.001,
            scale: bytes[1] % 2 == 0,
            center: bytes[2] % 2 == 0,
        },
        9 | 10 => Layer::Activation { activation },
        11 => Layer::Rescaling {
            scale: 0.5,
            offset: f64::from(bytes[1] % 2),
        },
        12 => Layer::GlobalMaxPooling2d {},
        13 => Layer::GlobalAveragePooling2d {},
        _ => Layer::Dense {
            units: number(1, 70),
            activation,
            use_bias: bytes[3] % 2 == 0,
        },
    }
}

/// Some of the layers go into a sequence or a residual block, whose shortcut is the identity or a
/// convolution of one position.
fn nest(layers: Vec<Layer>, byte: u8) -> Vec<Layer> {
    let (first, len) = (usize::from(byte % 4), usize::from(byte / 4 % 4));
    if first + len > layers.len() {
        return layers;
    }
    let mut layers = layers;
    let inner: Vec<Layer> = layers.splice(first..first + len, []).collect();
    let container = match (byte >> 6, inner.first()) {
        (0, _) => Layer::Sequence {
            layers: inner,
            repeat: 1 + usize::from(byte % 2),
        },
        (
            1,
            Some(&Layer::Conv2d {
                filters, strides, ..
            }),
        ) => Layer::Residual {
            layers: inner,
            shortcut: vec![Layer::Conv2d {
                filters,
                kernel_size: 1,
                strides,
                padding: Padding::Same,
                activation: Activation::Linear,
                use_bias: false,
            }],
        },
        _ => Layer::Residual {
            layers: inner,
            shortcut: Vec::new(),
        },
    };
    layers.insert(first, container);
    layers
}

/// Sides of 1 to 32, 1 to 4 channels, 2 to 17 classes.
fn info(bytes: &[u8]) -> DatasetInfo {
    DatasetInfo {
        shape: ImageShape::new(usize::from(bytes[0] % 32) + 1, usize::from(bytes[1] % 32) + 1, usize::from(bytes[2] % 4) + 1),
        class_names: (0..bytes[2] / 4 % 16 + 2).map(|class| class.to_string()).collect(),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&[rows, nesting, ref shape @ ..], rest)) = bytes.split_first_chunk::<5>() else {
        return;
    };
    let info = info(shape);
    let mut layers: Vec<Layer> = rest.chunks_exact(4).take(10).map(layer).collect();
    let is_dense = |layer: &Layer| matches!(layer, Layer::Dense { .. });
    let place = layers.iter().position(is_dense).unwrap_or(layers.len());
    let is_pooled = |layer: &Layer| {
        matches!(layer, Layer::GlobalMaxPooling2d {} | Layer::GlobalAveragePooling2d {})
    };
    if !layers[..place].iter().any(is_pooled) {
        layers.insert(place, Layer::Flatten {});
    }
    let mut layers = nest(nest(layers, nesting), nesting.rotate_left(3));
    layers.push(Layer::Dense {
        units: info.class_count(),
        activation: Activation::Linear,
        use_bias: true,
    });
    let model = Model {
        layers,
        ..model().clone()
    };
    match model.architecture(&info) {
        Ok(architecture) if architecture.macs() <= MAX_MACS => {}
        _ => return,
    }
    let rows = usize::from(rows % 20) + 1;
    let pixel = |index: usize| f32::from(bytes[index % bytes.len()]) / 255.0;
    let mut trainer = Trainer::new(&model, &info, 0).unwrap();
    for _ in 0..2 {
        let batch = Batch {
            pixels: (0..rows * info.shape.len()).map(pixel).collect(),
            labels: (0..rows).map(|row| (row % info.class_count()) as u16).collect(),
        };
        trainer.step(batch).unwrap();
    }
});
