//! Which images, and how they are split.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ShapeError, Source};
use crate::spec::dataset_info::{DatasetInfo, ImageShape};
use crate::stratify::stratified;
use crate::tables::split::Split;

/// The data section of a spec.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Data {
    /// Names the folder under `data/ingested/`.
    pub name: String,
    /// Where the images come from.
    pub source: Source,
    /// The folder of the file that names the source: paths of the source are relative to it.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Height and width of every image, in pixels; as the data have it when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<[usize; 2]>,
    /// Values of a pixel: 1 for grey, 3 for colour; as the data have it when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
    /// Names of the classes, in the order of their labels; as the data have it when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
    /// Whether the bundled subset stands in when the full data cannot be had.
    pub bundled_fallback: bool,
    /// Share of the training rows that validate, 0 to below 1; 0 trains on all of them.
    pub validation_split: f64,
    /// Which of the training rows validate.
    #[serde(skip_serializing_if = "Validation::is_last")]
    pub validation: Validation,
    /// Share of each class that is tested on, above 0 and below 1, where the source does not say
    /// which images test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_split: Option<f64>,
    /// Whether the test images of the source are left out, so that `test_split` takes its share of the
    /// others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hold_back_test: bool,
    /// Seed of the rows that a stratified split draws.
    #[serde(skip_serializing_if = "is_zero")]
    pub split_seed: u64,
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
    /// What `ingest` found in the data, once it has run.
    #[serde(skip)]
    pub ingested: Option<DatasetInfo>,
}

/// Which of the training rows validate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Validation {
    /// The last of them in file order: Keras's `validation_split`.
    #[default]
    Last,
    /// The same share of each class, drawn with `split_seed`.
    Stratified,
}

impl Validation {
    fn is_last(&self) -> bool {
        *self == Validation::Last
    }
}

fn is_zero(seed: &u64) -> bool {
    *seed == 0
}

impl Data {
    /// Shape and classes of the images: as `ingest` found them, or as the spec gives them.
    ///
    /// # Errors
    /// A spec that leaves one of them to the data, before `ingest` has run.
    pub fn info(&self) -> Result<DatasetInfo, ShapeError> {
        if let Some(info) = &self.ingested {
            return Ok(info.clone());
        }
        let unknown = |key: &str| {
            ShapeError::new(
                format!("data: {key}"),
                "a value, or images that `cargo xtask ingest` has read",
                "neither",
            )
        };
        let [height, width] = self.image_size.ok_or_else(|| unknown("image_size"))?;
        let channels = self.channels.ok_or_else(|| unknown("channels"))?;
        Ok(DatasetInfo {
            shape: ImageShape::new(height, width, channels),
            class_names: self.classes.clone().ok_or_else(|| unknown("classes"))?,
        })
    }

    /// The folder of the images that the spec names, seen from the current folder; `None` for images
    /// that the program finds itself.
    pub fn source_path(&self) -> Option<PathBuf> {
        self.source.path().map(|path| self.folder.join(path))
    }

    /// The first key that the images of `info` contradict: its name, what was expected and what was
    /// found.
    pub fn contradiction(&self, info: &DatasetInfo) -> Option<(&'static str, String, String)> {
        let ImageShape {
            height,
            width,
            channels,
        } = info.shape;
        let sides = |[height, width]: [usize; 2]| format!("{height}x{width} pixels");
        if let Some(size) = self.image_size.filter(|size| *size != [height, width]) {
            return Some(("image_size", sides(size), sides([height, width])));
        }
        if let Some(expected) = self.channels.filter(|expected| *expected != channels) {
            return Some(("channels", expected.to_string(), channels.to_string()));
        }
        let classes = self.classes.as_ref();
        let classes = classes.filter(|classes| **classes != info.class_names)?;
        let named = |names: &[String]| format!("{} classes: {}", names.len(), names.join(", "));
        Some(("classes", named(classes), named(&info.class_names)))
    }

    /// Number of training rows among `rows` when the last ones validate: Keras takes
    /// `int(rows * (1 - validation_split))`.
    pub fn training_rows(&self, rows: usize) -> usize {
        (rows as f64 * (1.0 - self.validation_split)).floor() as usize
    }

    /// The split of each row of the training file, given the class of each.
    pub fn training_splits(&self, labels: &[u16]) -> Vec<Split> {
        let split = |validates: bool| match validates {
            true => Split::Validation,
            false => Split::Train,
        };
        match self.validation {
            Validation::Last => {
                let training_rows = self.training_rows(labels.len());
                let rows = 0..labels.len();
                rows.map(|row| split(row >= training_rows)).collect()
            }
            Validation::Stratified => {
                let drawn =
                    stratified(labels, self.validation_split, self.split_seed, "validation");
                drawn.into_iter().map(split).collect()
            }
        }
    }
}

/// How pixels become numbers about 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Normalization {
    /// The mean of each channel over all training rows is taken away, and the rest divided by the
    /// standard deviation of the channel over them.
    Standard,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn data() -> Data {
        Data {
            name: "full".into(),
            source: Source::FashionMnist,
            folder: PathBuf::new(),
            image_size: Some([28, 28]),
            channels: Some(1),
            classes: Some(vec!["a".into(), "b".into()]),
            bundled_fallback: false,
            validation_split: 0.2,
            validation: Validation::Last,
            test_split: None,
            hold_back_test: false,
            split_seed: 0,
            pixel_divisor: Some(255.0),
            normalization: None,
            choice: None,
            ingested: None,
        }
    }

    #[test]
    fn a_fifth_of_sixty_thousand_rows_validates() {
        assert_eq!(data().training_rows(60_000), 48_000);
        assert_eq!(data().training_rows(2_000), 1_600);
    }

    #[test]
    fn the_last_rows_validate_or_the_same_share_of_each_class() {
        let labels: Vec<u16> = [vec![0; 40], vec![1; 10]].concat();
        let of_class = |splits: &[Split], class: u16| {
            let rows = labels.iter().zip(splits);
            rows.filter(|(label, split)| **label == class && **split == Split::Validation)
                .count()
        };
        let last = data().training_splits(&labels);
        assert_eq!((of_class(&last, 0), of_class(&last, 1)), (0, 10));
        let stratified = Data {
            validation: Validation::Stratified,
            ..data()
        };
        let drawn = stratified.training_splits(&labels);
        assert_eq!((of_class(&drawn, 0), of_class(&drawn, 1)), (8, 2));
        let all = Data {
            validation_split: 0.0,
            ..stratified
        };
        assert_eq!(all.training_splits(&labels), [Split::Train; 50]);
    }

    #[test]
    fn what_the_spec_leaves_out_comes_from_the_data() {
        let mut data = Data {
            classes: None,
            ..data()
        };
        assert_eq!(
            data.info().unwrap_err().to_string(),
            "data: classes: expected a value, or images that `cargo xtask ingest` has read, found \
             neither"
        );
        let info = DatasetInfo {
            shape: ImageShape::new(28, 28, 1),
            class_names: vec!["x".into(), "y".into()],
        };
        assert_eq!(data.contradiction(&info), None);
        data.ingested = Some(info.clone());
        assert_eq!(data.info().unwrap(), info);
    }
}
