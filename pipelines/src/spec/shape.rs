//! The shapes, parameters and operations of a list of layers.

use std::fmt;
use std::path::Path;

use super::{Activation, Layer, Model, Padding, SpecError};
use crate::tables::dataset_info::{DatasetInfo, ImageShape};

/// More parameters than this are a mistake, not a model for a CPU.
const MAX_PARAMETERS: usize = 100_000_000;
/// Longest list of layers.
const MAX_LAYERS: usize = 1_000;
/// No single activation may have more values than this for one image.
const MAX_ACTIVATION: usize = 10_000_000;

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

/// One layer with the shapes on both of its sides.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSummary {
    /// The layer.
    pub layer: Layer,
    /// What comes in.
    pub input: Shape,
    /// What goes out.
    pub output: Shape,
    /// Weights, biases and running statistics, as Keras's `summary` counts them.
    pub parameters: usize,
    /// Multiply-accumulate operations of one image's forward pass.
    pub macs: u64,
}

/// All layers of a model with their shapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// From the first layer to the logits.
    pub layers: Vec<LayerSummary>,
}

impl Architecture {
    /// Weights, biases and running statistics.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters).sum()
    }

    /// Multiply-accumulate operations of one image's forward pass; convolutions and dense layers
    /// only.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| layer.macs).sum()
    }
}

/// A layer that does not fit what comes before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("layer {number} ({layer}): {field}: expected {expected}, found {found}")]
pub struct ShapeError {
    number: usize,
    layer: &'static str,
    field: &'static str,
    expected: String,
    found: String,
}

impl ShapeError {
    /// The same as an error about a spec.
    pub(super) fn at(self, path: &Path, model: &str) -> SpecError {
        SpecError::new(
            path,
            format!(
                "model `{model}`: layer {} ({}): {}",
                self.number, self.layer, self.field
            ),
            self.expected,
            self.found,
        )
    }
}

impl Model {
    /// The shapes, parameters and operations of every layer on the images of `info`, whose classes
    /// are the outputs.
    ///
    /// # Errors
    /// The first layer that does not fit, by its number counted from 1, with both shapes. A model
    /// of a loaded spec has none on the spec's data.
    pub fn architecture(&self, info: &DatasetInfo) -> Result<Architecture, ShapeError> {
        let mut layers: Vec<LayerSummary> = Vec::with_capacity(self.layers.len());
        let mut input = Shape::from(info.shape);
        let mut parameters = 0_usize;
        for (index, layer) in self.layers.iter().enumerate() {
            let at_layer = |(field, expected, found): Mismatch| ShapeError {
                number: index + 1,
                layer: layer.name(),
                field,
                expected,
                found,
            };
            let summary = summarize(layer, input).map_err(at_layer)?;
            parameters = parameters.saturating_add(summary.parameters);
            if index == MAX_LAYERS {
                return Err(at_layer((
                    "number",
                    format!("at most {MAX_LAYERS}"),
                    self.layers.len().to_string(),
                )));
            }
            if parameters > MAX_PARAMETERS || summary.output.len() > MAX_ACTIVATION {
                return Err(at_layer((
                    "size",
                    format!(
                        "at most {MAX_PARAMETERS} parameters up to here and {MAX_ACTIVATION} outputs"
                    ),
                    format!("{parameters} parameters, {} outputs", summary.output.len()),
                )));
            }
            input = summary.output;
            layers.push(summary);
        }
        let class_count = info.class_count();
        let last = self.layers.last();
        let gives_logits = matches!(
            last,
            Some(Layer::Dense {
                activation: Activation::Linear,
                ..
            })
        );
        if input != Shape::Vector(class_count) || !gives_logits {
            return Err(ShapeError {
                number: self.layers.len(),
                layer: last.map_or("none", Layer::name),
                field: "output",
                expected: format!(
                    "a dense layer with {class_count} units, one a class, and linear activation"
                ),
                found: match last {
                    Some(Layer::Dense {
                        activation: Activation::Relu,
                        ..
                    }) => {
                        format!("shape {input}, relu")
                    }
                    _ => format!("shape {input}"),
                },
            });
        }
        Ok(Architecture { layers })
    }
}

