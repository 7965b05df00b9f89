//! Recall and precision of one class over images and seeds.

use super::banerjee::VariancePart;
use super::crossed_variance::{CrossedVariance, SeedComponent};
use super::spread;

/// A score of each run of a model, and what each image adds to it.
///
/// A score that is a mean over images has the deviations from it as its influences. A ratio, such as
/// precision, is nearly such a mean (the delta method): with T of N predictions of a class correct, an
/// image that is predicted as the class has the influence n / N · (correct − T / N), where n is the number
/// of images, and any other image has none.
#[derive(Clone, Debug)]
pub struct ClassScore {
    /// Score of each run, 0..=1.
    scores: Vec<f64>,
    /// (runs, images); those of a run have the sum 0.
    influences: Vec<Vec<f64>>,
}

/// A difference of mean scores and where its variance comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreDifference {
    /// b − a.
    pub estimate: f64,
    /// By the images, and by the seeds of both where both have several runs.
    pub parts: Vec<VariancePart>,
}

impl ClassScore {
    /// The share of the images of `class` that each run predicts as it. The images are those of the class
    /// alone: another test set would have as many.
    pub fn recall(class: u16, labels: &[u16], runs: &[&[u16]]) -> Self {
        Self::new(runs, |predicted| {
            let of_class = labels.iter().zip(predicted);
            let correct: Vec<f64> = of_class
                .filter(|(label, _)| **label == class)
                .map(|(_, predicted)| f64::from(u8::from(*predicted == class)))
                .collect();
            let recall = spread::mean(&correct);
            (recall, correct.iter().map(|one| one - recall).collect())
        })
    }

    /// The share of the predictions of `class` that are correct, for each run; 0 for a run without such
    /// predictions, as in scikit-learn.
    pub fn precision(class: u16, labels: &[u16], runs: &[&[u16]]) -> Self {
        Self::new(runs, |predicted| {
            let is_correct = |label: &u16| f64::from(u8::from(*label == class));
            let of_class = labels.iter().zip(predicted);
            let found: Vec<f64> = of_class
                .filter(|(_, predicted)| **predicted == class)
                .map(|(label, _)| is_correct(label))
                .collect();
            let precision = spread::mean(&found);
            let weight = labels.len() as f64 / found.len().max(1) as f64;
            let influence = |(label, predicted): (&u16, &u16)| match *predicted == class {
                true => weight * (is_correct(label) - precision),
                false => 0.0,
            };
            let influences = labels.iter().zip(predicted).map(influence);
            (precision, influences.collect())
        })
    }

    fn new(runs: &[&[u16]], score: impl Fn(&[u16]) -> (f64, Vec<f64>)) -> Self {
        let (scores, influences) = runs.iter().map(|predicted| score(predicted)).unzip();
        Self { scores, influences }
    }

    /// The mean over runs.
    pub fn mean(&self) -> f64 {
        spread::mean(&self.scores)
    }

    /// How far `self` is above `base`, on the same images.
    pub fn minus(&self, base: &Self) -> ScoreDifference {
        let (ours, theirs) = (self.mean_influences(), base.mean_influences());
        let images = ours.len();
        let differences: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
        let over_images = spread::variance(&differences).unwrap_or(0.0) / images.max(1) as f64;
        let seeds = base.seed_component(&theirs).zip(self.seed_component(&ours));
        let seeds: Vec<SeedComponent> = seeds.map_or(Vec::new(), |(a, b)| vec![a, b]);
        ScoreDifference {
            estimate: self.mean() - base.mean(),
            parts: CrossedVariance::new(over_images, images, &seeds).parts(),
        }
    }

    /// Of each image, over runs.
    fn mean_influences(&self) -> Vec<f64> {
        let images = self.influences.first().map_or(0, Vec::len);
        let runs = self.influences.len() as f64;
        (0..images)
            .map(|image| self.influences.iter().map(|run| run[image]).sum::<f64>() / runs)
            .collect()
    }

