//! How much evidence an effect of a given size would need.

use super::distribution::{normal_half_width, normal_quantile};

/// Probability of finding the effect significant.
pub const POWER: f64 = 0.8;

/// Number of images with which McNemar's test at 1 − `confidence` finds a `difference` of accuracies
/// with [`POWER`]. `mean_square` is the mean over images of the squared difference between the two: for
/// single runs the share of images that only one of them predicts correctly. `None` without a difference.
///
/// R. J. Connor (1987), Sample size for testing differences in proportions for the paired-sample
/// design, Biometrics 43; for means over runs the same with their variances.
pub fn images_needed(difference: f64, mean_square: f64, confidence: f64) -> Option<u64> {
    if difference == 0.0 {
        return None;
    }
    let without_effect = mean_square.sqrt();
    let with_effect = (mean_square - difference * difference).max(0.0).sqrt();
    let reach =
        normal_half_width(confidence) * without_effect + normal_quantile(POWER) * with_effect;
    Some((reach / difference).powi(2).ceil() as u64)
}

/// Number of runs of each model with which a two-sample t test over seeds, on the same images, finds
/// a `difference` of accuracies with [`POWER`]; at least 2. `seed_variance` is the variance of one
/// run's accuracy. `None` without a difference.
///
/// W. C. Guenther (1981), Sample size formulas for normal theory t tests, The American
/// Statistician 35.
pub fn seeds_needed(difference: f64, seed_variance: f64, confidence: f64) -> Option<u64> {
    if difference == 0.0 {
        return None;
    }
    let z = normal_half_width(confidence);
    let reach = z + normal_quantile(POWER);
    let runs = 2.0 * seed_variance * (reach / difference).powi(2) + z * z / 4.0;
    Some(runs.ceil().max(2.0) as u64)
}

/// Largest standard deviation over seeds with which a `difference` between single runs would still be
/// significant on its own; `None` when it is not significant even without spread.
pub fn tolerated_seed_std(
    difference: f64,
    sampling_std_error: f64,
    confidence: f64,
) -> Option<f64> {
    let std_error = difference.abs() / normal_half_width(confidence);
    let left = std_error.powi(2) - sampling_std_error.powi(2);
    (left > 0.0).then(|| (left / 2.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    // from scipy.stats import binom  # 1.17.1
    // def power(n, b, c):  # exact McNemar, only-a share b, only-b share c
    //     return sum(binom.pmf(m, n, b + c) * sum(
    //         binom.pmf(k, m, c / (b + c)) for k in range(m + 1)
    //         if min(1, 2 * binom.cdf(min(k, m - k), m, 0.5)) < 0.05) for m in range(n + 1))
    // power(29431, 0.028, 0.032), power(4707, 0.025, 0.035)  # 0.7936, 0.7855
    #[test]
    fn the_exact_test_nearly_reaches_the_power_with_the_images_needed() {
        assert_eq!(images_needed(0.004, 0.06, 0.95), Some(29_431));
        assert_eq!(images_needed(-0.01, 0.06, 0.95), Some(4_707));
    }

    // from statsmodels.stats.power import TTestIndPower  # 0.15.0
    // TTestIndPower().solve_power(effect_size=difference / std, alpha=0.05, power=0.8)
    #[test]
    fn seeds_are_statsmodels() {
        for (difference, std, expected) in
            [(0.003, 0.0025, 11.942_257), (0.001, 0.003, 142.246_249)]
        {
            let found = seeds_needed(difference, std * std, 0.95).unwrap();
            assert_eq!(found, f64::ceil(expected) as u64);
        }
        assert_eq!(seeds_needed(0.02, 1e-6, 0.95), Some(2));
    }

    #[test]
    fn without_a_difference_there_is_no_number() {
        assert_eq!(images_needed(0.0, 0.08, 0.95), None);
        assert_eq!(seeds_needed(0.0, 1e-6, 0.95), None);
    }

    #[test]
    fn a_tolerated_spread_makes_the_effect_just_significant() {
        let spread = tolerated_seed_std(0.01, 0.003, 0.95).unwrap();
        let std_error = (0.003_f64.powi(2) + 2.0 * spread * spread).sqrt();
        assert!((0.01 / std_error - normal_half_width(0.95)).abs() < 1e-12);
        assert_eq!(tolerated_seed_std(-0.005, 0.003, 0.95), None);
    }
}