/// Field, what was expected, what was found.
type Mismatch = (&'static str, String, String);

fn summarize(layer: &Layer, input: Shape) -> Result<LayerSummary, Mismatch> {
    let (output, parameters, macs) = match *layer {
        Layer::Conv2d {
            filters,
            kernel_size,
            strides,
            padding,
            ..
        } => {
            let (height, width, channels) = image(input)?;
            at_least_1("filters", filters)?;
            let side = |length| match padding {
                Padding::Valid => window("kernel_size", kernel_size, strides, length, input),
                Padding::Same => {
                    at_least_1("kernel_size", kernel_size)?;
                    at_least_1("strides", strides)?;
                    Ok(length.div_ceil(strides))
                }
            };
            let output = Shape::Image {
                height: side(height)?,
                width: side(width)?,
                channels: filters,
            };
            let weights = kernel_size
                .saturating_mul(kernel_size)
                .saturating_mul(channels)
                .saturating_mul(filters);
            let positions = output.len() / filters;
            (
                output,
                weights.saturating_add(filters),
                (weights as u64).saturating_mul(positions as u64),
            )
        }
        Layer::BatchNormalization { momentum, epsilon } => {
            let (_, _, channels) = image(input)?;
            in_range(
                "momentum",
                momentum,
                "0 to 1",
                (0.0..=1.0).contains(&momentum),
            )?;
            in_range(
                "epsilon",
                epsilon,
                "a finite number above 0",
                epsilon > 0.0 && epsilon.is_finite(),
            )?;
            (input, 4 * channels, 0)
        }
        Layer::MaxPooling2d { pool_size, strides }
        | Layer::AveragePooling2d { pool_size, strides } => {
            let (height, width, channels) = image(input)?;
            let output = Shape::Image {
                height: window("pool_size", pool_size, strides, height, input)?,
                width: window("pool_size", pool_size, strides, width, input)?,
                channels,
            };
            (output, 0, 0)
        }
        Layer::Flatten {} => {
            image(input)?;
            (Shape::Vector(input.len()), 0, 0)
        }
        Layer::Dense { units, .. } => {
            at_least_1("units", units)?;
            let Shape::Vector(length) = input else {
                return Err((
                    "input",
                    "a vector, as after `flatten`".into(),
                    format!("shape {input}"),
                ));
            };
            let weights = length.saturating_mul(units);
            (
                Shape::Vector(units),
                weights.saturating_add(units),
                weights as u64,
            )
        }
        Layer::Dropout { rate } => {
            in_range("rate", rate, "0 to below 1", (0.0..1.0).contains(&rate))?;
            (input, 0, 0)
        }
    };
    Ok(LayerSummary {
        layer: layer.clone(),
        input,
        output,
        parameters,
        macs,
    })
}

fn image(input: Shape) -> Result<(usize, usize, usize), Mismatch> {
    match input {
        Shape::Image {
            height,
            width,
            channels,
        } => Ok((height, width, channels)),
        Shape::Vector(_) => Err((
            "input",
            "height x width x channels, as before `flatten`".into(),
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
) -> Result<usize, Mismatch> {
    at_least_1(field, size)?;
    at_least_1("strides", strides)?;
    if size > length {
        return Err((
            field,
            format!("at most the input's side, shape {input}"),
            format!("shape {size}x{size}"),
        ));
    }
    Ok((length - size) / strides + 1)
}

fn at_least_1(field: &'static str, value: usize) -> Result<(), Mismatch> {
    if value == 0 {
        return Err((field, "at least 1".into(), "0".into()));
    }
    Ok(())
}

fn in_range(field: &'static str, value: f64, expected: &str, valid: bool) -> Result<(), Mismatch> {
    if valid {
        Ok(())
    } else {
        Err((field, expected.into(), value.to_string()))
    }
}
