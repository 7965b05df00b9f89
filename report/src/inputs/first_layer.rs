//! Weights of the first layer of a network, from its file.

use std::path::Path;

use anyhow::{Context, Result};
use pipelines::tables::images::IMAGE_BYTES;
use safetensors::{Dtype, SafeTensors};

use crate::figures::filters::FirstLayer;

/// The first layer in the file at `path`: square kernels over the one channel of an image, or a
/// dense layer over its pixels; `None` when it is neither.
pub fn read(path: &Path, bytes: &[u8]) -> Result<Option<FirstLayer>> {
    let file = SafeTensors::deserialize(bytes)
        .with_context(|| format!("{}: expected a safetensors file", path.display()))?;
    for (_, tensor) in file.iter() {
        if tensor.dtype() != Dtype::F32 {
            continue;
        }
        match *tensor.shape() {
            [_, 1, height, width] if height == width => {
                return Ok(Some(FirstLayer::Convolution {
                    side: height,
                    weights: numbers(tensor.data()),
                }));
            }
            [units, IMAGE_BYTES] => {
                return Ok(Some(FirstLayer::Dense {
                    weights: root_mean_square(&numbers(tensor.data()), units),
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

/// Over the `units` rows of (units, 784) weights.
fn root_mean_square(weights: &[f32], units: usize) -> Vec<f32> {
    let mut squares = vec![0.0; IMAGE_BYTES];
    for row in weights.chunks_exact(IMAGE_BYTES) {
        for (sum, weight) in squares.iter_mut().zip(row) {
            *sum += weight * weight;
        }
    }
    let count = units.max(1) as f32;
    squares.iter().map(|sum| (sum / count).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    #[test]
    fn a_dense_layer_is_summed_up_by_pixel() {
        let mut weights = vec![0.0_f32; 2 * IMAGE_BYTES];
        weights[5] = 3.0;
        weights[IMAGE_BYTES + 5] = -1.0;
        let bytes: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, vec![2, IMAGE_BYTES], &bytes).unwrap();
        let file = safetensors::serialize([("dense.weight", view)], None).unwrap();
        let layer = read(Path::new("weights.safetensors"), &file).unwrap();
        let Some(FirstLayer::Dense { weights }) = layer else {
            panic!("expected a dense layer, found {layer:?}");
        };
        assert!((weights[5] - 5.0_f32.sqrt()).abs() < 1e-6);
        assert_eq!(weights[6], 0.0);
    }
}
