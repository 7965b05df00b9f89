use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::spec::{Model, Spec};
use train::batches::Batch;
use train::network::Network;

use crate::numbers::numbers;

/// Images of 9 x 7 pixels with 3 channels, in five classes.
pub fn info() -> DatasetInfo {
    info_of(3)
}

/// The same images with `channels`.
pub fn info_of(channels: usize) -> DatasetInfo {
    DatasetInfo {
        shape: ImageShape::new(9, 7, channels),
        class_names: ["a", "b", "c", "d", "e"].map(String::from).to_vec(),
    }
}

/// The model that `text` describes beside its name and its epochs.
pub fn model(text: &str) -> Model {
    model_of(3, text)
}

/// As [`model`], of images with `channels`.
pub fn model_of(channels: usize, text: &str) -> Model {
    let text = format!(
        r#"
            description = ""
            [data]
            name = "small"
            source = "bundled"
            image_size = [9, 7]
            channels = {channels}
            classes = ["a", "b", "c", "d", "e"]
            validation_split = 0.0
            pixel_divisor = 1.0
            [[model]]
            name = "model"
            epochs = 1
            {text}
        "#
    );
    let spec = Spec::from_text("model.toml", &text).unwrap();
    spec.models[0].clone()
}

/// Seven images with labels.
pub fn images(seed: u64) -> Batch {
    images_of(3, seed)
}

/// As [`images`], with `channels`.
pub fn images_of(channels: usize, seed: u64) -> Batch {
    Batch {
        pixels: numbers(seed, 7 * info_of(channels).shape.len()),
        labels: vec![0, 1, 2, 3, 4, 4, 0],
    }
}

/// All parameters and running values by their names.
pub fn values(network: &Network) -> Vec<(String, Vec<f32>)> {
    let parameters = network.parameters();
    parameters
        .map(|parameter| (parameter.name().to_owned(), parameter.values().to_vec()))
        .collect()
}
