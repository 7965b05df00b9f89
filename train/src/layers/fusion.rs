use super::{ConvBlock, Layer};

/// The same network in fewer layers, for a list of layers in the order in which data flows. The
/// first layer no longer computes the gradient of its input.
///
/// A 3 x 3 convolution of stride 1 with ReLU, the batch normalisation behind it and the 2 x 2 max
/// pooling behind that become one [`ConvBlock`]. Results differ from those of the simple layers by
/// rounding only.
pub fn fuse(layers: Vec<Layer>) -> Vec<Layer> {
    let mut layers = layers;
    let first = layers
        .iter_mut()
        .find(|layer| !matches!(layer, Layer::Flatten(_)));
    match first {
        Some(Layer::Conv2d(layer)) => layer.input_gradient = false,
        Some(Layer::Dense(layer)) => layer.input_gradient = false,
        _ => {}
    }
    let mut rest = layers.into_iter().peekable();
    let mut fused = Vec::new();
    while let Some(layer) = rest.next() {
        let Layer::Conv2d(convolution) = layer else {
            fused.push(layer);
            continue;
        };
        let norm = match rest.next_if(|layer| matches!(layer, Layer::BatchNorm2d(_))) {
            Some(Layer::BatchNorm2d(norm)) => Some(norm),
            _ => None,
        };
        let pool = rest.next_if(|layer| matches!(layer, Layer::MaxPool2d(pool) if pool.is_2x2()));
        if ConvBlock::can_join(&convolution, norm.is_some(), pool.is_some()) {
            let block = ConvBlock::new(convolution, norm, pool.is_some());
            fused.push(Layer::ConvBlock(Box::new(block)));
        } else {
            fused.push(Layer::Conv2d(convolution));
            fused.extend(norm.map(Layer::BatchNorm2d));
            fused.extend(pool);
        }
    }
    fused
}
