//! `weights.safetensors`: PyTorch's names, shapes and order, so that
//! `module.load_state_dict(safetensors.torch.load_file(path))` takes it as it is.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use pipelines::files::weights_header::SPEC;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::layers::{Parameter, ParameterKind};
use crate::network::Network;

/// PyTorch's shape of a parameter: (kernel height, kernel width, in, out) becomes (out, in, kernel
/// height, kernel width), (kernel height, kernel width, channels, 1) becomes (channels, 1, kernel height,
/// kernel width), and (in, out) becomes (out, in).
pub fn file_shape(parameter: &Parameter) -> Vec<usize> {
    match (parameter.kind(), parameter.shape()) {
        (ParameterKind::ConvolutionKernel, &[height, width, inputs, outputs]) => {
            vec![outputs, inputs, height, width]
        }
        (ParameterKind::DepthwiseKernel, &[height, width, channels, _]) => {
            vec![channels, 1, height, width]
        }
        (ParameterKind::DenseKernel { .. }, &[inputs, outputs]) => vec![outputs, inputs],
        (_, shape) => shape.to_vec(),
    }
}

/// The `values` of a parameter, or of its gradient, in PyTorch's order.
pub fn to_file_order(parameter: &Parameter, values: &[f32]) -> Vec<f32> {
    let positions = memory_positions(parameter);
    positions.into_iter().map(|at| values[at]).collect()
}

/// Gives a parameter values that lie in PyTorch's order.
///
/// # Panics
/// If there are more or fewer of them than the parameter has.
pub fn set_from_file_order(parameter: &mut Parameter, file_values: &[f32]) {
    let positions = memory_positions(parameter);
    assert_eq!(file_values.len(), positions.len());
    let values = parameter.values_mut();
    for (at, value) in positions.into_iter().zip(file_values) {
        values[at] = *value;
    }
}

/// For each value in the file its position in memory. PyTorch flattens maps as (channels, height,
/// width), so the inputs of the dense layer behind them, and what a normalisation there has for each
/// value, have another order, too.
fn memory_positions(parameter: &Parameter) -> Vec<usize> {
    let (area, inputs, outputs) = match (parameter.kind(), parameter.shape()) {
        (ParameterKind::ConvolutionKernel, &[height, width, inputs, outputs]) => {
            (height * width, inputs, outputs)
        }
        (ParameterKind::DepthwiseKernel, &[height, width, channels, _]) => {
            (height * width, 1, channels)
        }
        (ParameterKind::DenseKernel { .. }, &[_, outputs]) => {
            let [height, width, channels] = parameter.map();
            (height * width, channels, outputs)
        }
        _ => {
            let [height, width, channels] = parameter.map();
            (height * width, channels, 1)
        }
    };
    let mut positions = Vec::with_capacity(area * inputs * outputs);
    for output in 0..outputs {
        for input in 0..inputs {
            for at in 0..area {
                positions.push((at * inputs + input) * outputs + output);
            }
        }
    }
    positions
}

/// The bytes of `weights.safetensors`. `spec` is what was trained, as JSON.
///
/// # Errors
/// If safetensors cannot encode the tensors.
pub fn encode(network: &Network, spec: &serde_json::Value) -> Result<Vec<u8>> {
    let tensors: Vec<_> = network
        .parameters()
        .map(|parameter| {
            let values = to_file_order(parameter, parameter.values());
            (parameter.name(), file_shape(parameter), to_bytes(&values))
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
    for parameter in network.parameters_mut() {
        expected += 1;
        let name = parameter.name();
        let tensor = file
            .tensor(name)
            .with_context(|| format!("{}: expected a tensor `{name}`", path.display()))?;
        let shape = file_shape(parameter);
        ensure!(
            tensor.shape() == shape && tensor.dtype() == Dtype::F32,
            "{}: tensor `{name}`: expected F32 {shape:?}, found {:?} {:?}",
            path.display(),
            tensor.dtype(),
            tensor.shape()
        );
        set_from_file_order(parameter, &from_bytes(tensor.data()));
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

/// The values of little-endian `bytes`; an incomplete value at the end is not read.
pub(crate) fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks();
    values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}
