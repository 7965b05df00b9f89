//! The layers of a model with their shapes, parameters and operations.

use super::shape::summarize;
use super::{Activation, Layer, Model, Shape, ShapeError};
use crate::spec::dataset_info::DatasetInfo;

/// More parameters than this are a mistake, not a model for a CPU.
const MAX_PARAMETERS: usize = 100_000_000;
/// Longest list of layers.
const MAX_LAYERS: usize = 1_000;
/// No single activation may have more values than this for one image.
const MAX_ACTIVATION: usize = 10_000_000;

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
    /// The layers inside a container: those of a sequence, as often as they are repeated, or those of
    /// each branch of a residual layer. Their parameters and operations are part of the numbers above.
    pub branches: Vec<Vec<LayerSummary>>,
}

/// All layers of a model with their shapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// From the first layer to the logits.
    pub layers: Vec<LayerSummary>,
}

impl Architecture {
    /// The layers that are no containers, repetitions included, from the input to the output.
    pub fn leaves(&self) -> Vec<&LayerSummary> {
        fn push<'a>(leaves: &mut Vec<&'a LayerSummary>, layers: &'a [LayerSummary]) {
            for layer in layers {
                match layer.branches.is_empty() {
                    true => leaves.push(layer),
                    false => layer
                        .branches
                        .iter()
                        .for_each(|branch| push(leaves, branch)),
                }
            }
        }
        let mut leaves = Vec::new();
        push(&mut leaves, &self.layers);
        leaves
    }

    /// Weights, biases and running statistics.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters).sum()
    }

    /// Multiply-accumulate operations of one image's forward pass; convolutions and dense layers
    /// only.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| layer.macs).sum()
    }

    /// Floating-point operations of one image in a training step, done plainly: two for each
    /// multiply-accumulate of the forward pass, and as many for the gradient of the weights and for that of
    /// the input. Layers that read the images, with no parameters before them, make no gradient of their
    /// input.
    pub fn training_operations(&self) -> u64 {
        2 * (3 * self.macs() - macs_on_images(&self.layers))
    }

    /// Values of one image that the layers hand on, those inside containers included.
    pub fn activations(&self) -> u64 {
        fn sum(layers: &[LayerSummary]) -> u64 {
            let of_layer = |layer: &LayerSummary| {
                let inside: u64 = layer.branches.iter().map(|branch| sum(branch)).sum();
                layer.output.len() as u64 + inside
            };
            layers.iter().map(of_layer).sum()
        }
        sum(&self.layers)
    }
}

/// MACs of the layers of `layers` that have parameters and none before them.
fn macs_on_images(layers: &[LayerSummary]) -> u64 {
    let first = layers.iter().find(|layer| layer.parameters > 0);
    first.map_or(0, |layer| match &layer.branches[..] {
        [] => layer.macs,
        branches => branches.iter().map(|branch| macs_on_images(branch)).sum(),
    })
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
            return Err(ShapeError::new(
                format!(
                    "layer {} ({}): output",
                    self.layers.len(),
                    last.map_or("none", Layer::name)
                ),
                format!(
                    "a dense layer with {class_count} units, one a class, and linear activation"
                ),
                match last {
                    Some(Layer::Dense { activation, .. }) if *activation != Activation::Linear => {
                        format!("shape {shape}, {}", activation.name())
                    }
                    _ => format!("shape {shape}"),
                },
            ));
        }
        Ok(Architecture { layers })
    }
}

/// Whether the last layer, which may be inside a sequence, gives values of any size and sign: a dense
/// one without activation, or such a convolution whose maps are pooled as a whole. Both may be rescaled.
fn gives_logits(layers: &[Layer]) -> bool {
    let Some((last, before)) = layers.split_last() else {
        return false;
    };
    match last {
        Layer::Dense { activation, .. } => *activation == Activation::Linear,
        Layer::GlobalAveragePooling2d {} | Layer::GlobalMaxPooling2d {} => matches!(
            before.last(),
            Some(Layer::Conv2d {
                activation: Activation::Linear,
                ..
            })
        ),
        Layer::Rescaling { .. } => gives_logits(before),
        Layer::Sequence { layers, .. } => gives_logits(layers),
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
            return Err(ShapeError::new(
                "number",
                format!("at most {MAX_LAYERS}"),
                "more",
            ));
        }
        let summary = match layer {
            Layer::Sequence { layers, repeat } => {
                let mut all = Vec::new();
                let mut output = input;
                for _ in 0..*repeat {
                    all.extend(self.sequence(layers, output)?);
                    output = all.last().map_or(output, |layer| layer.output);
                }
                return Ok(container(layer, input, output, vec![all]));
            }
            Layer::Residual { layers, shortcut } => {
                let layers = self.sequence(layers, input)?;
                let shortcut = self
                    .sequence(shortcut, input)
                    .map_err(|error| error.inside("shortcut"))?;
                let [output, added] = [&layers, &shortcut]
                    .map(|branch| branch.last().map_or(input, |layer| layer.output));
                if output != added {
                    return Err(ShapeError::new(
                        "shortcut",
                        format!("the shape that the layers give, {output}"),
                        format!("shape {added}"),
                    ));
                }
                return Ok(container(layer, input, output, vec![layers, shortcut]));
            }
            layer => summarize(layer, input)?,
        };
        self.parameters = self.parameters.saturating_add(summary.parameters);
        let (parameters, outputs) = (self.parameters, summary.output.len());
        if parameters > MAX_PARAMETERS || outputs > MAX_ACTIVATION {
            return Err(ShapeError::new(
                "size",
                format!(
                    "at most {MAX_PARAMETERS} parameters up to here and {MAX_ACTIVATION} outputs"
                ),
                format!("{parameters} parameters, {outputs} outputs"),
            ));
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
