//! What a data set says of itself: the shape of its images and the names of its classes.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::files::layout::DATASET_INFO_FILE;
use crate::files::output;

/// Largest height and width of an image, in pixels.
pub const MAX_SIDE: usize = 512;
/// Most channels of an image: grey, grey with alpha, colour, colour with alpha.
pub const MAX_CHANNELS: usize = 4;
/// Fewest classes.
pub const MIN_CLASSES: usize = 2;
/// Most classes.
pub const MAX_CLASSES: usize = 1_000;
/// Longest class name, in bytes.
const MAX_CLASS_NAME_BYTES: usize = 200;

/// Height, width and channels of every image of a data set. Pixels lie row by row, the channels of
/// a pixel side by side: (H, W, C).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// Rows, 1 to [`MAX_SIDE`].
    pub height: usize,
    /// Columns, 1 to [`MAX_SIDE`].
    pub width: usize,
    /// Values of a pixel, 1 to [`MAX_CHANNELS`].
    pub channels: usize,
}

impl ImageShape {
    /// A shape from its sides and channels.
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Self {
            height,
            width,
            channels,
        }
    }

    /// Values of an image, which are its bytes: height x width x channels.
    #[expect(clippy::len_without_is_empty, reason = "no valid shape is empty")]
    pub fn len(self) -> usize {
        self.height * self.width * self.channels
    }

    /// The sides of the tensor that an image is stored as: (H, W) for one channel, (H, W, C) for
    /// more.
    pub fn tensor_shape(self) -> Vec<usize> {
        let mut shape = vec![self.height, self.width];
        if self.channels > 1 {
            shape.push(self.channels);
        }
        shape
    }
}

impl fmt::Display for ImageShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.height, self.width, self.channels)
    }
}

/// Shape of the images and names of the classes. `ingest` writes it into the metadata of its
/// Parquet files; every later stage reads it from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetInfo {
    /// Shape of every image.
    pub shape: ImageShape,
    /// Names of the classes, in the order of their labels.
    pub class_names: Vec<String>,
}

impl DatasetInfo {
    /// Number of classes; labels are below it.
    pub fn class_count(&self) -> usize {
        self.class_names.len()
    }

    /// Name of the class with `label`.
    ///
    /// # Panics
    /// On a label that is not below [`DatasetInfo::class_count`].
    pub fn class_name(&self, label: u16) -> &str {
        &self.class_names[usize::from(label)]
    }

    /// The first field that is out of range: its name, what was expected and what was found.
    pub fn first_error(&self) -> Option<RangeError> {
        let ImageShape {
            height,
            width,
            channels,
        } = self.shape;
        size_error([height, width])
            .or_else(|| channels_error(channels))
            .or_else(|| classes_error(&self.class_names))
    }
}

/// Field, what was expected, what was found.
pub type RangeError = (&'static str, String, String);

/// What is wrong with the height and width of an image, in pixels.
pub fn size_error(sides: [usize; 2]) -> Option<RangeError> {
    let side = sides
        .into_iter()
        .find(|side| !(1..=MAX_SIDE).contains(side))?;
    let expected = format!("height and width of 1 to {MAX_SIDE} pixels");
    Some(("image_size", expected, side.to_string()))
}

/// What is wrong with a number of channels.
pub fn channels_error(channels: usize) -> Option<RangeError> {
    let is_valid = (1..=MAX_CHANNELS).contains(&channels);
    let expected = format!("1 to {MAX_CHANNELS}");
    (!is_valid).then(|| ("channels", expected, channels.to_string()))
}

/// What is wrong with the names of the classes.
pub fn classes_error(names: &[String]) -> Option<RangeError> {
    let count = names.len();
    if !(MIN_CLASSES..=MAX_CLASSES).contains(&count) {
        let expected = format!("{MIN_CLASSES} to {MAX_CLASSES} classes");
        return Some(("classes", expected, count.to_string()));
    }
    for (label, name) in names.iter().enumerate() {
        if name.is_empty() || name.len() > MAX_CLASS_NAME_BYTES {
            let expected = format!("names of 1 to {MAX_CLASS_NAME_BYTES} bytes");
            return Some(("classes", expected, format!("`{name}`")));
        }
        if names[..label].contains(name) {
            return Some((
                "classes",
                "each name once".to_owned(),
                format!("`{name}` twice"),
            ));
        }
    }
    None
}

/// The bytes of `dataset_info.json`.
///
/// # Errors
/// None in practice.
pub fn encode(info: &DatasetInfo) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(info).context("cannot encode a data set's info")?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What `ingest` found in the data that it wrote into `folder`.
///
/// # Errors
/// Data that have not been ingested; a file that is damaged or out of range.
pub fn read(folder: &Path) -> Result<DatasetInfo> {
    let path = folder.join(DATASET_INFO_FILE);
    let bytes = output::read(folder, DATASET_INFO_FILE)?;
    let info: DatasetInfo = serde_json::from_slice(&bytes)
        .with_context(|| format!("{}: expected shape and classes", path.display()))?;
    if let Some((field, expected, found)) = info.first_error() {
        bail!(
            "{}: {field}: expected {expected}, found {found}",
            path.display()
        );
    }
    Ok(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(height: usize, channels: usize, classes: &[&str]) -> DatasetInfo {
        DatasetInfo {
            shape: ImageShape::new(height, 9, channels),
            class_names: classes.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn sides_channels_and_classes_stay_within_their_limits() {
        let field = |info: DatasetInfo| info.first_error().map(|(field, ..)| field);
        assert_eq!(field(info(512, 4, &["a", "b"])), None);
        assert_eq!(field(info(513, 1, &["a", "b"])), Some("image_size"));
        assert_eq!(field(info(0, 1, &["a", "b"])), Some("image_size"));
        assert_eq!(field(info(1, 5, &["a", "b"])), Some("channels"));
        assert_eq!(field(info(1, 1, &["a"])), Some("classes"));
        assert_eq!(field(info(1, 1, &["a", "a"])), Some("classes"));
        assert_eq!(field(info(1, 1, &["a", ""])), Some("classes"));
    }

    #[test]
    fn a_grey_image_is_a_matrix_and_a_colour_image_has_channels_innermost() {
        assert_eq!(info(3, 1, &[]).shape.tensor_shape(), [3, 9]);
        assert_eq!(info(3, 3, &[]).shape.tensor_shape(), [3, 9, 3]);
    }
}
