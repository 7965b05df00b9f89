//! Variance of a mean when images and seeds are both samples.
//!
//! Whether a run predicts an image correctly depends on the image, on the run's seed and on both
//! together. Every run sees every image, so the two are crossed: the same design as readers and cases in
//! diagnostic radiology (N. A. Obuchowski and H. E. Rockette, 1995, with readers nested in
//! modalities). The variance over images of the mean over runs includes the interaction, and so does
//! the variance over runs; it is subtracted once.

use super::banerjee::VariancePart;

/// What the seeds of one model add to the variance of their mean accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedComponent {
    /// Variance over runs of their accuracies, divided by the number of runs.
    pub variance_of_mean: f64,
    /// The part of it that comes from the interaction of seeds and images.
    pub residual_of_mean: f64,
    /// Number of runs − 1.
    pub degrees_of_freedom: f64,
}

impl SeedComponent {
    /// As a part of the variance of a mean.
    pub fn part(&self) -> VariancePart {
        VariancePart {
            variance: self.variance_of_mean,
            degrees_of_freedom: self.degrees_of_freedom,
        }
    }

    /// Variance over seeds of one run's accuracy.
    pub fn variance_of_run(&self) -> f64 {
        self.variance_of_mean * (self.degrees_of_freedom + 1.0)
    }

    /// The part of [`SeedComponent::variance_of_run`] that comes from the interaction.
    pub fn residual_of_run(&self) -> f64 {
        self.residual_of_mean * (self.degrees_of_freedom + 1.0)
    }
}

/// Variance of a mean, by its source.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossedVariance {
    /// Part by the choice of images alone, without their interaction with the seeds.
    pub images: VariancePart,
    /// Part by the seeds of each model, which includes their interaction with the images.
    pub seeds: Vec<VariancePart>,
}

impl CrossedVariance {
    /// Combines the variance over `images` images of the mean over runs (already divided by their
    /// number) with the components of one model, or of two models whose difference is taken. The sum of
    /// the parts is never below the variance over images nor below that over seeds.
    pub fn new(variance_over_images: f64, images: usize, seeds: &[SeedComponent]) -> Self {
        let over_seeds: f64 = seeds.iter().map(|seed| seed.variance_of_mean).sum();
        let counted_twice: f64 = seeds.iter().map(|seed| seed.residual_of_mean).sum();
        let shared = counted_twice.min(over_seeds);
        Self {
            images: VariancePart {
                variance: (variance_over_images - shared).max(0.0),
                degrees_of_freedom: (images as f64 - 1.0).max(1.0),
            },
            seeds: seeds.iter().map(SeedComponent::part).collect(),
        }
    }

    /// All parts.
    pub fn parts(&self) -> Vec<VariancePart> {
        let mut parts = vec![self.images];
        parts.extend(&self.seeds);
        parts
    }

    /// Variance of the mean.
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|part| part.variance).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::correct_matrix::CorrectMatrix;
    use crate::statistics::spread;

    // import numpy as np  # 2.4.6
    // A = np.array([[1,1,0,1,0,1],[1,0,0,1,1,1],[1,1,0,0,0,1]]); S, n = A.shape
    // s2 = A.mean(1).var(ddof=1)
    // e = A - A.mean(0) - A.mean(1, keepdims=True) + A.mean()
    // s2 / S, (e**2).sum() / ((S-1)*(n-1)) / (n*S), A.mean(0).var(ddof=1) / n
    #[test]
    fn components_are_those_of_a_two_way_table() {
        let runs = [
            [1, 1, 0, 1, 0, 1].map(|correct| correct == 1),
            [1, 0, 0, 1, 1, 1].map(|correct| correct == 1),
            [1, 1, 0, 0, 0, 1].map(|correct| correct == 1),
        ];
        let correct = CorrectMatrix::new(runs.iter().map(|run| &run[..]).collect()).unwrap();
        let seed = correct.seed_component().unwrap();
        assert!((seed.variance_of_mean - 0.003_086_419_753_086_418_6).abs() < 1e-12);
        assert!((seed.residual_of_mean - 0.010_493_827_160_493_827).abs() < 1e-12);
        let shares: Vec<f64> = correct
            .counts()
            .iter()
            .map(|&count| f64::from(count) / 3.0)
            .collect();
        let over_images = spread::variance(&shares).unwrap() / 6.0;
        assert!((over_images - 0.025_308_641_975_308_643).abs() < 1e-12);
        let combined = CrossedVariance::new(over_images, 6, &[seed]);
        assert!(
            (combined.total() - over_images).abs() < 1e-15,
            "never below one of its parts"
        );
        assert_eq!(combined.seeds[0].degrees_of_freedom, 2.0);
    }

    #[test]
    fn the_interaction_counts_once() {
        let seed = SeedComponent {
            variance_of_mean: 5.0,
            residual_of_mean: 2.0,
            degrees_of_freedom: 4.0,
        };
        let combined = CrossedVariance::new(3.0, 11, &[seed]);
        assert_eq!((combined.images.variance, combined.total()), (1.0, 6.0));
        assert_eq!(combined.images.degrees_of_freedom, 10.0);
    }
}
