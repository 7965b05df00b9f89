//! What is said of a layer in a diagram, and its colour.

use pipelines::spec::{Activation, Layer, Pooling};

use crate::number;
use crate::palette::{BLUE, Color, FAINT, GREEN, MUTED, ORANGE, PURPLE, RED};

/// Name of a layer, and what it is made of. What happens at the border shows in the shape below.
pub fn words(layer: &Layer) -> (String, String) {
    let then = |activation: Activation| match activation {
        Activation::Linear => String::new(),
        activation => format!(", {}", activation.title()),
    };
    match layer {
        Layer::Conv2d {
            filters,
            kernel_size,
            activation,
            ..
        } => (
            format!("conv {kernel_size}×{kernel_size}"),
            format!("{filters}{}", then(*activation)),
        ),
        Layer::DepthwiseConv2d {
            kernel_size,
            activation,
            ..
        } => (
            "depthwise".to_owned(),
            format!("{kernel_size}×{kernel_size}{}", then(*activation)),
        ),
        Layer::BatchNormalization { .. } => ("batch".to_owned(), "norm".to_owned()),
        Layer::LayerNormalization { .. } => ("layer".to_owned(), "norm".to_owned()),
        Layer::Activation { activation } => (activation.title().to_owned(), String::new()),
        Layer::Rescaling { scale, .. } => (
            "rescale".to_owned(),
            format!("× {}", number::decimal(*scale, 3)),
        ),
        Layer::MaxPooling2d(Pooling { pool_size, .. }) => {
            ("max pool".to_owned(), format!("{pool_size}×{pool_size}"))
        }
        Layer::AveragePooling2d(Pooling { pool_size, .. }) => {
            ("mean pool".to_owned(), format!("{pool_size}×{pool_size}"))
        }
        Layer::GlobalMaxPooling2d {} => ("max pool".to_owned(), "global".to_owned()),
        Layer::GlobalAveragePooling2d {} => ("mean pool".to_owned(), "global".to_owned()),
        Layer::Flatten {} => ("flatten".to_owned(), String::new()),
        Layer::Dense {
            units, activation, ..
        } => ("dense".to_owned(), format!("{units}{}", then(*activation))),
        Layer::Dropout { rate } => ("dropout".to_owned(), rate.to_string()),
        Layer::Sequence { .. } | Layer::Residual { .. } => (layer.name().to_owned(), String::new()),
    }
}

/// The colour of a layer's box.
pub fn color(layer: &Layer) -> Color {
    match layer {
        Layer::Conv2d { .. } | Layer::DepthwiseConv2d { .. } => BLUE,
        Layer::BatchNormalization { .. } | Layer::LayerNormalization { .. } => PURPLE,
        Layer::MaxPooling2d(_)
        | Layer::AveragePooling2d(_)
        | Layer::GlobalMaxPooling2d {}
        | Layer::GlobalAveragePooling2d {} => GREEN,
        Layer::Flatten {} | Layer::Activation { .. } | Layer::Rescaling { .. } => FAINT,
        Layer::Dense { .. } => ORANGE,
        Layer::Dropout { .. } => RED,
        Layer::Sequence { .. } | Layer::Residual { .. } => MUTED,
    }
}
