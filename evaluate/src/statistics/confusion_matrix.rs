//! Confusion matrix.

use pipelines::class::CLASS_COUNT;

/// Number of images by true class (row) and predicted class (column).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// `counts[label][predicted]`
    pub counts: [[u64; CLASS_COUNT]; CLASS_COUNT],
}

impl ConfusionMatrix {
    /// Of `labels` and `predicted` classes, both (N), 0..10.
    pub fn of(labels: &[u8], predicted: &[u8]) -> Self {
        let mut counts = [[0; CLASS_COUNT]; CLASS_COUNT];
        for (&label, &class) in labels.iter().zip(predicted) {
            counts[usize::from(label)][usize::from(class)] += 1;
        }
        Self { counts }
    }

    /// Number of images of a class.
    pub fn support(&self, label: usize) -> u64 {
        self.counts[label].iter().sum()
    }

    /// Number of images that were predicted as a class.
    pub fn predicted(&self, class: usize) -> u64 {
        self.counts.iter().map(|row| row[class]).sum()
    }

    /// Number of images.
    pub fn images(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Number of images on the diagonal.
    pub fn correct(&self) -> u64 {
        (0..CLASS_COUNT)
            .map(|class| self.counts[class][class])
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // from sklearn.metrics import confusion_matrix  # 1.9.1
    // confusion_matrix([0,0,0,1,1,1,2,2,2,3], [0,1,0,1,1,2,2,2,0,0])
    #[test]
    fn counts_are_scikit_learns() {
        let found = ConfusionMatrix::of(
            &[0, 0, 0, 1, 1, 1, 2, 2, 2, 3],
            &[0, 1, 0, 1, 1, 2, 2, 2, 0, 0],
        );
        let corner: Vec<_> = found.counts[..4].iter().map(|row| &row[..4]).collect();
        assert_eq!(
            corner,
            [[2, 1, 0, 0], [0, 2, 1, 0], [1, 0, 2, 0], [1, 0, 0, 0]]
        );
        assert_eq!((found.images(), found.correct()), (10, 6));
    }

    proptest! {
        #[test]
        fn rows_add_up_to_support_and_columns_to_predictions(
            pairs in prop::collection::vec((0_u8..10, 0_u8..10), 0..300),
        ) {
            let (labels, predicted): (Vec<u8>, Vec<u8>) = pairs.into_iter().unzip();
            let found = ConfusionMatrix::of(&labels, &predicted);
            for class in 0..CLASS_COUNT {
                let count = |of: &[u8]| of.iter().filter(|&&c| usize::from(c) == class).count() as u64;
                prop_assert_eq!(found.support(class), count(&labels));
                prop_assert_eq!(found.predicted(class), count(&predicted));
            }
            prop_assert_eq!(found.images(), labels.len() as u64);
        }
    }
}
