//! Cross-entropy of a softmax, from the logits.

/// The loss of a batch and how many of its rows are predicted correctly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchScore {
    /// Mean over the rows of `-log softmax(logits)[label]`, natural logarithm.
    pub loss: f32,
    /// Rows whose largest logit (the first of equals) is the label's.
    pub correct: usize,
}

/// The score of `logits` (rows, classes) against `labels` (rows), and in `gradient` (rows,
/// classes) the loss's gradient: (softmax - one-hot) / rows.
///
/// # Panics
/// If a label is not below `classes`.
pub fn score(classes: usize, logits: &[f32], labels: &[u16], gradient: &mut [f32]) -> BatchScore {
    assert_eq!(logits.len(), labels.len() * classes);
    assert_eq!(gradient.len(), logits.len());
    let scale = 1.0 / labels.len() as f32;
    let mut loss = 0.0;
    let mut correct = 0;
    let rows = logits.chunks(classes).zip(gradient.chunks_mut(classes));
    for ((logits, gradient), label) in rows.zip(labels) {
        let label = usize::from(*label);
        let mut predicted = 0;
        for (class, logit) in logits.iter().enumerate() {
            if *logit > logits[predicted] {
                predicted = class;
            }
        }
        correct += usize::from(predicted == label);
        let largest = logits[predicted];
        let mut sum = 0.0;
        for (gradient, logit) in gradient.iter_mut().zip(logits) {
            *gradient = (logit - largest).exp();
            sum += *gradient;
        }
        loss += f64::from(sum.ln() - (logits[label] - largest));
        for gradient in &mut *gradient {
            *gradient *= scale / sum;
        }
        gradient[label] -= scale;
    }
    BatchScore {
        loss: (loss / labels.len() as f64) as f32,
        correct,
    }
}
