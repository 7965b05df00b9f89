use anyhow::{Result, bail, ensure};

use crate::autograd::{Tensor, TrainingPass};
use crate::kernels::softmax_cross_entropy::{BatchScore, score};

/// Cross-entropy of the softmax of `logits` (N, 1, 1, classes), averaged over the rows: Keras's
/// `SparseCategoricalCrossentropy(from_logits=True)`, PyTorch's `CrossEntropyLoss`. Returns the mean
/// loss and how many rows are predicted correctly, and records the backward operation in `pass`.
///
/// # Errors
/// If there are not as many labels as rows, or a label is not below the number of classes.
pub fn softmax_cross_entropy(
    logits: &Tensor,
    labels: &[u16],
    pass: &mut TrainingPass,
) -> Result<BatchScore> {
    let [rows, height, width, channels] = logits.shape();
    let classes = height * width * channels;
    ensure!(
        labels.len() == rows,
        "expected {rows} labels, found {}",
        labels.len()
    );
    if let Some(label) = labels.iter().find(|&&label| usize::from(label) >= classes) {
        bail!("expected labels below {classes}, found {label}");
    }
    let mut gradient = vec![0.0; rows * classes];
    let score = score(classes, logits.values(), labels, &mut gradient);
    pass.record_loss(logits, move |dlogits| dlogits.copy_from_slice(&gradient));
    Ok(score)
}
