//! Inference over many rows.

use anyhow::{Context, Result};
use pipelines::spec::TestTimeViews;
use pipelines::tables::images::Images;

use crate::batches::gather;
use crate::network::Network;
use crate::normalization::Normalization;
use crate::views;

/// Rows a forward pass: enough to fill the machine, few enough for their maps to stay in cache.
const BATCH_SIZE: usize = 64;

/// Loss and accuracy over some rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Mean cross-entropy of target and softmax: of -log softmax(logits)\[label\] without label
    /// smoothing.
    pub loss: f64,
    /// Share of the rows whose largest logit (the first of equals) is the label's, 0..=1.
    pub accuracy: f64,
}

/// Calls `each` with some rows after another of `rows` and their logits (rows, classes).
///
/// # Errors
/// Images of another shape than the network's.
pub fn for_each_batch(
    network: &Network,
    images: &Images,
    rows: &[u32],
    normalization: &Normalization,
    mut each: impl FnMut(&[u32], &[f32]),
) -> Result<()> {
    for rows in rows.chunks(BATCH_SIZE) {
        let pixels = gather(images, rows, normalization).pixels;
        let x = network.input(rows.len(), pixels)?;
        let output = network.forward(x).context("a forward pass failed")?;
        each(rows, output.values());
    }
    Ok(())
}

/// As [`for_each_batch`], with the mean of the logits over `views` of each image.
///
/// # Errors
/// As [`for_each_batch`].
pub fn for_each_batch_in_views(
    network: &Network,
    images: &Images,
    rows: &[u32],
    normalization: &Normalization,
    views: TestTimeViews,
    mut each: impl FnMut(&[u32], &[f32]),
) -> Result<()> {
    for rows in rows.chunks(BATCH_SIZE) {
        let mut mean = vec![0.0; rows.len() * network.class_count()];
        for view in views::of(views) {
            let pixels = views::gather(images, rows, view, normalization).pixels;
            let x = network.input(rows.len(), pixels)?;
            let output = network.forward(x).context("a forward pass failed")?;
            for (mean, logit) in mean.iter_mut().zip(output.values()) {
                *mean += view.share * logit;
            }
        }
        each(rows, &mean);
    }
    Ok(())
}

/// Logits (rows, classes) of `rows` of `images`.
///
/// # Errors
/// Images of another shape than the network's.
pub fn logits(
    network: &Network,
    images: &Images,
    rows: &[u32],
    normalization: &Normalization,
) -> Result<Vec<f32>> {
    let mut logits = Vec::with_capacity(rows.len() * network.class_count());
    for_each_batch(network, images, rows, normalization, |_, batch| {
        logits.extend_from_slice(batch);
    })?;
    Ok(logits)
}

/// The score of some rows, added up row by row.
#[derive(Clone, Copy, Debug)]
pub struct ScoreSum {
    label_smoothing: f64,
    loss: f64,
    correct: usize,
    rows: usize,
}

impl ScoreSum {
    /// Of no rows yet; the loss is that of targets with this label smoothing.
    pub fn new(label_smoothing: f64) -> Self {
        Self {
            label_smoothing,
            loss: 0.0,
            correct: 0,
            rows: 0,
        }
    }

    /// Adds the `logits` (rows, classes) of `rows` of `images`.
    pub fn add(&mut self, logits: &[f32], images: &Images, rows: &[u32]) {
        let class_count = images.info.class_count();
        for (logits, &row) in logits.chunks_exact(class_count).zip(rows) {
            let label = usize::from(images.labels[row as usize]);
            let largest = most_probable(logits);
            let sum: f64 = logits
                .iter()
                .map(|logit| f64::from(logit - logits[largest]).exp())
                .sum();
            let of_label = sum.ln() - f64::from(logits[label] - logits[largest]);
            self.loss += match self.label_smoothing {
                0.0 => of_label,
                smoothing => {
                    let below = logits
                        .iter()
                        .map(|logit| f64::from(logits[largest] - logit));
                    let of_all = sum.ln() + below.sum::<f64>() / class_count as f64;
                    of_label * (1.0 - smoothing) + of_all * smoothing
                }
            };
            self.correct += usize::from(largest == label);
        }
        self.rows += rows.len();
    }

    /// Over all rows so far.
    pub fn score(&self) -> Score {
        Score {
            loss: self.loss / self.rows as f64,
            accuracy: self.correct as f64 / self.rows as f64,
        }
    }
}

/// The score of `logits` (rows, classes) against the labels of `rows` of `images`, with targets of this
/// label smoothing.
pub fn score(label_smoothing: f64, logits: &[f32], images: &Images, rows: &[u32]) -> Score {
    let mut sum = ScoreSum::new(label_smoothing);
    sum.add(logits, images, rows);
    sum.score()
}

/// Softmax of each row of `logits` (rows, `class_count`).
pub fn probabilities(class_count: usize, logits: &[f32]) -> Vec<f32> {
    let mut probabilities = Vec::with_capacity(logits.len());
    let mut powers = vec![0.0; class_count];
    for logits in logits.chunks_exact(class_count) {
        let largest = logits[most_probable(logits)];
        for (power, logit) in powers.iter_mut().zip(logits) {
            *power = f64::from(logit - largest).exp();
        }
        let sum: f64 = powers.iter().sum();
        probabilities.extend(powers.iter().map(|power| (power / sum) as f32));
    }
    probabilities
}

/// The class with the largest logit, the first of equals. NaN counts as the largest, so that it
/// shows in the loss.
fn most_probable(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if *logit > logits[best] || logit.is_nan() {
            best = class;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
    use pipelines::tables::split::Split;

    use super::*;

    /// `scipy.special.softmax` and `log_softmax` of the same logits.
    #[test]
    fn probabilities_and_loss_are_those_of_scipy() {
        let mut logits = [0.0_f32; 20];
        logits[..10].copy_from_slice(&[1.0, 2.0, 3.0, -1.0, 0.0, 0.5, -0.5, 4.0, 1.5, 2.5]);
        logits[10..].copy_from_slice(&[100.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0]);
        let probabilities = probabilities(10, &logits);
        let expected = [
            0.025_869_1,
            0.070_319_5,
            0.191_148_2,
            0.003_501,
            0.009_516_71,
            0.015_690_4,
            0.005_772_18,
            0.519_594_7,
            0.042_650_93,
            0.115_937_3,
        ];
        for (found, expected) in probabilities.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(probabilities[10], 0.5);

        let images = Images {
            info: DatasetInfo {
                shape: ImageShape::new(1, 1, 1),
                class_names: ('a'..='j').map(String::from).collect(),
            },
            ids: vec![0, 1],
            splits: vec![Split::Test; 2],
            labels: vec![2, 9],
            pixels: vec![0; 2].into(),
            extra: Vec::new(),
        };
        let plain = (1.654_706_2 + std::f64::consts::LN_2) / 2.0;
        let smooth = score(0.1, &logits, &images, &[0, 1]);
        let score = score(0.0, &logits, &images, &[0, 1]);
        assert!((score.loss - plain).abs() < 1e-6);
        // The mean of -log softmax over the classes: 3.354706 in the first row, 80 + ln 2 in the second.
        let of_all = (3.354_706_2 + 80.0 + std::f64::consts::LN_2) / 2.0;
        assert!((smooth.loss - (0.9 * plain + 0.1 * of_all)).abs() < 1e-5);
        // The first of two equal logits is predicted, and it is not the label's.
        assert_eq!(score.accuracy, 0.0);
    }
}
