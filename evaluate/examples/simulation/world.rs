//! Invented studies: which images the runs of each model predict correctly.
//!
//! A prediction is correct when the sum of five numbers is above 0: how accurate the model is, how easy
//! the image is for every model and for this one, how good the seed is, and noise. The variances are
//! those of the study of eight models: two runs of one model disagree on 7 of 100 images, and so do two
//! models.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// Variance of the noise of one run on one image; that of an image's ease is 1.
const NOISE_VARIANCE: f64 = 0.155;
/// Variance of an image's ease for one model.
const OWN_VARIANCE: f64 = 0.01;

/// A model of the invented study.
#[derive(Clone, Copy, Debug)]
pub struct InventedModel {
    /// Expected accuracy.
    pub accuracy: f64,
    /// Standard deviation over seeds of the accuracy on infinitely many images.
    pub seed_std: f64,
}

/// For each model, for each run, which images are correct.
pub type Correct = Vec<Vec<Vec<bool>>>;

/// Draws `images` images and `runs` runs of each model. The seeds of each model are in `seeds`, in
/// standard deviations, so that a run may predict two sets of images.
pub fn draw(
    models: &[InventedModel],
    seeds: &[Vec<f64>],
    images: usize,
    generator: &mut ChaCha8Rng,
) -> Correct {
    let ease: Vec<f64> = (0..images).map(|_| normal(generator)).collect();
    let noise_std = NOISE_VARIANCE.sqrt();
    let of_model = |(model, seeds): (&InventedModel, &Vec<f64>)| -> Vec<Vec<bool>> {
        let (level, seed_scale) = model.scales();
        let own: Vec<f64> = ease
            .iter()
            .map(|ease| level + ease + OWN_VARIANCE.sqrt() * normal(generator))
            .collect();
        let of_run = |seed: &f64| -> Vec<bool> {
            let shift = seed_scale * seed;
            own.iter()
                .map(|own| own + shift + noise_std * normal(generator) > 0.0)
                .collect()
        };
        seeds.iter().map(of_run).collect()
    };
    models.iter().zip(seeds).map(of_model).collect()
}

/// Standard normal seeds, `runs` for each of `models`.
pub fn draw_seeds(models: usize, runs: usize, generator: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    (0..models)
        .map(|_| (0..runs).map(|_| normal(generator)).collect())
        .collect()
}

fn normal(generator: &mut impl Rng) -> f64 {
    StandardNormal.sample(generator)
}

impl InventedModel {
    /// The level and the standard deviation of the seeds on the scale of the sum, so that the expected
    /// accuracy is exact.
    fn scales(&self) -> (f64, f64) {
        let standard = Normal::standard();
        let within = 1.0 + OWN_VARIANCE + NOISE_VARIANCE;
        let z = standard.inverse_cdf(self.accuracy);
        // d accuracy / d level = density / total standard deviation; the total includes the seeds.
        let density = standard.pdf(z);
        let ratio = self.seed_std / density;
        let seed_variance = within * ratio * ratio / (1.0 - ratio * ratio);
        (z * (within + seed_variance).sqrt(), seed_variance.sqrt())
    }
}
