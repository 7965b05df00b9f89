//! Layers from their description in a spec.

use anyhow::{Context, Result};
use pipelines::random::Streams;
use pipelines::spec::{self, LayerNames, Pooling};
use rand::Rng;

use crate::kernels::window::Padding;
use crate::layers::{
    AveragePool2d, BatchNorm2d, Conv2d, Dense, Dropout, Flatten, Layer, MaxPool2d, Residual,
    Sequence, fuse,
};

/// What is known while the layers of a network are built one after another.
pub(super) struct Builder {
    dropout_keys: Streams,
    /// Layers that have been begun so far, nested ones included.
    layer_count: u64,
    /// The (height, width, channels) that the last flatten layer has flattened, until a dense layer
    /// reads it.
    flattened: Option<[usize; 3]>,
    /// Whether no layer with parameters has been built yet, so that the next one reads the images.
    reads_images: bool,
}

impl Builder {
    /// For a network whose dropout masks depend on `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            dropout_keys: Streams::new(seed, "dropout", 0),
            layer_count: 0,
            flattened: None,
            reads_images: true,
        }
    }

    /// `layers` for an input of (height, width, channels) `shape`. Names of parameters begin with
    /// `prefix`.
    ///
    /// # Errors
    /// The first layer that does not fit, by its number, with both shapes.
    pub(super) fn sequence(
        &mut self,
        layers: &[spec::Layer],
        mut shape: [usize; 3],
        prefix: &str,
    ) -> Result<Sequence> {
        let reads_images = self.reads_images;
        let mut names = LayerNames::new(prefix);
        let mut built = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let next = self
                .layer(layer, shape, &names.next(layer))
                .and_then(|layer| {
                    let output = layer.output_shape(shape)?;
                    Ok((layer, output))
                });
            let (layer, output) =
                next.with_context(|| format!("layer {} ({})", index + 1, layer.name()))?;
            self.reads_images &= layer.parameters().is_empty();
            built.push(layer);
            shape = output;
        }
        Ok(Sequence::new(fuse(built, reads_images)))
    }

    fn layer(
        &mut self,
        layer: &spec::Layer,
        input: [usize; 3],
        name: &str,
    ) -> Result<Box<dyn Layer>> {
        let [_, _, channels] = input;
        let id = self.layer_count;
        self.layer_count += 1;
        Ok(match *layer {
            spec::Layer::Conv2d {
                filters,
                kernel_size,
                strides,
                padding,
                activation,
            } => Box::new(Conv2d::new(
                name,
                [channels, filters],
                [kernel_size; 2],
                [strides; 2],
                match padding {
                    spec::Padding::Valid => Padding::Valid,
                    spec::Padding::Same => Padding::Same,
                },
                activation,
            )),
            spec::Layer::BatchNormalization { momentum, epsilon } => Box::new(BatchNorm2d::new(
                name,
                channels,
                momentum as f32,
                epsilon as f32,
            )),
            spec::Layer::MaxPooling2d(Pooling { pool_size, strides }) => {
                Box::new(MaxPool2d::new([pool_size; 2], [strides; 2]))
            }
            spec::Layer::AveragePooling2d(Pooling { pool_size, strides }) => {
                Box::new(AveragePool2d::new([pool_size; 2], [strides; 2]))
            }
            spec::Layer::Flatten {} => {
                self.flattened = Some(input);
                Box::new(Flatten)
            }
            spec::Layer::Dense { units, activation } => {
                let map = self.flattened.take().unwrap_or(input);
                Box::new(Dense::new(name, map, units, activation))
            }
            spec::Layer::Dropout { rate } => {
                let key = self.dropout_keys.id(id).next_u64();
                Box::new(Dropout::new(rate as f32, key)?)
            }
            spec::Layer::Sequence { ref layers } => Box::new(self.sequence(layers, input, name)?),
            spec::Layer::Residual {
                ref layers,
                ref shortcut,
            } => self.residual(layers, shortcut, input, name)?,
        })
    }

    /// Both branches read the same input.
    fn residual(
        &mut self,
        layers: &[spec::Layer],
        shortcut: &[spec::Layer],
        input: [usize; 3],
        name: &str,
    ) -> Result<Box<dyn Layer>> {
        let (flattened, reads_images) = (self.flattened, self.reads_images);
        let layers = self.sequence(layers, input, name)?;
        (self.flattened, self.reads_images) = (flattened, reads_images);
        let shortcut = self
            .sequence(shortcut, input, &format!("{name}.shortcut"))
            .context("shortcut")?;
        // What comes out is no flattened map, but the sum of two vectors.
        self.flattened = None;
        Ok(Box::new(Residual::new(layers, shortcut)))
    }
}
