//! Weights of the first layer of a network, from its file.

use std::path::Path;

use anyhow::{Context, Result};
use pipelines::spec::Layer;
use pipelines::spec::dataset_info::ImageShape;
use safetensors::{Dtype, SafeTensors};

use crate::figures::filters::FirstLayer;
use crate::sections::models::all_layers;

/// The first layer in the file at `path` of a network with these `layers` over images of `shape`: a
/// convolution, or a dense layer over the pixels; `None` when it is neither.
pub fn read(
    path: &Path,
    bytes: &[u8],
    layers: &[Layer],
    shape: ImageShape,
) -> Result<Option<FirstLayer>> {
    let file = SafeTensors::deserialize(bytes)
        .with_context(|| format!("{}: expected a safetensors file", path.display()))?;
    let mut tensors: Vec<_> = file
        .iter()
        .filter(|(_, tensor)| tensor.dtype() == Dtype::F32)
        .collect();
    // `conv2d_2` before `conv2d_10`.
    tensors.sort_by_key(|(name, _)| (name.len(), *name));
    let first = all_layers(layers).into_iter().find(|layer| {
        !matches!(
            layer,
            Layer::Flatten {}
                | Layer::Dropout { .. }
                | Layer::Activation { .. }
                | Layer::Rescaling { .. }
                | Layer::Sequence { .. }
                | Layer::Residual { .. }
        )
    });
    for (_, tensor) in tensors {
        match (first, tensor.shape()) {
            (Some(Layer::Conv2d { .. }), &[_, channels, height, width])
                if channels == shape.channels && height == width =>
            {
                return Ok(Some(FirstLayer::Convolution {
                    channels,
                    side: height,
                    weights: numbers(tensor.data()),
                }));
            }
            (Some(Layer::Dense { .. }), &[_, inputs]) if inputs == shape.len() => {
                return Ok(Some(FirstLayer::Dense {
                    width: shape.width,
                    weights: root_mean_square(&numbers(tensor.data()), shape),
                }));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect()
}

/// Of the weights of each pixel, over units and channels; `weights` are (units, channels, height,
/// width).
fn root_mean_square(weights: &[f32], shape: ImageShape) -> Vec<f32> {
    let pixels = shape.height * shape.width;
    let mut squares = vec![0.0; pixels];
    for plane in weights.chunks_exact(pixels) {
        for (sum, weight) in squares.iter_mut().zip(plane) {
            *sum += weight * weight;
        }
    }
    let count = (weights.len() / pixels).max(1) as f32;
    squares.iter().map(|sum| (sum / count).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use pipelines::spec::Activation;
    use safetensors::tensor::TensorView;

    use super::*;

    #[test]
    fn a_dense_layer_is_summed_up_by_pixel() {
        let shape = ImageShape::new(1, 2, 3);
        let mut weights = vec![0.0_f32; 2 * shape.len()];
        (weights[1], weights[11]) = (3.0, -1.0);
        let bytes: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, vec![2, shape.len()], &bytes).unwrap();
        let file = safetensors::serialize([("dense_1.weight", view)], None).unwrap();
        let dense = Layer::Dense {
            units: 2,
            activation: Activation::Linear,
            use_bias: true,
        };
        let layers = [Layer::Flatten {}, dense];
        let path = Path::new("weights.safetensors");
        let layer = read(path, &file, &layers, shape).unwrap();
        let Some(FirstLayer::Dense { weights, .. }) = layer else {
            panic!("expected a dense layer, found {layer:?}");
        };
        assert_eq!(weights[0], 0.0);
        assert!((weights[1] - (10.0_f32 / 6.0).sqrt()).abs() < 1e-6);
    }
}
