//! The percentile bootstrap of a mean.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rand::Rng;
use rand_distr::{Binomial, Distribution};

use super::interval::Interval;

/// Percentile interval of `confidence` for the mean of integer `values`, one for each image, from
/// `resamples` (at least 1) samples of the same number of images with replacement.
///
/// The number of times that each value occurs in a sample is multinomial and is drawn as such: the
/// distribution is that of drawing image by image, but the time does not depend on the number of
/// images. Quantiles are interpolated as in numpy.
///
/// B. Efron and R. J. Tibshirani (1993), An introduction to the bootstrap, chapter 13.
///
/// # Errors
/// None for at least one value.
pub fn mean_interval(
    values: &[i64],
    resamples: u32,
    confidence: f64,
    generator: &mut impl Rng,
) -> Result<Interval> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for &value in values {
        *counts.entry(value).or_default() += 1;
    }
    let counts: Vec<(i64, u64)> = counts.into_iter().collect();
    let draws = conditional_draws(&counts)?;
    let mut means = Vec::with_capacity(resamples as usize);
    for _ in 0..resamples {
        let sum = resampled_sum(&counts, &draws, values.len() as u64, generator)?;
        means.push(sum as f64 / values.len() as f64);
    }
    means.sort_by(f64::total_cmp);
    let outside = (1.0 - confidence) / 2.0;
    Ok(Interval {
        low: quantile(&means, outside),
        high: quantile(&means, 1.0 - outside),
    })
}

/// For each value but the last, its share among the images with this value or a later one.
fn conditional_draws(counts: &[(i64, u64)]) -> Result<Vec<f64>> {
    let mut left: u64 = counts.iter().map(|(_, count)| count).sum();
    let mut draws = Vec::new();
    for (_, count) in counts {
        draws.push(*count as f64 / left as f64);
        left -= count;
    }
    draws
        .pop()
        .context("expected at least one value, found none")?;
    Ok(draws)
}

fn resampled_sum(
    counts: &[(i64, u64)],
    draws: &[f64],
    images: u64,
    generator: &mut impl Rng,
) -> Result<i64> {
    let mut left = images;
    let mut sum = 0;
    for ((value, _), &share) in counts.iter().zip(draws) {
        let drawn = Binomial::new(left, share)
            .with_context(|| format!("no binomial distribution with probability {share}"))?
            .sample(generator);
        sum += value * drawn as i64;
        left -= drawn;
    }
    let last = counts.last().map_or(0, |(value, _)| *value);
    Ok(sum + last * left as i64)
}

/// Quantile of sorted values with linear interpolation; the values are not empty.
pub fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}

#[cfg(test)]
mod tests {
    use pipelines::random::Streams;
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::distribution::normal_half_width;
    use crate::statistics::spread;

    fn interval(values: &[i64], resamples: u32) -> Interval {
        let mut generator = Streams::new(0, "bootstrap test", 0).id(0);
        mean_interval(values, resamples, 0.95, &mut generator).unwrap()
    }

    // import numpy as np; np.quantile([1, 2, 4, 8], [0.025, 0.5])  # 2.4.6
    #[test]
    fn quantiles_are_numpys() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert!((quantile(&sorted, 0.025) - 1.075).abs() < 1e-12);
        assert_eq!(quantile(&sorted, 0.5), 3.0);
        assert_eq!(quantile(&sorted, 1.0), 8.0);
    }

    #[test]
    fn many_images_give_the_normal_interval() {
        let values: Vec<i64> = (0..10_000)
            .map(|image| match image % 100 {
                0..4 => -1,
                4..9 => 1,
                _ => 0,
            })
            .collect();
        let shares: Vec<f64> = values.iter().map(|&value| value as f64).collect();
        let std_error = (spread::variance(&shares).unwrap() / 10_000.0).sqrt();
        let expected = Interval::around(0.01, normal_half_width(0.95) * std_error);
        let found = interval(&values, 20_000);
        assert!(
            (found.low - expected.low).abs() < 0.05 * std_error,
            "{found:?}"
        );
        assert!(
            (found.high - expected.high).abs() < 0.05 * std_error,
            "{found:?}"
        );
    }

    /// Draws image by image, as in the textbook.
    #[test]
    fn drawing_counts_has_the_distribution_of_drawing_images() {
        let values = [3, -1, 0, 0, 0, 1, 1, 0, -2, 0, 3, 0];
        let mut generator = Streams::new(0, "bootstrap test", 1).id(0);
        let mut means: Vec<f64> = (0..100_000)
            .map(|_| {
                let sum: i64 = values
                    .iter()
                    .map(|_| values[(generator.next_u32() as usize) % values.len()])
                    .sum();
                sum as f64 / values.len() as f64
            })
            .collect();
        means.sort_by(f64::total_cmp);
        let found = interval(&values, 100_000);
        // Means are multiples of 1/12; a quantile may fall to either side of a step.
        assert!(
            (found.low - quantile(&means, 0.025)).abs() < 0.09,
            "{found:?}"
        );
        assert!(
            (found.high - quantile(&means, 0.975)).abs() < 0.09,
            "{found:?}"
        );
    }

    #[test]
    fn equal_values_have_an_interval_of_width_zero() {
        assert_eq!(
            interval(&[0; 50], 100),
            Interval {
                low: 0.0,
                high: 0.0
            }
        );
    }

    proptest! {
        #[test]
        fn the_interval_stays_within_the_values(
            values in prop::collection::vec(-3_i64..=3, 1..200),
        ) {
            let found = interval(&values, 200);
            let smallest = values.iter().copied().min().unwrap_or(0) as f64;
            let largest = values.iter().copied().max().unwrap_or(0) as f64;
            prop_assert!(smallest <= found.low && found.low <= found.high && found.high <= largest);
        }
    }
}
