//! Calibration: whether images with a confidence of 80 % are correct in 80 % of the cases.

/// Images whose confidence, the probability of the predicted class, falls into one bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Confidences above this; the first bin takes 0 too.
    pub low: f64,
    /// Up to and including this.
    pub high: f64,
    /// Number of images.
    pub images: u64,
    /// Mean confidence; `None` in an empty bin.
    pub mean_confidence: Option<f64>,
    /// Share of images that are correct; `None` in an empty bin.
    pub accuracy: Option<f64>,
}

/// Calibration of one run on one split.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Equally wide bins over 0..=1.
    pub bins: Vec<Bin>,
    /// Mean over images of |accuracy − confidence| of their bin.
    pub expected_error: f64,
    /// Largest |accuracy − confidence| of a bin that has images.
    pub maximum_error: f64,
    /// Mean confidence of all images.
    pub mean_confidence: f64,
    /// Mean over images of the squared distance between the probabilities and the one-hot true
    /// class, 0..=2.
    pub brier_score: f64,
}

/// Calibration of `confidences`, (N), the probabilities of the classes `predicted`, (N), against `labels`, (N),
/// in `bin_count` (at least 1) bins. The [`brier_score`] is of the same images.
///
/// C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017), On calibration of modern neural networks.
pub fn calibration(
    labels: &[u16],
    predicted: &[u16],
    confidences: &[f32],
    brier_score: f64,
    bin_count: u32,
) -> Calibration {
    let bin_count = bin_count.max(1) as usize;
    let mut images = vec![0_u64; bin_count];
    let mut correct = vec![0_u64; bin_count];
    let mut confidence_sums = vec![0.0; bin_count];
    for ((&label, &class), &confidence) in labels.iter().zip(predicted).zip(confidences) {
        let confidence = f64::from(confidence);
        let bin = bin_index(confidence, bin_count as u32);
        images[bin] += 1;
        correct[bin] += u64::from(label == class);
        confidence_sums[bin] += confidence;
    }
    let share = |sum: f64, bin: usize| (images[bin] > 0).then(|| sum / images[bin] as f64);
    let bins: Vec<Bin> = (0..bin_count)
        .map(|bin| Bin {
            low: bin as f64 / bin_count as f64,
            high: (bin + 1) as f64 / bin_count as f64,
            images: images[bin],
            mean_confidence: share(confidence_sums[bin], bin),
            accuracy: share(correct[bin] as f64, bin),
        })
        .collect();
    let n = labels.len().max(1) as f64;
    let errors: Vec<(f64, f64)> = bins
        .iter()
        .filter_map(|bin| Some((bin.images as f64 / n, bin.accuracy? - bin.mean_confidence?)))
        .collect();
    Calibration {
        expected_error: errors
            .iter()
            .map(|(weight, error)| weight * error.abs())
            .sum(),
        maximum_error: errors
            .iter()
            .map(|(_, error)| error.abs())
            .fold(0.0, f64::max),
        mean_confidence: confidence_sums.iter().sum::<f64>() / n,
        brier_score,
        bins,
    }
}

/// The bin of a confidence, from 0: bins include their upper edge, the first one 0 too.
pub fn bin_index(confidence: f64, bin_count: u32) -> usize {
    let bin = (confidence * f64::from(bin_count)).ceil() as usize;
    bin.clamp(1, bin_count.max(1) as usize) - 1
}

/// Mean over images of the squared distance between `probabilities`, (N, C), and the one-hot `labels`, (N);
/// `class_count` is C.
///
/// G. W. Brier (1950), Verification of forecasts expressed in terms of probability.
pub fn brier_score(labels: &[u16], probabilities: &[f32], class_count: usize) -> f64 {
    let rows = probabilities.chunks_exact(class_count);
    let sum = labels
        .iter()
        .zip(rows)
        .fold(0.0, |sum, (&label, row)| sum + squared_distance(row, label));
    sum / labels.len().max(1) as f64
}

