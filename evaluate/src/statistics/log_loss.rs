//! Log loss.

/// Mean over images of −log of the probability of the true class, in nats. `probabilities` is (N, C),
/// each row adding up to 1; `labels` is (N); `class_count` is C.
///
/// This is scikit-learn's `log_loss`, but a probability of 0 counts as the smallest normal number of
/// single precision and not as 1.2e-7, so that the loss is that of training.
pub fn log_loss(labels: &[u16], probabilities: &[f32], class_count: usize) -> f64 {
    let sum: f64 = labels
        .iter()
        .zip(probabilities.chunks_exact(class_count))
        .map(|(&label, row)| -f64::from(row[usize::from(label)].max(f32::MIN_POSITIVE)).ln())
        .sum();
    sum / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::calibration::tests::small_table;

    // from sklearn.metrics import log_loss  # 1.9.1
    // log_loss(labels, probabilities, labels=range(10)) of the table in calibration.rs
    #[test]
    fn log_loss_is_scikit_learns() {
        let (labels, probabilities) = small_table();
        assert!((log_loss(&labels, &probabilities, 10) - 1.289_475_077_637_772_8).abs() < 1e-6);
    }

    #[test]
    fn a_confident_error_has_a_large_but_finite_loss() {
        let mut probabilities = [0.0; 10];
        probabilities[3] = 1.0;
        let found = log_loss(&[0], &probabilities, 10);
        assert!((87.0..88.0).contains(&found), "{found}");
    }
}
