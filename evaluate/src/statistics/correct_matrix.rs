//! Which images the runs of one model predict correctly.

use anyhow::{Result, bail};

use super::crossed_variance::SeedComponent;
use super::spread;

/// Booleans of shape (runs, images), on the images of one split in a fixed order. Never empty.
#[derive(Clone, Debug)]
pub struct CorrectMatrix<'a> {
    runs: Vec<&'a [bool]>,
}

impl<'a> CorrectMatrix<'a> {
    /// From one slice for each run, true where the run is correct.
    ///
    /// # Errors
    /// No runs, no images, and runs with different numbers of images.
    pub fn new(runs: Vec<&'a [bool]>) -> Result<Self> {
        let Some(images) = runs.first().map(|run| run.len()) else {
            bail!("expected at least one run, found none");
        };
        if images == 0 {
            bail!("expected at least one image, found none");
        }
        if let Some(other) = runs.iter().find(|run| run.len() != images) {
            bail!(
                "expected {images} images in each run, found {}",
                other.len()
            );
        }
        Ok(Self { runs })
    }

    /// Number of runs, at least 1.
    pub fn run_count(&self) -> usize {
        self.runs.len()
    }

    /// Number of images, at least 1.
    pub fn image_count(&self) -> usize {
        self.runs[0].len()
    }

    /// The runs.
    pub fn runs(&self) -> &[&'a [bool]] {
        &self.runs
    }

    /// Number of images that run `run` predicts correctly.
    pub fn correct_count(&self, run: usize) -> u64 {
        self.runs[run].iter().filter(|&&correct| correct).count() as u64
    }

    /// Accuracy of each run.
    pub fn accuracies(&self) -> Vec<f64> {
        (0..self.run_count())
            .map(|run| self.correct_count(run) as f64 / self.image_count() as f64)
            .collect()
    }

    /// Mean accuracy of the runs.
    pub fn accuracy(&self) -> f64 {
        spread::mean(&self.accuracies())
    }

    /// For each image, the number of runs that predict it correctly.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.image_count()];
        for run in &self.runs {
            for (count, &correct) in counts.iter_mut().zip(*run) {
                *count += u32::from(correct);
            }
        }
        counts
    }

    /// What the choice of seeds adds to the variance of the mean accuracy; `None` for one run.
    pub fn seed_component(&self) -> Option<SeedComponent> {
        let variance = spread::variance(&self.accuracies())?;
        let (runs, images) = (self.run_count() as f64, self.image_count() as f64);
        // Sum over runs and images of (correct − mean of the image − mean of the run + overall mean)².
        let within_images: f64 = self
            .counts()
            .iter()
            .map(|&count| f64::from(count) * (runs - f64::from(count)) / runs)
            .sum();
        let residual_squares = (within_images - images * (runs - 1.0) * variance).max(0.0);
        let residual_variance = residual_squares / ((runs - 1.0) * (images - 1.0).max(1.0));
        Some(SeedComponent {
            variance_of_mean: variance / runs,
            residual_of_mean: residual_variance / (images * runs),
            degrees_of_freedom: runs - 1.0,
        })
    }
}