    /// What the choice of seeds adds; `None` for one run.
    fn seed_component(&self, means: &[f64]) -> Option<SeedComponent> {
        let variance = spread::variance(&self.scores)?;
        let (runs, images) = (self.scores.len() as f64, means.len() as f64);
        let residuals = self.influences.iter().flat_map(|run| run.iter().zip(means));
        let squares: f64 = residuals.map(|(one, mean)| (one - mean).powi(2)).sum();
        let residual_variance = squares / ((runs - 1.0) * (images - 1.0).max(1.0));
        Some(SeedComponent {
            variance_of_mean: variance / runs,
            residual_of_mean: residual_variance / (images * runs),
            degrees_of_freedom: runs - 1.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::comparison::compare;
    use crate::statistics::correct_matrix::CorrectMatrix;

    /// Two runs of each of two models on 12 images of three classes.
    const LABELS: [u16; 12] = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2];
    const A: [&[u16]; 2] = [
        &[0, 0, 1, 0, 2, 1, 1, 0, 1, 2, 2, 0],
        &[0, 1, 1, 0, 0, 1, 0, 0, 1, 2, 2, 2],
    ];
    const B: [&[u16]; 2] = [
        &[0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 2, 2],
        &[0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 0],
    ];

    #[test]
    fn recall_is_compared_as_accuracy_on_the_images_of_the_class() {
        let correct = |run: &[u16]| run[..5].iter().map(|class| *class == 0).collect::<Vec<_>>();
        let [a, b] = [A, B].map(|runs| runs.map(correct));
        let [a, b] = [&a, &b]
            .map(|runs| CorrectMatrix::new(runs.iter().map(Vec::as_slice).collect()).unwrap());
        let expected = compare(&a, &b).unwrap();
        let [a, b] = [A, B].map(|runs| ClassScore::recall(0, &LABELS, &runs));
        let found = b.minus(&a);
        assert!((found.estimate - expected.difference).abs() < 1e-15);
        let expected = expected.over_seeds.unwrap().parts();
        for (found, expected) in found.parts.iter().zip(expected) {
            assert!((found.variance - expected.variance).abs() < 1e-15);
            assert_eq!(found.degrees_of_freedom, expected.degrees_of_freedom);
        }
    }

    // import numpy as np
    // from sklearn.metrics import precision_score
    // y = np.array(LABELS); p = lambda run: precision_score(y, run, labels=[0], average=None)[0]
    // np.mean([p(r) for r in A]), np.mean([p(r) for r in B])
    #[test]
    fn precision_is_scikit_learns() {
        let [a, b] = [A, B].map(|runs| ClassScore::precision(0, &LABELS, &runs));
        assert!((a.mean() - 0.6).abs() < 1e-15, "{}", a.mean());
        assert!((b.mean() - (5.0 / 7.0 + 0.8) / 2.0).abs() < 1e-15);
        let none = ClassScore::precision(9, &LABELS, &A);
        assert_eq!(none.mean(), 0.0);
    }

    #[test]
    fn an_influence_is_what_precision_loses_without_the_image() {
        // 4,000 images, so that one more or less is a small step.
        let labels: Vec<u16> = (0..4_000).map(|image| (image % 3) as u16).collect();
        let predicted: Vec<u16> = (0..4_000).map(|image| (image % 7 % 3) as u16).collect();
        let whole = ClassScore::precision(1, &labels, &[&predicted]);
        for image in 0..50 {
            let (mut labels, mut predicted) = (labels.clone(), predicted.clone());
            labels.remove(image);
            predicted.remove(image);
            let without = ClassScore::precision(1, &labels, &[&predicted]);
            let step = (whole.mean() - without.mean()) * 4_000.0;
            assert!((step - whole.influences[0][image]).abs() < 0.01);
        }
        assert!(whole.influences[0].iter().sum::<f64>().abs() < 1e-9);
    }

    #[test]
    fn one_run_each_has_the_images_as_its_only_source() {
        let [a, b] = [A, B].map(|runs| ClassScore::precision(0, &LABELS, &runs[..1]));
        assert_eq!(b.minus(&a).parts.len(), 1);
    }
}
