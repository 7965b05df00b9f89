//! Layers from their description in a spec.

use anyhow::{Context, Result};
use pipelines::random::Streams;
use pipelines::spec::{self, LayerNames, Pooling};
use rand::Rng;

use crate::kernels::window::Padding;
use crate::layers::{
    Activation, AveragePool2d, BatchNorm2d, Conv2d, Dense, DepthwiseConv2d, Dropout, Flatten,
    GlobalAveragePool2d, GlobalMaxPool2d, Layer, LayerNorm, MaxPool2d, Rescaling, Residual,
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

    /// `layers`, `repeat` times one after another, for an input of (height, width, channels) `shape`.
    /// Names of parameters begin with `prefix`.
    ///
    /// # Errors
    /// The first layer that does not fit, by its number, with both shapes.
    pub(super) fn sequence(
        &mut self,
        layers: &[spec::Layer],
        repeat: usize,
        mut shape: [usize; 3],
        prefix: &str,
    ) -> Result<Sequence> {
        let reads_images = self.reads_images;
        let mut names = LayerNames::new(prefix);
        let mut built: Vec<Box<dyn Layer>> = Vec::with_capacity(layers.len());
        for (index, layer) in (0..repeat).flat_map(|_| layers.iter().enumerate()) {
            let next = self
                .layer(layer, shape, &names.next(layer))
                .and_then(|next| {
                    let output = next.output_shape(shape)?;
                    Ok((next, output))
                });
            let (next, output) =
                next.with_context(|| format!("layer {} ({})", index + 1, layer.name()))?;
            self.reads_images &= next.parameters().is_empty();
            built.push(next);
            if let Some(activation) = activation_behind(layer) {
                built.push(Box::new(Activation::new(activation)));
            }
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
                use_bias,
            } => {
                let convolution = Conv2d::new(
                    name,
                    [channels, filters],
                    [kernel_size; 2],
                    [strides; 2],
                    padding_of(padding),
                    within(activation),
                );
                match use_bias {
                    true => Box::new(convolution),
                    false => Box::new(convolution.without_bias()),
                }
            }
            spec::Layer::DepthwiseConv2d {
                kernel_size,
                strides,
                padding,
                use_bias,
                ..
            } => {
                let convolution = DepthwiseConv2d::new(
                    name,
                    channels,
                    [kernel_size; 2],
                    [strides; 2],
                    padding_of(padding),
                );
                match use_bias {
                    true => Box::new(convolution),
                    false => Box::new(convolution.without_bias()),
                }
            }
            spec::Layer::BatchNormalization {
                momentum,
                epsilon,
                scale,
                center,
            } => {
                let mut norm = BatchNorm2d::new(name, channels, momentum as f32, epsilon as f32);
                if !scale {
                    norm = norm.without_scale();
                }
                if !center {
                    norm = norm.without_center();
                }
                if let Some(map) = self.flattened {
                    norm = norm.over_flattened(map);
                }
                Box::new(norm)
            }
            spec::Layer::LayerNormalization {
                epsilon,
                scale,
                center,
            } => {
                let mut norm = LayerNorm::new(name, channels, epsilon as f32);
                if !scale {
                    norm = norm.without_scale();
                }
                if !center {
                    norm = norm.without_center();
                }
                if let Some(map) = self.flattened {
                    norm = norm.over_flattened(map);
                }
                Box::new(norm)
            }
            spec::Layer::Activation { activation } => Box::new(Activation::new(activation)),
            spec::Layer::Rescaling { scale, offset } => {
                Box::new(Rescaling::new(scale as f32, offset as f32))
            }
            spec::Layer::MaxPooling2d(Pooling { pool_size, strides }) => {
                Box::new(MaxPool2d::new([pool_size; 2], [strides; 2]))
            }
            spec::Layer::AveragePooling2d(Pooling { pool_size, strides }) => {
                Box::new(AveragePool2d::new([pool_size; 2], [strides; 2]))
            }
            spec::Layer::GlobalMaxPooling2d {} => Box::new(GlobalMaxPool2d::default()),
            spec::Layer::GlobalAveragePooling2d {} => Box::new(GlobalAveragePool2d::default()),
            spec::Layer::Flatten {} => {
                self.flattened = Some(input);
                Box::new(Flatten)
            }
            spec::Layer::Dense {
                units,
                activation,
                use_bias,
            } => {
                let map = self.flattened.take().unwrap_or(input);
                let dense = Dense::new(name, map, units, within(activation));
                match use_bias {
                    true => Box::new(dense),
                    false => Box::new(dense.without_bias()),
                }
            }
            spec::Layer::Dropout { rate } => {
                let key = self.dropout_keys.id(id).next_u64();
                Box::new(Dropout::new(rate as f32, key)?)
            }
            spec::Layer::Sequence { ref layers, repeat } => {
                Box::new(self.sequence(layers, repeat, input, name)?)
            }
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
        let layers = self.sequence(layers, 1, input, name)?;
        (self.flattened, self.reads_images) = (flattened, reads_images);
        let shortcut = self
            .sequence(shortcut, 1, input, &format!("{name}.shortcut"))
            .context("shortcut")?;
        // What comes out is no flattened map, but the sum of two vectors.
        self.flattened = None;
        Ok(Box::new(Residual::new(layers, shortcut)))
    }
}

fn padding_of(padding: spec::Padding) -> Padding {
    match padding {
        spec::Padding::Valid => Padding::Valid,
        spec::Padding::Same => Padding::Same,
    }
}

/// What a convolution or a dense layer applies itself: a ReLU costs nothing there.
fn within(activation: spec::Activation) -> spec::Activation {
    match activation {
        spec::Activation::Relu => activation,
        _ => spec::Activation::Linear,
    }
}

/// What a layer of its own has to apply to the output of `layer`.
fn activation_behind(layer: &spec::Layer) -> Option<spec::Activation> {
    let (activation, own) = match *layer {
        spec::Layer::Conv2d { activation, .. } | spec::Layer::Dense { activation, .. } => {
            (activation, within(activation))
        }
        spec::Layer::DepthwiseConv2d { activation, .. } => (activation, spec::Activation::Linear),
        _ => return None,
    };
    (activation != own).then_some(activation)
}
