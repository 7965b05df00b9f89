use dfdx::{
    shapes::{HasShape, Rank0},
    tensor::{Cpu, CpuError, PutTape, SplitTape, Tape, Tensor},
};

use super::{Batch, Taped, batch::tensor, values};
use crate::kernels::softmax_cross_entropy::{BatchScore, score};

/// The loss of a training batch.
#[derive(Debug)]
pub struct BatchLoss {
    /// Mean over the rows, and how many of them are right.
    pub score: BatchScore,
    /// The mean as a tensor; its `try_backward` runs the tape.
    pub tensor: Tensor<Rank0, f32, Cpu, Taped>,
}

/// Cross-entropy of the softmax of `logits` (N, 1, 1, classes), averaged over the rows: Keras's
/// `SparseCategoricalCrossentropy(from_logits=True)`, PyTorch's `CrossEntropyLoss`.
///
/// # Errors
/// If there are not as many labels as rows, or a label is not below the number of classes.
pub fn softmax_cross_entropy(logits: Batch<Taped>, labels: &[u8]) -> Result<BatchLoss, CpuError> {
    let (logits, mut tape) = logits.split_tape();
    let &(rows, height, width, channels) = logits.shape();
    let classes = height * width * channels;
    if rows != labels.len() || labels.iter().any(|&label| usize::from(label) >= classes) {
        return Err(CpuError::WrongNumElements);
    }
    let mut gradient = vec![0.0; rows * classes];
    let score = score(classes, values(&logits), labels, &mut gradient);
    let loss = tensor(vec![score.loss], ())?;
    let (logits_ghost, loss_ghost) = (logits.ghost(), loss.ghost());
    tape.add_backward_op(move |grads| {
        let scale = grads.get_or_alloc_mut(&loss_ghost)?[0];
        let dlogits = grads.get_or_alloc_mut(&logits_ghost)?;
        for (target, value) in dlogits.iter_mut().zip(&gradient) {
            *target = scale * value;
        }
        Ok(())
    });
    Ok(BatchLoss {
        score,
        tensor: loss.put_tape(tape),
    })
}
