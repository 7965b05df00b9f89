//! What a layer makes of a shape: the output, the parameters, the operations.

use std::fmt;
use std::path::Path;

use super::{Layer, LayerSummary, Padding, Pooling, SpecError};
use crate::spec::dataset_info::ImageShape;

/// Shape of one image's activation, without the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Height, width, channels.
    Image {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Channels, innermost in memory.
        channels: usize,
    },
    /// A plain vector.
    Vector(usize),
}

impl Shape {
    /// Number of values.
    pub fn len(self) -> usize {
        match self {
            Shape::Image {
                height,
                width,
                channels,
            } => height.saturating_mul(width).saturating_mul(channels),
            Shape::Vector(length) => length,
        }
    }

    /// Channels of an image, values of a vector.
    pub fn channels(self) -> usize {
        match self {
            Shape::Image { channels, .. } => channels,
            Shape::Vector(length) => length,
        }
    }

    /// Whether there are no values.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl From<ImageShape> for Shape {
    fn from(shape: ImageShape) -> Self {
        Shape::Image {
            height: shape.height,
            width: shape.width,
            channels: shape.channels,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Image {
                height,
                width,
                channels,
            } => write!(f, "{height}x{width}x{channels}"),
            Shape::Vector(length) => write!(f, "{length}"),
        }
    }
}

/// A layer that does not fit what comes before it, or data whose shape is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: expected {expected}, found {found}")]
pub struct ShapeError {
    /// Such as `layer 3 (conv2d): filters`; of a layer inside another one, both are named.
    key: String,
    expected: String,
    found: String,
}

impl ShapeError {
    pub(super) fn new(
        key: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            key: key.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The same as an error about a spec.
    pub(super) fn at(self, path: &Path, model: &str) -> SpecError {
        self.inside(&format!("model `{model}`")).in_spec(path)
    }

    /// The same as an error about the spec at `path`.
    pub(super) fn in_spec(self, path: &Path) -> SpecError {
        SpecError::new(path, self.key, self.expected, self.found)
    }

    /// The same error, of a part of `outer`.
    pub(super) fn inside(self, outer: &str) -> Self {
        let key = format!("{outer}: {}", self.key);
        Self { key, ..self }
    }
}

pub(super) fn summarize(layer: &Layer, input: Shape) -> Result<LayerSummary, ShapeError> {
    let (output, parameters, macs) = match *layer {
        Layer::Conv2d {
            filters,
            kernel_size,
            strides,
            padding,
            use_bias,
            ..
        } => {
            let (_, _, channels) = image(input)?;
            at_least_1("filters", filters)?;
            let (height, width) = convolved(kernel_size, strides, padding, input)?;
            let output = Shape::Image {
                height,
                width,
                channels: filters,
            };
            let weights = kernel_size
                .saturating_mul(kernel_size)
                .saturating_mul(channels)
                .saturating_mul(filters);
            let biases = if use_bias { filters } else { 0 };
            (
                output,
                weights.saturating_add(biases),
                (weights as u64).saturating_mul((height * width) as u64),
            )
        }
        Layer::DepthwiseConv2d {
            kernel_size,
            strides,
            padding,
            use_bias,
            ..
        } => {
            let (_, _, channels) = image(input)?;
            let (height, width) = convolved(kernel_size, strides, padding, input)?;
            let output = Shape::Image {
                height,
                width,
                channels,
            };
            let weights = kernel_size
                .saturating_mul(kernel_size)
                .saturating_mul(channels);
            let biases = if use_bias { channels } else { 0 };
            (
                output,
                weights.saturating_add(biases),
                (weights as u64).saturating_mul((height * width) as u64),
            )
        }
        Layer::BatchNormalization { scale, center, .. } => {
            let learnt = usize::from(scale) + usize::from(center);
            (input, (2 + learnt) * input.channels(), 0)
        }
        Layer::LayerNormalization { scale, center, .. } => {
            let learnt = usize::from(scale) + usize::from(center);
            (input, learnt * input.channels(), 0)
        }
        Layer::MaxPooling2d(Pooling { pool_size, strides })
        | Layer::AveragePooling2d(Pooling { pool_size, strides }) => {
            let (height, width, channels) = image(input)?;
            let output = Shape::Image {
                height: window("pool_size", pool_size, strides, height, input)?,
                width: window("pool_size", pool_size, strides, width, input)?,
                channels,
            };
            (output, 0, 0)
        }
        Layer::GlobalMaxPooling2d {} | Layer::GlobalAveragePooling2d {} => {
            let (_, _, channels) = image(input)?;
            (Shape::Vector(channels), 0, 0)
        }
        Layer::Flatten {} => {
            image(input)?;
            (Shape::Vector(input.len()), 0, 0)
        }
        Layer::Dense {
            units, use_bias, ..
        } => {
            at_least_1("units", units)?;
            let Shape::Vector(length) = input else {
                return Err(ShapeError::new(
                    "input",
                    "a vector, as after `flatten`",
                    format!("shape {input}"),
                ));
            };
            let weights = length.saturating_mul(units);
            let biases = if use_bias { units } else { 0 };
            (
                Shape::Vector(units),
                weights.saturating_add(biases),
                weights as u64,
            )
        }
        Layer::Activation { .. } | Layer::Rescaling { .. } | Layer::Dropout { .. } => (input, 0, 0),
        // `Totals::layer` sums these up.
        Layer::Sequence { .. } | Layer::Residual { .. } => (input, 0, 0),
    };
    Ok(LayerSummary {
        layer: layer.clone(),
        input,
        output,
        parameters,
        macs,
        branches: Vec::new(),
    })
}

/// (height, width) behind a convolution.
fn convolved(
    kernel_size: usize,
    strides: usize,
    padding: Padding,
    input: Shape,
) -> Result<(usize, usize), ShapeError> {
    let (height, width, _) = image(input)?;
    let side = |length: usize| match padding {
        Padding::Valid => window("kernel_size", kernel_size, strides, length, input),
        Padding::Same => {
            at_least_1("kernel_size", kernel_size)?;
            at_least_1("strides", strides)?;
            Ok(length.div_ceil(strides))
        }
    };
    Ok((side(height)?, side(width)?))
}

fn image(input: Shape) -> Result<(usize, usize, usize), ShapeError> {
    match input {
        Shape::Image {
            height,
            width,
            channels,
        } => Ok((height, width, channels)),
        Shape::Vector(_) => Err(ShapeError::new(
            "input",
            "height x width x channels, as before `flatten`",
            format!("shape {input}"),
        )),
    }
}

/// Positions of a window that stays inside `length` pixels.
fn window(
    field: &'static str,
    size: usize,
    strides: usize,
    length: usize,
    input: Shape,
) -> Result<usize, ShapeError> {
    at_least_1(field, size)?;
    at_least_1("strides", strides)?;
    if size > length {
        return Err(ShapeError::new(
            field,
            format!("at most the input's side, shape {input}"),
            format!("shape {size}x{size}"),
        ));
    }
    Ok((length - size) / strides + 1)
}

fn at_least_1(field: &'static str, value: usize) -> Result<(), ShapeError> {
    if value == 0 {
        return Err(ShapeError::new(field, "at least 1", "0"));
    }
    Ok(())
}
