use std::any::Any;
use std::iter::Peekable;

use super::{BatchNorm2d, Conv2d, ConvBlock, Layer, MaxPool2d};

/// The same layers, in the order in which data flows, in fewer. `reads_images` says whether the
/// first of them reads the images themselves, whose gradient is not needed.
///
/// A 3 x 3 convolution of stride 1 with ReLU, the batch normalisation behind it and the 2 x 2 max
/// pooling behind that become one [`ConvBlock`]. Results differ from those of the simple layers by
/// rounding only; the parameters are the same, in the same order.
pub fn fuse(layers: Vec<Box<dyn Layer>>, reads_images: bool) -> Vec<Box<dyn Layer>> {
    let mut needs_input_gradient = !reads_images;
    let mut rest = layers.into_iter().peekable();
    let mut fused: Vec<Box<dyn Layer>> = Vec::new();
    while let Some(layer) = rest.next() {
        let has_parameters = !layer.parameters().is_empty();
        match cast::<Conv2d>(layer) {
            Err(layer) => fused.push(layer),
            Ok(convolution) => {
                let norm = next_if::<BatchNorm2d>(&mut rest, |_| true);
                let pool = next_if(&mut rest, MaxPool2d::is_2x2);
                let (has_norm, is_pooled) = (norm.is_some(), pool.is_some());
                if ConvBlock::can_join(&convolution, has_norm, is_pooled, needs_input_gradient) {
                    let norm = norm.map(|norm| *norm);
                    fused.push(Box::new(ConvBlock::new(*convolution, norm, is_pooled)));
                } else {
                    fused.push(convolution);
                    fused.extend(norm.map(|norm| norm as Box<dyn Layer>));
                    fused.extend(pool.map(|pool| pool as Box<dyn Layer>));
                }
            }
        }
        needs_input_gradient |= has_parameters;
    }
    fused
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
