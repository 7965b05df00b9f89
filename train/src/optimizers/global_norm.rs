use anyhow::Result;
use rayon::prelude::*;

use crate::autograd::Gradients;
use crate::kernels::simd::arch;
use crate::network::Network;

/// Values whose squares are summed by one thread; the sums are added up in order.
const TASK_LEN: usize = 16_384;

/// Shortens the gradients of all trainable parameters together to a Euclidean norm of at most `most`:
/// Keras's `clip_by_global_norm`. A norm that is no number makes all of them NaN.
///
/// # Errors
/// A parameter without gradient when there is no memory for one.
pub(super) fn clip(most: f64, network: &Network, gradients: &mut Gradients) -> Result<()> {
    let mut squares = 0.0;
    for parameter in network.parameters().filter(|p| p.is_trainable()) {
        squares += sum_of_squares(parameter.gradient(gradients)?);
    }
    let norm = squares.sqrt();
    if norm <= most {
        return Ok(());
    }
    let factor = match norm.is_finite() {
        true => (most / norm) as f32,
        false => f32::NAN,
    };
    for parameter in network.parameters().filter(|p| p.is_trainable()) {
        let gradient = parameter.gradient(gradients)?;
        gradient.par_chunks_mut(TASK_LEN).for_each(|gradient| {
            arch().dispatch(|| {
                for value in gradient {
                    *value *= factor;
                }
            });
        });
    }
    Ok(())
}

fn sum_of_squares(values: &[f32]) -> f64 {
    let sums: Vec<f64> = values
        .par_chunks(TASK_LEN)
        .map(|values| {
            let squares = values.iter().map(|value| f64::from(*value).powi(2));
            squares.sum::<f64>()
        })
        .collect();
    sums.iter().sum()
}
