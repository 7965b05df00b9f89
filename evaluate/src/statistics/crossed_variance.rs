//! Variance of a mean when images and seeds are both samples.
//!
//! Whether a run predicts an image correctly depends on the image, on the run's seed and on both
//! together. Every run sees every image, so the two are crossed: the same design as readers and cases in
//! diagnostic radiology (N. A. Obuchowski and H. E. Rockette, 1995, with readers nested in
//! modalities). The variance over images of the mean over runs includes the interaction, and so does
//! the variance over runs; it is subtracted once.

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

/// Variance of a mean, with its degrees of freedom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossedVariance {
    /// Variance of the mean.
    pub variance: f64,
    /// Satterthwaite's.
    pub degrees_of_freedom: f64,
}

/// Combines the variance over `images` images of the mean over runs (already divided by their number)
/// with the components of one model, or of two models whose difference is taken.
///
/// Degrees of freedom: F. E. Satterthwaite (1946), An approximate distribution of estimates of
/// variance components.
pub fn combine(
    variance_over_images: f64,
    images: usize,
    seeds: &[SeedComponent],
) -> CrossedVariance {
    let over_seeds: f64 = seeds.iter().map(|seed| seed.variance_of_mean).sum();
    let counted_twice: f64 = seeds.iter().map(|seed| seed.residual_of_mean).sum();
    let variance = (variance_over_images + over_seeds - counted_twice)
        .max(variance_over_images)
        .max(over_seeds);
    let image_degrees = (images as f64 - 1.0).max(1.0);
    let uncertainty = variance_over_images.powi(2) / image_degrees
        + seeds
            .iter()
            .map(|seed| seed.variance_of_mean.powi(2) / seed.degrees_of_freedom)
            .sum::<f64>();
    let degrees_of_freedom = if uncertainty > 0.0 {
        variance.powi(2) / uncertainty
    } else {
        image_degrees
    };
    CrossedVariance {
        variance,
        degrees_of_freedom,
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
        let combined = combine(over_images, 6, &[seed]);
        assert_eq!(
            combined.variance, over_images,
            "never below one of its parts"
        );
    }

    #[test]
    fn no_variance_at_all_has_the_images_degrees_of_freedom() {
        let combined = combine(0.0, 11, &[]);
        assert_eq!(
            (combined.variance, combined.degrees_of_freedom),
            (0.0, 10.0)
        );
    }
}
