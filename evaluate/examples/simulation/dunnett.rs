//! Dunnett's test of several models against one, which the simulation measures and the study does not
//! use: its distribution needs one spread for all models.
//!
//! C. W. Dunnett (1955), A multiple comparison procedure for comparing several treatments with a
//! control, Journal of the American Statistical Association 50.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// Intervals of the integral over the shared model, -8 to 8 standard deviations.
const SHARED_INTERVALS: usize = 80;
/// Intervals of the integral over the estimated spread.
const SPREAD_INTERVALS: usize = 160;

/// Probability that the largest of `comparisons` absolute statistics with a shared control exceeds `t`
/// when no model differs. The statistics have one estimated spread of `degrees_of_freedom` (at least 1)
/// and, with as many runs of each model, a correlation of 1/2.
pub fn p_value(t: f64, comparisons: usize, degrees_of_freedom: f64) -> f64 {
    let half = degrees_of_freedom / 2.0;
    // Density of the estimated over the true standard deviation, but for a factor.
    let density = |s: f64| s.powf(degrees_of_freedom - 1.0) * (half * (1.0 - s * s)).exp();
    let largest = 1.0 + 10.0 / (2.0 * degrees_of_freedom).sqrt();
    let within = simpson(0.0, largest, SPREAD_INTERVALS, |s| {
        density(s) * all_within(t * s, comparisons)
    });
    let total = simpson(0.0, largest, SPREAD_INTERVALS, density);
    1.0 - within / total
}

/// Probability that all of `comparisons` normal variables of correlation 1/2 lie within ± `limit`: given
/// what they share they are independent.
fn all_within(limit: f64, comparisons: usize) -> f64 {
    let normal = Normal::standard();
    let scaled = limit * 2.0_f64.sqrt();
    simpson(-8.0, 8.0, SHARED_INTERVALS, |shared| {
        let one = normal.cdf(scaled - shared) - normal.cdf(-scaled - shared);
        normal.pdf(shared) * one.powi(comparisons as i32)
    })
}

/// Simpson's rule on an even number of intervals.
fn simpson(low: f64, high: f64, intervals: usize, of: impl Fn(f64) -> f64) -> f64 {
    let width = (high - low) / intervals as f64;
    let weighted = (0..=intervals).map(|index| {
        let weight = match index {
            0 => 1.0,
            index if index == intervals => 1.0,
            index if index.is_multiple_of(2) => 2.0,
            _ => 4.0,
        };
        weight * of(low + width * index as f64)
    });
    weighted.sum::<f64>() * width / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pmvt` of R's mvtnorm with correlations of 1/2, which multcomp uses.
    #[test]
    fn p_values_agree_with_mvtnorm() {
        for (t, comparisons, degrees_of_freedom, expected) in [
            (2.5, 7, 8.0, 0.152_961_9),
            (3.0, 7, 32.0, 0.028_635_8),
            (3.5, 3, 4.0, 0.055_418_0),
            (3.464_101_62, 2, 6.0, 0.023_654_5),
        ] {
            let found = p_value(t, comparisons, degrees_of_freedom);
            assert!((found - expected).abs() < 1e-6, "{t}: {found}");
        }
    }

    #[test]
    fn one_comparison_is_students_test() {
        for (t, degrees_of_freedom) in [(2.0, 1.0), (2.5, 3.0), (3.0, 20.0)] {
            let student = evaluate::statistics::distribution::t_p_value(t, degrees_of_freedom);
            let found = p_value(t, 1, degrees_of_freedom);
            assert!((found - student.unwrap()).abs() < 1e-4, "{t}: {found}");
        }
    }
}
