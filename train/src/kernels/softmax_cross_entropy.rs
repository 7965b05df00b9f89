//! Cross-entropy of a softmax, from the logits.

/// What the loss compares a softmax with. The default is the one-hot target, all rows alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Targets {
    /// Share s of the target that is spread over all K classes: one-hot * (1 - s) + s / K.
    pub label_smoothing: f32,
    /// Factor of the loss of a row by its label; empty for factors of 1.
    pub class_weights: Vec<f32>,
}

/// The loss of a batch and how many of its rows are predicted correctly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchScore {
    /// Sum over the rows of the weight of the label times the cross-entropy of target and softmax
    /// (`-log softmax(logits)[label]` without smoothing), natural logarithm, divided by the number of
    /// rows.
    pub loss: f32,
    /// Rows whose largest logit (the first of equals) is the label's.
    pub correct: usize,
}

/// The score of `logits` (rows, classes) against `labels` (rows), and in `gradient` (rows,
/// classes) the loss's gradient: weight * (softmax - target) / rows.
///
/// # Panics
/// If a label is not below `classes`, or has no weight.
pub fn score(
    classes: usize,
    logits: &[f32],
    labels: &[u16],
    targets: &Targets,
    gradient: &mut [f32],
) -> BatchScore {
    assert_eq!(logits.len(), labels.len() * classes);
    assert_eq!(gradient.len(), logits.len());
    let scale = 1.0 / labels.len() as f32;
    let smoothing = targets.label_smoothing;
    let spread = smoothing / classes as f32;
    let mut loss = 0.0;
    let mut correct = 0;
    let rows = logits.chunks(classes).zip(gradient.chunks_mut(classes));
    for ((logits, gradient), label) in rows.zip(labels) {
        let label = usize::from(*label);
        let weight = match targets.class_weights.is_empty() {
            true => 1.0,
            false => targets.class_weights[label],
        };
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
        let of_label = sum.ln() - (logits[label] - largest);
        let of_row = match smoothing == 0.0 {
            true => of_label,
            false => {
                let mean = logits.iter().map(|logit| logit - largest).sum::<f32>() / classes as f32;
                of_label * (1.0 - smoothing) + (sum.ln() - mean) * smoothing
            }
        };
        loss += f64::from(of_row * weight);
        let scale = scale * weight;
        for gradient in &mut *gradient {
            *gradient *= scale / sum;
        }
        if smoothing != 0.0 {
            for gradient in &mut *gradient {
                *gradient -= scale * spread;
            }
        }
        gradient[label] -= scale * (1.0 - smoothing);
    }
    BatchScore {
        loss: (loss / labels.len() as f64) as f32,
        correct,
    }
}
