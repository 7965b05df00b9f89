//! The shapes, parameters and operations of a list of layers.

use std::fmt;
use std::path::Path;

use super::{Activation, Layer, Model, Padding, Pooling, SpecError};
use crate::spec::dataset_info::{DatasetInfo, ImageShape};

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
    /// The layers inside a container: those of a sequence, or those of each branch of a residual
    /// layer. Their parameters and operations are part of the numbers above.
    pub branches: Vec<Vec<LayerSummary>>,
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
    fn inside(self, outer: &str) -> Self {
        let key = format!("{outer}: {}", self.key);
        Self { key, ..self }
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
        let mut totals = Totals::default();
        let layers = totals.sequence(&self.layers, Shape::from(info.shape))?;
        let class_count = info.class_count();
        let output = layers.last().map(|layer| layer.output);
        if output != Some(Shape::Vector(class_count)) || !gives_logits(&self.layers) {
            let last = self.layers.last();
            let shape = output.unwrap_or(Shape::from(info.shape));
            return Err(ShapeError {
                key: format!(
                    "layer {} ({}): output",
                    self.layers.len(),
                    last.map_or("none", Layer::name)
                ),
                expected: format!(
                    "a dense layer with {class_count} units, one a class, and linear activation"
                ),
                found: match last {
                    Some(Layer::Dense {
                        activation: Activation::Relu,
                        ..
                    }) => format!("shape {shape}, relu"),
                    _ => format!("shape {shape}"),
                },
            });
        }
        Ok(Architecture { layers })
    }
}

/// Whether the last layer, which may be inside a sequence, is a dense one without activation.
fn gives_logits(layers: &[Layer]) -> bool {
    match layers.last() {
        Some(Layer::Dense { activation, .. }) => *activation == Activation::Linear,
        Some(Layer::Sequence { layers }) => gives_logits(layers),
        _ => false,
    }
}

/// What the layers add up to that have been looked at, nested ones included.
#[derive(Default)]
struct Totals {
    layers: usize,
    parameters: usize,
}

impl Totals {
    /// The summaries of `layers`, one after another from `input`.
    fn sequence(
        &mut self,
        layers: &[Layer],
        mut input: Shape,
    ) -> Result<Vec<LayerSummary>, ShapeError> {
        let mut summaries = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let summary = self.layer(layer, input).map_err(|error| {
                error.inside(&format!("layer {} ({})", index + 1, layer.name()))
            })?;
            input = summary.output;
            summaries.push(summary);
        }
        Ok(summaries)
    }

    fn layer(&mut self, layer: &Layer, input: Shape) -> Result<LayerSummary, ShapeError> {
        self.layers += 1;
        if self.layers > MAX_LAYERS {
            return Err(mismatch((
                "number",
                format!("at most {MAX_LAYERS}"),
                "more".into(),
            )));
        }
        let summary = match layer {
            Layer::Sequence { layers } => {
                let layers = self.sequence(layers, input)?;
                let output = layers.last().map_or(input, |layer| layer.output);
                return Ok(container(layer, input, output, vec![layers]));
            }
            Layer::Residual { layers, shortcut } => {
                let layers = self.sequence(layers, input)?;
                let shortcut = self
                    .sequence(shortcut, input)
                    .map_err(|error| error.inside("shortcut"))?;
                let [output, added] = [&layers, &shortcut]
                    .map(|branch| branch.last().map_or(input, |layer| layer.output));
                if output != added {
                    return Err(mismatch((
                        "shortcut",
                        format!("the shape that the layers give, {output}"),
                        format!("shape {added}"),
                    )));
                }
                return Ok(container(layer, input, output, vec![layers, shortcut]));
            }
            layer => summarize(layer, input).map_err(mismatch)?,
        };
        self.parameters = self.parameters.saturating_add(summary.parameters);
        let (parameters, outputs) = (self.parameters, summary.output.len());
        if parameters > MAX_PARAMETERS || outputs > MAX_ACTIVATION {
            return Err(mismatch((
                "size",
                format!(
                    "at most {MAX_PARAMETERS} parameters up to here and {MAX_ACTIVATION} outputs"
                ),
                format!("{parameters} parameters, {outputs} outputs"),
            )));
        }
        Ok(summary)
    }
}

/// A container's numbers are the sums over its branches.
fn container(
    layer: &Layer,
    input: Shape,
    output: Shape,
    branches: Vec<Vec<LayerSummary>>,
) -> LayerSummary {
    LayerSummary {
        layer: layer.clone(),
        input,
        output,
        parameters: branches.iter().flatten().map(|l| l.parameters).sum(),
        macs: branches.iter().flatten().map(|l| l.macs).sum(),
        branches,
    }
}

fn mismatch((field, expected, found): Mismatch) -> ShapeError {
    ShapeError {
        key: field.to_owned(),
        expected,
        found,
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
        Layer::BatchNormalization { .. } => {
            let (_, _, channels) = image(input)?;
            (input, 4 * channels, 0)
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
        Layer::Dropout { .. } => (input, 0, 0),
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
