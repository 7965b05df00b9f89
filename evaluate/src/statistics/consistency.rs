//! Consistency resampling: how far from its confidences a perfectly calibrated network would be by chance.
//!
//! J. Bröcker and L. A. Smith (2007), Increasing the reliability of reliability diagrams, Weather and
//! Forecasting 22. The confidences are those observed; whether each image is correct is drawn with the
//! probability of its confidence.

use anyhow::{Context, Result};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

use super::bootstrap::quantile;
use super::calibration::bin_index;
use super::interval::Interval;

/// Calibrated networks that are drawn.
const RESAMPLES: usize = 1_000;
/// In a bin with more images than this the number of correct ones is drawn from the normal distribution
/// with the same mean and variance; its distance from the true distribution is far below the error of
/// [`RESAMPLES`] draws.
const MOST_SINGLE_DRAWS: usize = 100;

/// What is expected of a network with the same confidences that is perfectly calibrated.
#[derive(Clone, Debug, PartialEq)]
pub struct Consistency {
    /// Mean expected calibration error.
    pub mean: f64,
    /// The value that a share `confidence` of the errors stay below.
    pub high: f64,
    /// Share of the errors, the observed one among them, that are at least `observed`.
    pub p_value: f64,
    /// Of each bin the central range of the accuracy; `None` in an empty bin.
    pub bins: Vec<Option<Interval>>,
}

/// Draws networks with the `confidences`, each in 0..=1, and compares the `observed` expected
/// calibration error with theirs in `bin_count` bins.
///
/// # Errors
/// None for confidences in 0..=1.
pub fn consistency(
    confidences: &[f64],
    bin_count: u32,
    observed: f64,
    confidence: f64,
    generator: &mut impl Rng,
) -> Result<Consistency> {
    let mut of_bin = vec![Vec::new(); bin_count.max(1) as usize];
    for &value in confidences {
        of_bin[bin_index(value, bin_count)].push(value);
    }
    let images = confidences.len().max(1) as f64;
    let mut errors = vec![0.0; RESAMPLES];
    let mut bins = Vec::with_capacity(of_bin.len());
    let outside = (1.0 - confidence) / 2.0;
    for values in &of_bin {
        if values.is_empty() {
            bins.push(None);
            continue;
        }
        let expected: f64 = values.iter().sum();
        let mut accuracies = draw_correct(values, generator)?;
        for (error, correct) in errors.iter_mut().zip(&mut accuracies) {
            *error += (*correct - expected).abs() / images;
            *correct /= values.len() as f64;
        }
        accuracies.sort_by(f64::total_cmp);
        bins.push(Some(Interval {
            low: quantile(&accuracies, outside),
            high: quantile(&accuracies, 1.0 - outside),
        }));
    }
    errors.sort_by(f64::total_cmp);
    let at_least = errors.iter().filter(|&&error| error >= observed).count();
    Ok(Consistency {
        mean: errors.iter().sum::<f64>() / RESAMPLES as f64,
        high: quantile(&errors, confidence),
        p_value: (at_least + 1) as f64 / (RESAMPLES + 1) as f64,
        bins,
    })
}

/// [`RESAMPLES`] numbers of correct images of a bin.
fn draw_correct(confidences: &[f64], generator: &mut impl Rng) -> Result<Vec<f64>> {
    let images = confidences.len() as f64;
    if confidences.len() <= MOST_SINGLE_DRAWS {
        let mut draw = || {
            let correct = confidences
                .iter()
                .filter(|&&confidence| generator.random::<f64>() < confidence);
            correct.count() as f64
        };
        return Ok((0..RESAMPLES).map(|_| draw()).collect());
    }
    let mean: f64 = confidences.iter().sum();
    let variance: f64 = confidences.iter().map(|share| share * (1.0 - share)).sum();
    let normal = Normal::new(mean, variance.sqrt())
        .with_context(|| format!("no normal distribution with variance {variance}"))?;
    Ok((0..RESAMPLES)
        .map(|_| normal.sample(generator).round().clamp(0.0, images))
        .collect())
}

#[cfg(test)]
mod tests {
    use pipelines::random::Streams;

    use super::*;

    fn draw(confidences: &[f64], bins: u32, observed: f64) -> Consistency {
        let generator = &mut Streams::new(0, "consistency test", 0).id(0);
        consistency(confidences, bins, observed, 0.95, generator).unwrap()
    }

    // In one bin of n images with confidence c the error is |correct / n - c|, correct ~ Binomial(n, c).
    // import numpy as np; from scipy.stats import binom  # 2.4.6, 1.17.1
    // k = np.arange(n + 1); (binom.pmf(k, n, c) * abs(k / n - c)).sum()
    // binom.ppf([0.025, 0.975], n, c) / n
    #[test]
    fn one_bin_is_a_binomial_distribution() {
        for (images, confidence, mean, low, high) in [
            (60, 0.75, 0.044335501729328645, 0.6333333333333333, 0.85),
            (5_000, 0.9, 0.003384567091068781, 0.8916, 0.9082),
        ] {
            let found = draw(&vec![confidence; images], 1, 0.0);
            assert!((found.mean / mean - 1.0).abs() < 0.08, "{found:?}");
            let range = found.bins[0].unwrap();
            let image = 1.0 / images as f64;
            let tolerance = image + 0.1 * (high - low);
            assert!((range.low - low).abs() <= tolerance, "{found:?}");
            assert!((range.high - high).abs() <= tolerance, "{found:?}");
            assert_eq!(found.p_value, 1.0, "every error is at least 0");
        }
    }

    #[test]
    fn a_network_that_is_too_sure_is_found_and_empty_bins_have_no_range() {
        let found = draw(&[0.95; 1_000], 10, 0.1);
        assert_eq!(found.p_value, 1.0 / 1_001.0);
        assert!(found.high < 0.03 && found.mean < found.high);
        assert!(found.bins[..9].iter().all(Option::is_none));
    }
}
