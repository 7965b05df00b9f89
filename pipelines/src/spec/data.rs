//! Which images, and how they are split.

use serde::{Deserialize, Serialize};

use crate::spec::dataset_info::{DatasetInfo, ImageShape};

/// The data section of a spec.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Data {
    /// Names the folder under `data/ingested/`.
    pub name: String,
    /// Where the images come from.
    pub source: Source,
    /// Height and width of every image, in pixels.
    pub image_size: [usize; 2],
    /// Values of a pixel: 1 for grey, 3 for colour.
    pub channels: usize,
    /// Names of the classes, in the order of their labels.
    pub classes: Vec<String>,
    /// Whether the bundled subset stands in when the full data cannot be had.
    pub bundled_fallback: bool,
    /// Share of the training rows, taken from the end in file order, that validate: Keras's
    /// `validation_split`.
    pub validation_split: f64,
    /// Pixels are divided by this before they enter a network. Either this or `normalization` is
    /// given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixel_divisor: Option<f64>,
    /// What else is done with pixels before they enter a network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalization: Option<Normalization>,
    /// Why the data are used in this way, where there was a choice.
    #[serde(skip_serializing)]
    pub choice: Option<String>,
}

impl Data {
    /// Shape and classes that the images must have.
    pub fn info(&self) -> DatasetInfo {
        let [height, width] = self.image_size;
        DatasetInfo {
            shape: ImageShape::new(height, width, self.channels),
            class_names: self.classes.clone(),
        }
    }

    /// Number of training rows among `rows`: Keras takes `int(rows * (1 - validation_split))`.
    pub fn training_rows(&self, rows: usize) -> usize {
        (rows as f64 * (1.0 - self.validation_split)).floor() as usize
    }
}

/// How pixels become numbers about 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalization {
    /// The mean of each channel over all training rows is taken away, and the rest divided by the
    /// standard deviation of the channel over them.
    Standard,
}

/// Where images come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The 60,000 training and 10,000 test images of Zalando's Fashion-MNIST.
    FashionMnist,
    /// The first 2,000 training and 1,000 test images, which lie in the repository.
    Bundled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_sixty_thousand_rows_validates() {
        let data = Data {
            name: "full".into(),
            source: Source::FashionMnist,
            image_size: [28, 28],
            channels: 1,
            classes: vec!["a".into(), "b".into()],
            bundled_fallback: false,
            validation_split: 0.2,
            pixel_divisor: Some(255.0),
            normalization: None,
            choice: None,
        };
        assert_eq!(data.training_rows(60_000), 48_000);
        assert_eq!(data.training_rows(2_000), 1_600);
    }
}
