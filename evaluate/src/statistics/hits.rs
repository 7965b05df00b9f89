//! Which images the runs of one model get right.

use anyhow::{Result, bail};

use super::crossed_variance::SeedComponent;
use super::spread;

/// Runs × images, on the images of one split in one order. Never empty.
#[derive(Clone, Debug)]
pub struct Hits<'a> {
    runs: Vec<&'a [bool]>,
}

impl<'a> Hits<'a> {
    /// One slice a run, true where the run is right.
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

    /// Number of images that run `run` gets right.
    pub fn correct(&self, run: usize) -> u64 {
        self.runs[run].iter().filter(|&&hit| hit).count() as u64
    }

    /// Accuracy of each run.
    pub fn accuracies(&self) -> Vec<f64> {
        (0..self.run_count())
            .map(|run| self.correct(run) as f64 / self.image_count() as f64)
            .collect()
    }

    /// Mean accuracy of the runs.
    pub fn accuracy(&self) -> f64 {
        spread::mean(&self.accuracies())
    }

    /// For each image, how many runs get it right.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.image_count()];
        for run in &self.runs {
            for (count, &hit) in counts.iter_mut().zip(*run) {
                *count += u32::from(hit);
            }
        }
        counts
    }

    /// What the choice of seeds adds to the variance of the mean accuracy; `None` for one run.
    pub fn seed_component(&self) -> Option<SeedComponent> {
        let variance = spread::variance(&self.accuracies())?;
        let (runs, images) = (self.run_count() as f64, self.image_count() as f64);
        // Sum over runs and images of (hit − mean of the image − mean of the run + mean of all)².
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
