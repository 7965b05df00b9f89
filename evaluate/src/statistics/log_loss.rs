//! Log loss.

use pipelines::class::CLASS_COUNT;

/// Mean over images of −log of the probability that the true class was given, in nats.
/// `probabilities` is (N, 10), each row adding up to 1; `labels` is (N), 0..10. scikit-learn's
/// `log_loss`, but a probability of 0 counts as the smallest that single precision tells from it,
/// not as 1.2e-7: an image that is surely wrong costs what it cost in training.
pub fn log_loss(labels: &[u8], probabilities: &[f32]) -> f64 {
    let sum: f64 = labels
        .iter()
        .zip(probabilities.chunks_exact(CLASS_COUNT))
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
        assert!((log_loss(&labels, &probabilities) - 1.289_475_077_637_772_8).abs() < 1e-6);
    }

    #[test]
    fn a_sure_error_costs_much_and_not_infinitely_much() {
        let mut probabilities = [0.0; CLASS_COUNT];
        probabilities[3] = 1.0;
        let found = log_loss(&[0], &probabilities);
        assert!((87.0..88.0).contains(&found), "{found}");
    }
}
