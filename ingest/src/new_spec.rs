//! The text of a spec for a data set: a baseline and two changes.

use std::fmt::Write;

use anyhow::{Context, Result};
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::spec::{Data, Source};

/// Share of the training images that validates.
pub const VALIDATION_SPLIT: f64 = 0.2;
/// Share of each class that is tested on where the data do not say which images are.
pub const TEST_SPLIT: f64 = 0.2;
/// Training images that all epochs of a model see together, about; a few minutes on a laptop.
const SEEN_IMAGES: usize = 100_000;
/// Fewest and most epochs.
const EPOCHS: [usize; 2] = [8, 20];
/// Shortest side that is pooled once more.
const MIN_POOLED_SIDE: usize = 4;
/// Filters of the baseline's convolutions, as far as the images are large enough.
const FILTERS: [usize; 3] = [32, 64, 64];

/// What a spec is written from.
pub struct NewSpec<'a> {
    /// What was found in the data.
    pub findings: &'a [String],
    /// The data section.
    pub data: &'a Data,
    /// Shape and classes.
    pub info: &'a DatasetInfo,
    /// Images to train and validate on.
    pub train_images: usize,
}

/// The text.
///
/// # Errors
/// A path that is not UTF-8.
pub fn text(new: &NewSpec) -> Result<String> {
    let mut text = String::new();
    for finding in new.findings {
        writeln!(text, "# {}", finding)?;
    }
    let data = data_section(new)?;
    let epochs = (SEEN_IMAGES / new.train_images.max(1)).clamp(EPOCHS[0], EPOCHS[1]);
    let batch_size = if new.train_images < 10_000 { 32 } else { 64 };
    let baseline = layers(new.info, 1);
    let wider = layers(new.info, 2);
    write!(
        text,
        r#"description = "A baseline for {name} and two changes"
# Each model is trained from each of these seeds, so that the spread between runs is known.
seeds = [0, 1, 2]

{data}
[evaluation]
confidence = 0.95
bootstrap_resamples = 10000
bootstrap_seed = 0
calibration_bins = 15

# Small turns, shifts and zooms, drawn anew for each image and epoch. Leave out what changes the class
# of an image.
[[policy]]
name = "affine"
seed = 0
rotation_deg = 10.0
height_shift_fraction = 0.1
width_shift_fraction = 0.1
shear_deg = 0.0
zoom_factor = [0.9, 1.1]

[[model]]
name = "baseline"
title = "small convolutional network"
layers = [
{baseline}]
kernel_initializer = "glorot_uniform"
bias_initializer = "zeros"
loss = "categorical_crossentropy"
optimizer = {{ name = "adam", learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7 }}
schedule = {{ name = "constant" }}
epochs = {epochs}
batch_size = {batch_size}
augmentation = "none"

# The first change: twice the filters and units. A model lists only what differs from the one that it
# extends.
[[model]]
name = "wider"
title = "twice the filters"
extends = "baseline"
layers = [
{wider}]

# The second change: augmented training images.
[[model]]
name = "augmented"
title = "augmentation"
extends = "baseline"
augmentation = "affine"
"#,
        name = new.data.name,
    )?;
    Ok(text)
}

fn data_section(new: &NewSpec) -> Result<String> {
    let data = new.data;
    let path = data
        .source
        .path()
        .context("expected a source with a path")?;
    let path = path
        .to_str()
        .with_context(|| format!("{}: expected a path in UTF-8", path.display()))?;
    let mut keys = vec![("kind", data.source.kind()), ("path", path)];
    if let Source::Idx(files) = &data.source {
        let names = [
            ("train_images", &files.train_images),
            ("train_labels", &files.train_labels),
            ("test_images", &files.test_images),
            ("test_labels", &files.test_labels),
        ];
        keys.extend(
            names
                .into_iter()
                .filter_map(|(key, name)| Some((key, name.as_deref()?))),
        );
    }
    let keys = keys
        .into_iter()
        .map(|(key, value)| Ok(format!("{key} = {}", quoted(value)?)))
        .collect::<Result<Vec<_>>>()?;
    let mut text = format!(
        "[data]\nname = {}\n# The path is relative to this file.\nsource = {{ {} }}\n",
        quoted(&data.name)?,
        keys.join(", ")
    );
    if let (Some([height, width]), Some(channels)) = (data.image_size, data.channels) {
        write!(
            text,
            "# Images of other sizes are stretched to this height and width; 1 channel is grey, 3 are \
             colour.\nimage_size = [{height}, {width}]\nchannels = {channels}\n"
        )?;
    }
    if let Some(share) = data.test_split {
        write!(
            text,
            "# This share of each class is only tested on; the seed chooses which images.\n\
             test_split = {share:?}\n"
        )?;
    }
    write!(
        text,
        "# This share of each class chooses between models. \"last\" takes the last images instead, as \
         Keras does.\nvalidation_split = {:?}\nvalidation = \"stratified\"\nsplit_seed = 0\n\
         pixel_divisor = 255.0\n",
        data.validation_split
    )?;
    Ok(text)
}

/// A TOML string: JSON's escapes are among those of TOML.
fn quoted(text: &str) -> Result<String> {
    serde_json::to_string(text).context("cannot quote a text")
}

/// Convolutions with pooling while the images are large enough, then two dense layers.
fn layers(info: &DatasetInfo, factor: usize) -> String {
    let mut text = String::new();
    let mut side = info.shape.height.min(info.shape.width);
    for filters in FILTERS {
        if side < MIN_POOLED_SIDE {
            break;
        }
        text += &format!(
            "  {{ type = \"conv2d\", filters = {}, kernel_size = 3, strides = 1, padding = \"same\", \
             activation = \"relu\" }},\n  {{ type = \"max_pooling2d\", pool_size = 2, strides = 2 }},\n",
            filters * factor
        );
        side /= 2;
    }
    text += &format!(
        "  {{ type = \"flatten\" }},\n  {{ type = \"dense\", units = {}, activation = \"relu\" }},\n  \
         {{ type = \"dense\", units = {}, activation = \"linear\" }},\n",
        64 * factor,
        info.class_count()
    );
    text
}
