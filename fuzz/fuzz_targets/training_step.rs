//! Layer lists of any shape and batches of any size: a list that the spec accepts is trained and
//! predicted without touching memory beyond its own, which the address sanitizer watches on the
//! kernels for this processor.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pipelines::spec::{Activation, Layer, Model, Padding, Spec};
use train::batches::Batch;
use train::trainer::Trainer;

const TINY: &str = include_str!("../../xtask/tests/reliability/tiny.toml");
const IMAGE_PIXELS: usize = 28 * 28;
/// More multiply-accumulate operations an image would take the time of many others.
const MOST_MACS: u64 = 500_000;

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let spec = Spec::from_text("tiny.toml", TINY).unwrap();
        spec.model("dense").unwrap().clone()
    })
}

/// Four bytes a layer: kind and three of its numbers.
fn layer(bytes: &[u8]) -> Layer {
    let number = |index: usize, most: u8| usize::from(bytes[index] % most) + 1;
    let activation = [Activation::Linear, Activation::Relu][usize::from(bytes[0] >> 7)];
    match bytes[0] % 8 {
        0..3 => Layer::Conv2d {
            filters: number(1, 40),
            kernel_size: [3, 3, 1, 2, 5][number(2, 5) - 1],
            strides: [1, 1, 2, 3][number(3, 4) - 1],
            padding: [Padding::Valid, Padding::Same][usize::from(bytes[3] >> 7)],
            activation,
        },
        3 => Layer::BatchNormalization {
            momentum: 0.9,
            epsilon: 0.001,
        },
        4 => Layer::MaxPooling2d {
            pool_size: number(1, 4),
            strides: number(2, 4),
        },
        5 => Layer::AveragePooling2d {
            pool_size: number(1, 4),
            strides: number(2, 4),
        },
        6 => Layer::Dropout { rate: 0.3 },
        _ => Layer::Dense {
            units: number(1, 70),
            activation,
        },
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&rows, rest)) = bytes.split_first() else {
        return;
    };
    let mut layers: Vec<Layer> = rest.chunks_exact(4).take(10).map(layer).collect();
    let is_dense = |layer: &Layer| matches!(layer, Layer::Dense { .. });
    let place = layers.iter().position(is_dense).unwrap_or(layers.len());
    layers.insert(place, Layer::Flatten {});
    layers.push(Layer::Dense {
        units: 10,
        activation: Activation::Linear,
    });
    let model = Model {
        layers,
        ..model().clone()
    };
    match model.architecture() {
        Ok(architecture) if architecture.macs() <= MOST_MACS => {}
        _ => return,
    }
    let rows = usize::from(rows % 20) + 1;
    let pixel = |index: usize| f32::from(bytes[index % bytes.len()]) / 255.0;
    let mut trainer = Trainer::new(&model, 0).unwrap();
    for _ in 0..2 {
        let batch = Batch {
            x: (0..rows * IMAGE_PIXELS).map(pixel).collect(),
            labels: (0..rows).map(|row| (row % 10) as u8).collect(),
        };
        // A loss that is not a number is an error; anything worse is not.
        let _ = trainer.step(batch);
    }
});
