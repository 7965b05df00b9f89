//! `weights.safetensors`: PyTorch's names, shapes and order, so that
//! `module.load_state_dict(safetensors.torch.load_file(path))` takes it as it is.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::network::Network;

/// Key of the file's metadata: what was trained, as JSON.
const SPEC: &str = "spec";

/// How PyTorch orders the values of a parameter that lies in memory in Keras's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOrder {
    /// As Keras: vectors.
    Same,
    /// (kernel height, kernel width, in, out) becomes (out, in, kernel height, kernel width).
    Convolution,
    /// (in, out) becomes (out, in); the inputs are a flattened map of (height, width, channels),
    /// which PyTorch flattens as (channels, height, width).
    Dense {
        /// Height, width, channels; 1, 1, inputs when no map was flattened.
        map: [usize; 3],
    },
}

impl FileOrder {
    /// Whether the parameter is a kernel, as against a bias or a vector of batch normalisation.
    pub fn is_kernel(self) -> bool {
        self != FileOrder::Same
    }

    /// The shape in the file of a parameter of Keras's `shape`.
    pub fn shape(self, shape: &[usize]) -> Vec<usize> {
        match (self, shape) {
            (FileOrder::Convolution, &[height, width, inputs, outputs]) => {
                vec![outputs, inputs, height, width]
            }
            (FileOrder::Dense { .. }, &[inputs, outputs]) => vec![outputs, inputs],
            _ => shape.to_vec(),
        }
    }

    /// For each value in the file its place in memory.
    fn places(self, shape: &[usize]) -> Vec<usize> {
        let mut places = Vec::with_capacity(shape.iter().product());
        match (self, shape) {
            (FileOrder::Convolution, &[height, width, inputs, outputs]) => {
                for output in 0..outputs {
                    for input in 0..inputs {
                        for position in 0..height * width {
                            places.push((position * inputs + input) * outputs + output);
                        }
                    }
                }
            }
            (FileOrder::Dense { map }, &[_, outputs]) => {
                let [height, width, channels] = map;
                for output in 0..outputs {
                    for channel in 0..channels {
                        for position in 0..height * width {
                            places.push((position * channels + channel) * outputs + output);
                        }
                    }
                }
            }
            _ => places.extend(0..shape.iter().product()),
        }
        places
    }

    /// `values` from memory in the file's order.
    pub fn to_file(self, shape: &[usize], values: &[f32]) -> Vec<f32> {
        let places = self.places(shape);
        places.into_iter().map(|place| values[place]).collect()
    }

    /// Writes `file_values` into memory.
    ///
    /// # Panics
    /// If the two differ in length.
    pub fn from_file(self, shape: &[usize], file_values: &[f32], values: &mut [f32]) {
        assert_eq!(file_values.len(), values.len());
        for (place, value) in self.places(shape).into_iter().zip(file_values) {
            values[place] = *value;
        }
    }
}

/// The bytes of `weights.safetensors`. `spec` is what was trained, as JSON.
///
/// # Errors
/// None but those of the format.
pub fn encode(network: &Network, spec: &serde_json::Value) -> Result<Vec<u8>> {
    let tensors: Vec<_> = network
        .parameters()
        .map(|(place, parameter)| {
            let shape = place.order.shape(parameter.shape());
            let values = place.order.to_file(parameter.shape(), parameter.values());
            (place.name.clone(), shape, to_bytes(&values))
        })
        .collect();
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| {
            Ok((
                name,
                TensorView::new(Dtype::F32, shape.clone(), bytes).context("cannot encode")?,
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    // One key only: the format does not say in which order several are written.
    let metadata = HashMap::from([(SPEC.to_owned(), spec.to_string())]);
    safetensors::serialize(views, Some(metadata)).context("cannot encode weights")
}

/// Puts the weights of a file at `path` into `network`.
///
/// # Errors
/// Names the file, the tensor, what was expected and what was found; `network` may then hold a
/// part of the file.
pub fn decode(path: &Path, bytes: &[u8], network: &mut Network) -> Result<()> {
    let file = SafeTensors::deserialize(bytes)
        .with_context(|| format!("{}: expected a safetensors file", path.display()))?;
    let mut expected = 0;
    for (place, parameter) in network.parameters_mut() {
        expected += 1;
        let name = &place.name;
        let tensor = file
            .tensor(name)
            .with_context(|| format!("{}: expected a tensor `{name}`", path.display()))?;
        let shape = place.order.shape(parameter.shape());
        ensure!(
            tensor.shape() == shape && tensor.dtype() == Dtype::F32,
            "{}: tensor `{name}`: expected F32 {shape:?}, found {:?} {:?}",
            path.display(),
            tensor.dtype(),
            tensor.shape()
        );
        let values = from_bytes(tensor.data());
        let shape = parameter.shape().to_vec();
        place
            .order
            .from_file(&shape, &values, parameter.values_mut());
    }
    if file.len() != expected {
        bail!(
            "{}: expected {expected} tensors, found {}",
            path.display(),
            file.len()
        );
    }
    Ok(())
}

/// Little-endian bytes of `values`.
pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The values of little-endian `bytes`; what is left over of a whole value is not read.
pub(crate) fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks();
    values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}
