//! Precision, recall and F1, as in scikit-learn's `classification_report`.

/// Scores of one class, or their mean over classes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Of the images predicted as the class, the share that belongs to it; 0 when there are none.
    pub precision: f64,
    /// Of the images of the class, the share that is predicted as it; 0 when there are none.
    pub recall: f64,
    /// Harmonic mean of precision and recall; 0 when both are 0.
    pub f1: f64,
    /// Number of images of the class; of a mean, of all classes.
    pub support: u64,
}

/// Scores of each class and their means.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassificationReport {
    /// In label order.
    pub classes: Vec<Scores>,
    /// Plain mean over the classes that have images or predictions.
    pub macro_average: Scores,
    /// Mean over classes, weighted by support.
    pub weighted_average: Scores,
}

impl ClassificationReport {
    /// Mean recall of the classes that have images, scikit-learn's `balanced_accuracy_score`.
    pub fn balanced_accuracy(&self) -> f64 {
        average(&self.classes, |_, scores| {
            f64::from(u8::from(scores.support > 0))
        })
        .recall
    }
}

/// Scores of `predicted` classes against `labels`, both (N) and below `class_count`. What would be a
/// division by zero is 0, as with scikit-learn's `zero_division=0`. As in scikit-learn, a class that
/// occurs neither among labels nor among predictions does not count in the macro average.
pub fn classification_report(
    labels: &[u16],
    predicted: &[u16],
    class_count: usize,
) -> ClassificationReport {
    let mut correct = vec![0_u64; class_count];
    let mut label_counts = correct.clone();
    let mut predicted_counts = correct.clone();
    for (&label, &class) in labels.iter().zip(predicted) {
        label_counts[usize::from(label)] += 1;
        predicted_counts[usize::from(class)] += 1;
        correct[usize::from(label)] += u64::from(label == class);
    }
    let ratio = |count: f64, of: u64| if of == 0 { 0.0 } else { count / of as f64 };
    let classes: Vec<Scores> = (0..class_count)
        .map(|class| {
            let (support, predicted) = (label_counts[class], predicted_counts[class]);
            let correct = correct[class] as f64;
            Scores {
                precision: ratio(correct, predicted),
                recall: ratio(correct, support),
                f1: ratio(2.0 * correct, support + predicted),
                support,
            }
        })
        .collect();
    let occurs = |class: usize| label_counts[class] + predicted_counts[class] > 0;
    ClassificationReport {
        macro_average: average(&classes, |class, _| f64::from(u8::from(occurs(class)))),
        weighted_average: average(&classes, |_, scores| scores.support as f64),
        classes,
    }
}

fn average(classes: &[Scores], weight: impl Fn(usize, &Scores) -> f64) -> Scores {
    let weights: f64 = classes
        .iter()
        .enumerate()
        .map(|(class, scores)| weight(class, scores))
        .sum();
    let mean = |score: fn(&Scores) -> f64| {
        let sum: f64 = classes
            .iter()
            .enumerate()
            .map(|(class, scores)| weight(class, scores) * score(scores))
            .sum();
        if weights == 0.0 { 0.0 } else { sum / weights }
    };
    Scores {
        precision: mean(|scores| scores.precision),
        recall: mean(|scores| scores.recall),
        f1: mean(|scores| scores.f1),
        support: classes.iter().map(|scores| scores.support).sum(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_scores(found: Scores, expected: [f64; 3], support: u64) {
        assert!((found.precision - expected[0]).abs() < 1e-15, "{found:?}");
        assert!((found.recall - expected[1]).abs() < 1e-15, "{found:?}");
        assert!((found.f1 - expected[2]).abs() < 1e-15, "{found:?}");
        assert_eq!(found.support, support);
    }

    // from sklearn.metrics import classification_report  # 1.9.1
    // classification_report([0,0,0,1,1,1,2,2,2,3], [0,1,0,1,1,2,2,2,0,0], digits=16, zero_division=0)
    #[test]
    fn scores_are_scikit_learns() {
        let third = 2.0 / 3.0;
        let found = classification_report(
            &[0, 0, 0, 1, 1, 1, 2, 2, 2, 3],
            &[0, 1, 0, 1, 1, 2, 2, 2, 0, 0],
            10,
        );
        assert_scores(found.classes[0], [0.5, third, 0.571_428_571_428_571_4], 3);
        assert_scores(found.classes[1], [third, third, third], 3);
        assert_scores(found.classes[2], [third, third, third], 3);
        assert_scores(found.classes[3], [0.0, 0.0, 0.0], 1);
        assert_scores(
            found.macro_average,
            [0.458_333_333_333_333_3, 0.5, 0.476_190_476_190_476_2],
            10,
        );
        assert_scores(
            found.weighted_average,
            [0.55, 0.6, 0.571_428_571_428_571_4],
            10,
        );
    }

    proptest! {
        #[test]
        fn weighted_recall_is_accuracy(
            pairs in prop::collection::vec((0_u16..300, 0_u16..300), 1..300),
        ) {
            let (labels, predicted): (Vec<u16>, Vec<u16>) = pairs.into_iter().unzip();
            let found = classification_report(&labels, &predicted, 300);
            let correct = labels.iter().zip(&predicted).filter(|(label, class)| label == class).count();
            let accuracy = correct as f64 / labels.len() as f64;
            prop_assert!((found.weighted_average.recall - accuracy).abs() < 1e-12);
            for scores in found.classes {
                let low = scores.precision.min(scores.recall);
                let high = scores.precision.max(scores.recall);
                prop_assert!(low - 1e-12 <= scores.f1 && scores.f1 <= high + 1e-12);
            }
        }
    }
}
