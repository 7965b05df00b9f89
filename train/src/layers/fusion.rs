use std::any::Any;
use std::iter::Peekable;

use pipelines::spec::Activation::Linear;

use super::{Activation, BatchNorm2d, Conv2d, ConvBlock, Layer, MaxPool2d, Residual};

/// The same layers, in the order in which data flows, in fewer. `reads_images` says whether the
/// first of them reads the images themselves, whose gradient is not needed.
///
/// A 3 x 3 convolution of stride 1 becomes a [`ConvBlock`] with the batch normalisation or the 2 x 2 max
/// pooling behind it; with both, if the convolution has a ReLU and the normalisation comes first. A
/// batch normalisation and a residual layer take in the activation behind them. Results differ from
/// those of the simple layers by rounding only; the parameters are the same, in the same order.
pub fn fuse(layers: Vec<Box<dyn Layer>>, reads_images: bool) -> Vec<Box<dyn Layer>> {
    let mut needs_input_gradient = !reads_images;
    let mut rest = layers.into_iter().peekable();
    let mut fused: Vec<Box<dyn Layer>> = Vec::new();
    while let Some(layer) = rest.next() {
        let has_parameters = !layer.parameters().is_empty();
        match cast::<Conv2d>(layer) {
            Ok(convolution) => fused.extend(block(convolution, &mut rest, needs_input_gradient)),
            Err(layer) => match cast::<BatchNorm2d>(layer) {
                Ok(norm) => {
                    let norm = activated(norm, &mut rest, BatchNorm2d::with_activation);
                    fused.push(norm);
                }
                Err(layer) => match cast::<Residual>(layer) {
                    Ok(residual) => {
                        let residual = activated(residual, &mut rest, Residual::with_activation);
                        fused.push(residual);
                    }
                    Err(layer) => fused.push(layer),
                },
            },
        }
        needs_input_gradient |= has_parameters;
    }
    fused
}

/// `convolution` with what is behind it, as one layer where that can be.
fn block(
    convolution: Box<Conv2d>,
    rest: &mut Peekable<impl Iterator<Item = Box<dyn Layer>>>,
    needs_input_gradient: bool,
) -> Vec<Box<dyn Layer>> {
    let norm = next_if::<BatchNorm2d>(rest, |_| true)
        .map(|norm| activated(norm, rest, BatchNorm2d::with_activation));
    let is_plain = norm.as_ref().is_none_or(|norm| norm.activation == Linear);
    let pool = next_if(rest, |pool: &MaxPool2d| is_plain && pool.is_2x2());
    let can_join = |has_norm, is_pooled| {
        ConvBlock::can_join(&convolution, has_norm, is_pooled, needs_input_gradient)
    };
    let has_norm = norm.is_some();
    let is_pooled = pool.is_some() && can_join(has_norm, true);
    let mut layers: Vec<Box<dyn Layer>> = Vec::new();
    if is_pooled || can_join(has_norm, false) {
        let norm = norm.map(|norm| *norm);
        layers.push(Box::new(ConvBlock::new(*convolution, norm, is_pooled)));
    } else {
        layers.push(convolution);
        layers.extend(norm.map(|norm| norm as Box<dyn Layer>));
    }
    let apart = pool.filter(|_| !is_pooled);
    layers.extend(apart.map(|pool| pool as Box<dyn Layer>));
    layers
}

/// `layer` with the activation behind it, which `with` puts into it, unless that is the identity.
fn activated<L>(
    layer: Box<L>,
    rest: &mut Peekable<impl Iterator<Item = Box<dyn Layer>>>,
    with: impl FnOnce(L, pipelines::spec::Activation) -> L,
) -> Box<L> {
    match next_if::<Activation>(rest, |behind| behind.activation != Linear) {
        Some(behind) => Box::new(with(*layer, behind.activation)),
        None => layer,
    }
}

/// The next layer, if it is an `L` that is `suited`.
fn next_if<L: Layer>(
    rest: &mut Peekable<impl Iterator<Item = Box<dyn Layer>>>,
    suited: impl Fn(&L) -> bool,
) -> Option<Box<L>> {
    let layer = rest.next_if(|layer| {
        let layer: &dyn Any = layer.as_ref();
        layer.downcast_ref().is_some_and(&suited)
    })?;
    cast(layer).ok()
}

fn cast<L: Layer>(layer: Box<dyn Layer>) -> Result<Box<L>, Box<dyn Layer>> {
    let any: &dyn Any = layer.as_ref();
    if !any.is::<L>() {
        return Err(layer);
    }
    let any: Box<dyn Any> = layer;
    Ok(any.downcast().expect("its type was just looked at"))
}
