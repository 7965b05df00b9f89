use anyhow::{Result, bail, ensure};

use crate::autograd::{Tensor, TrainingPass};
use crate::kernels::softmax_cross_entropy::{BatchScore, Targets, score};

/// Cross-entropy of the softmax of `logits` (N, 1, 1, classes), averaged over the rows: Keras's
/// `CategoricalCrossentropy(from_logits=True, label_smoothing)` with `class_weight`, PyTorch's
/// `CrossEntropyLoss`, which divides by the sum of the weights. Returns the mean loss and how many rows
/// are predicted correctly, and records the backward operation in `pass`.
///
/// # Errors
/// If there are not as many labels as rows, a label is not below the number of classes, or there are not
/// as many weights as classes.
pub fn softmax_cross_entropy(
    logits: &Tensor,
    labels: &[u16],
    targets: &Targets,
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
    let weights = targets.class_weights.len();
    ensure!(
        weights == 0 || weights == classes,
        "expected {classes} class weights, found {weights}"
    );
    let mut gradient = vec![0.0; rows * classes];
    let score = score(classes, logits.values(), labels, targets, &mut gradient);
    pass.record_loss(logits, move |dlogits| dlogits.copy_from_slice(&gradient));
    Ok(score)
}