fn squared_distance(row: &[f32], label: u16) -> f64 {
    row.iter()
        .enumerate()
        .map(|(class, &probability)| {
            let truth = if class == usize::from(label) {
                1.0
            } else {
                0.0
            };
            (f64::from(probability) - truth).powi(2)
        })
        .sum()
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Six images: the first has label 0 and gives class 0 a probability of 0.91 and every other
    /// class 0.01; and so on.
    pub fn small_table() -> (Vec<u16>, Vec<f32>) {
        let rows = [
            (0, 0, 0.91),
            (1, 1, 0.55),
            (2, 4, 0.64),
            (6, 6, 0.37),
            (6, 0, 0.46),
            (9, 9, 0.982),
        ];
        let labels = rows.iter().map(|row| row.0).collect();
        let probabilities = rows
            .iter()
            .flat_map(|&(_, class, confidence)| {
                (0..10).map(move |other| {
                    if other == class {
                        confidence
                    } else {
                        (1.0 - confidence) / 9.0
                    }
                })
            })
            .collect();
        (labels, probabilities)
    }

    // import numpy as np  # 2.4.6
    // labels, predicted = np.array([0, 1, 2, 6, 6, 9]), np.array([0, 1, 4, 6, 0, 9])
    // confidence = np.array([0.91, 0.55, 0.64, 0.37, 0.46, 0.982])
    // P = np.repeat((1 - confidence)[:, None] / 9, 10, 1); P[range(6), predicted] = confidence
    // hit, bins = labels == predicted, np.digitize(confidence, np.linspace(0, 1, 6), right=True)
    // gaps = {b: abs(hit[bins == b].mean() - confidence[bins == b].mean()) for b in set(bins)}
    // np.mean([gaps[b] for b in bins]), max(gaps.values()), confidence.mean()
    // ((P - np.eye(10)[labels])**2).sum(1).mean()
    // from sklearn.metrics import brier_score_loss  # 1.9.1, multi-class: the same number
    #[test]
    fn calibration_is_numpys_and_the_brier_score_scikit_learns() {
        let (labels, probabilities) = small_table();
        let brier_score = brier_score(&labels, &probabilities, 10);
        let confidences = [0.91, 0.55, 0.64, 0.37, 0.46, 0.982];
        let found = calibration(&labels, &[0, 1, 4, 6, 0, 9], &confidences, brier_score, 5);
        assert!(
            (found.expected_error - 0.231_333_333_333_333_36).abs() < 1e-6,
            "{found:?}"
        );
        assert!((found.maximum_error - 0.64).abs() < 1e-6, "{found:?}");
        assert!((found.mean_confidence - 0.652).abs() < 1e-6, "{found:?}");
        assert!(
            (found.brier_score - 0.523_893_333_333_333_4).abs() < 1e-6,
            "{found:?}"
        );
        let images: Vec<_> = found.bins.iter().map(|bin| bin.images).collect();
        assert_eq!(images, [0, 1, 2, 1, 2]);
    }

    proptest! {
        #[test]
        fn every_image_is_in_one_bin_and_errors_are_shares(
            confidences in prop::collection::vec(0.1..=1.0_f32, 1..100),
            bin_count in 1_u32..40,
        ) {
            let labels: Vec<u16> = (0..confidences.len()).map(|row| (row % 3) as u16).collect();
            let predicted = vec![0; labels.len()];
            let probabilities: Vec<f32> = confidences
                .iter()
                .flat_map(|&confidence| {
                    let mut row = [(1.0 - confidence) / 9.0; 10];
                    row[0] = confidence;
                    row
                })
                .collect();
            let brier_score = brier_score(&labels, &probabilities, 10);
            let found = calibration(&labels, &predicted, &confidences, brier_score, bin_count);
            prop_assert_eq!(found.bins.iter().map(|bin| bin.images).sum::<u64>(), labels.len() as u64);
            prop_assert!(0.0 <= found.expected_error);
            prop_assert!(found.expected_error <= found.maximum_error + 1e-12);
            prop_assert!(found.maximum_error <= 1.0);
            prop_assert!((0.0..=2.0).contains(&found.brier_score));
            for bin in &found.bins {
                if let Some(confidence) = bin.mean_confidence {
                    prop_assert!(bin.low - 1e-6 <= confidence && confidence <= bin.high + 1e-6);
                }
            }
        }
    }
}
