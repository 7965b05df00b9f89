//! A file of reference values, and what is compared with it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use pipelines::spec::Model;
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use safetensors::SafeTensors;
use train::autograd::{Tensor, TrainingPass};
use train::batches::Batch;
use train::layers::{Parameter, ParameterKind, parameter_gradients};
use train::network::Network;
use train::trainer::Trainer;
use train::weights;

use crate::TOLERANCE;

/// Inference before training, the first training pass, and the weights, losses and averages after each
/// step on one batch.
pub fn check_steps(reference: &Reference, model: &Model) {
    let trainer = reference.trainer(model);
    let logits = trainer.network.forward(reference.input()).unwrap();
    reference.compare("inference_logits", logits.values());

    check_first_step(reference, model);

    let mut trainer = reference.trainer(model);
    let rates = reference
        .has("learning_rate")
        .then(|| reference.floats("learning_rate"));
    let mut losses = Vec::new();
    for step in 1..=reference.floats("loss").len() {
        if let Some(rates) = &rates {
            trainer.optimizer.set_learning_rate(rates[step - 1].into());
        }
        losses.push(trainer.step(reference.images()).unwrap().loss);
        let names = names(&trainer.network);
        for (parameter, name) in trainer.network.parameters().zip(&names) {
            let found = reference.to_file_order(parameter, parameter.values());
            reference.compare(&format!("step{step}.{name}"), &found);
        }
        if let Some(average) = &trainer.average {
            let averages = average.values(&trainer.network);
            let parameters = trainer.network.parameters().zip(&names);
            for ((parameter, name), (_, values)) in parameters.zip(averages) {
                if parameter.is_trainable() {
                    let found = reference.to_file_order(parameter, values);
                    reference.compare(&format!("ema{step}.{name}"), &found);
                }
            }
        }
    }
    reference.compare("loss", &losses);
}

/// Logits and gradients of the first training-mode pass.
fn check_first_step(reference: &Reference, model: &Model) {
    let mut trainer = reference.trainer(model);
    let gradients = parameter_gradients(trainer.network.parameters());
    let mut pass = TrainingPass::new(gradients, 0);
    let logits = trainer
        .network
        .forward_training(reference.input(), &mut pass);
    reference.compare("training_logits", logits.unwrap().values());

    let mut trainer = reference.trainer(model);
    let (_, mut gradients) = trainer.backward(reference.images()).unwrap();
    let names = names(&trainer.network);
    for (parameter, name) in trainer.network.parameters().zip(&names) {
        if parameter.is_trainable() {
            let gradient = parameter.gradient(&mut gradients).unwrap();
            let found = reference.to_file_order(parameter, gradient);
            reference.compare(&format!("gradient.{name}"), &found);
        }
    }
}

/// The files' names of the parameters: they count the layers of a kind through the whole network.
fn names(network: &Network) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut last = String::new();
    let mut numbered = String::new();
    let mut names = Vec::new();
    for parameter in network.parameters() {
        let (layer, end) = parameter.name().rsplit_once('.').unwrap();
        if layer != last {
            let kind = layer.rsplit('.').next().unwrap();
            let kind = kind.trim_end_matches(|c: char| c.is_ascii_digit());
            let count = counts.entry(kind.to_owned()).or_default();
            *count += 1;
            numbered = format!("{kind}{count}");
            last = layer.to_owned();
        }
        names.push(format!("{numbered}.{end}"));
    }
    names
}

/// One file of values.
pub struct Reference {
    tolerance: f32,
    name: String,
    bytes: Vec<u8>,
    /// Whether dense kernels behind `flatten` have their inputs in Keras's order, (H, W, C).
    keras_flatten: bool,
}

impl Reference {
    pub fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
        let bytes = fs::read(folder.join(format!("{name}.safetensors"))).unwrap();
        Self {
            tolerance: TOLERANCE,
            name: name.to_owned(),
            bytes,
            keras_flatten: false,
        }
    }

    pub fn with_tolerance(self, tolerance: f32) -> Self {
        Self { tolerance, ..self }
    }

    pub fn with_keras_flatten(self) -> Self {
        Self {
            keras_flatten: true,
            ..self
        }
    }

    fn has(&self, key: &str) -> bool {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        file.tensor(key).is_ok()
    }

    fn shape(&self, key: &str) -> Vec<usize> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        file.tensor(key).unwrap().shape().to_vec()
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

    /// What the values were made on. The plain files have their images as rows of pixels.
    pub fn info(&self) -> DatasetInfo {
        let classes = match self.has("inference_logits") {
            true => self.shape("inference_logits")[1],
            false => 10,
        };
        let shape = match self.shape("x")[..] {
            [_, channels, height, width] => ImageShape::new(height, width, channels),
            _ => ImageShape::new(28, 28, 1),
        };
        DatasetInfo {
            shape,
            class_names: (0..classes).map(|class| class.to_string()).collect(),
        }
    }

    fn images(&self) -> Batch {
        let labels = self.labels();
        let ImageShape {
            height,
            width,
            channels,
        } = self.info().shape;
        let x = self.floats("x");
        let (area, len) = (height * width, height * width * channels);
        // (N, C, H, W) to (N, H, W, C).
        let pixels = (0..x.len()).map(|at| {
            let (image, position) = (at / len, at % len / channels);
            x[image * len + at % channels * area + position]
        });
        Batch {
            pixels: pixels.collect(),
            labels,
        }
    }

    fn input(&self) -> Tensor {
        let Batch { pixels, labels } = self.images();
        let shape = self.info().shape;
        Tensor::new(
            pixels,
            [labels.len(), shape.height, shape.width, shape.channels],
        )
        .unwrap()
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
        let mut trainer = Trainer::new(model, &self.info(), 0).unwrap();
        let names = names(&trainer.network);
        for (parameter, name) in trainer.network.parameters_mut().zip(names) {
            let initial = self.floats(&format!("initial.{name}"));
            match self.keras_flatten && is_dense(parameter) {
                true => {
                    let outputs = parameter.shape()[1];
                    let inputs = parameter.shape()[0];
                    let values = parameter.values_mut();
                    for (at, value) in initial.into_iter().enumerate() {
                        values[at % inputs * outputs + at / inputs] = value;
                    }
                }
                false => weights::set_from_file_order(parameter, &initial),
            }
        }
        trainer
    }

    fn to_file_order(&self, parameter: &Parameter, values: &[f32]) -> Vec<f32> {
        if !(self.keras_flatten && is_dense(parameter)) {
            return weights::to_file_order(parameter, values);
        }
        let (inputs, outputs) = (parameter.shape()[0], parameter.shape()[1]);
        (0..values.len())
            .map(|at| values[at % inputs * outputs + at / inputs])
            .collect()
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

fn is_dense(parameter: &Parameter) -> bool {
    matches!(parameter.kind(), ParameterKind::DenseKernel { .. })
}
