use super::Layer;

/// The same network in fewer layers, for a list of layers in the order in which data flows. The
/// first layer no longer computes the gradient of its input.
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
    layers
}
