//! Interval and test for an estimate whose variance is a sum of parts with few and unequal degrees of
//! freedom.
//!
//! Half the interval's width is the root of the sum over parts of `t² · variance`, each part with the t
//! quantile of its own degrees of freedom. The interval covers with at least its confidence, whatever
//! the true variances are: let w be the true shares of the parts, X their estimates divided by the
//! truth, and g(y) the probability that a squared standard normal variable exceeds y. The interval
//! misses with probability E g(Σ w t² X). As g is convex, this is at most Σ w E g(t² X), and each of
//! these terms is the probability that Student's t exceeds its own quantile. This holds at every level,
//! and so for the small levels of a correction for many comparisons too, where Satterthwaite's
//! approximation fails with few runs.
//!
//! S. K. Banerjee (1960), Approximate confidence interval for linear functions of means of k populations
//! when the population variances are not equal, Sankhyā 22.

use anyhow::Result;

use super::distribution::{t_critical, t_p_value};

/// Smaller p-values are given as this one: the quantiles of one degree of freedom are out of reach below.
const SMALLEST: f64 = 1e-100;

/// An independent part of the variance of an estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VariancePart {
    /// Its estimate, at least 0.
    pub variance: f64,
    /// Degrees of freedom of the estimate, above 0; infinite for a variance that is known.
    pub degrees_of_freedom: f64,
}

/// Half the width of the interval of `confidence`.
///
/// # Errors
/// Degrees of freedom that are not above 0.
pub fn half_width(parts: &[VariancePart], confidence: f64) -> Result<f64> {
    reach(parts, 1.0 - confidence)
}

/// Two-sided p-value of the hypothesis that the estimated quantity is 0: the smallest level whose
/// interval around `estimate` leaves out 0.
///
/// # Errors
/// Degrees of freedom that are not above 0.
pub fn p_value(estimate: f64, parts: &[VariancePart]) -> Result<f64> {
    let variance: f64 = parts.iter().map(|part| part.variance).sum();
    let distance = estimate.abs();
    if distance == 0.0 {
        return Ok(1.0);
    }
    if variance <= 0.0 {
        return Ok(0.0);
    }
    let t = distance / variance.sqrt();
    // The p-value lies between those of the largest and of the smallest degrees of freedom.
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for part in parts.iter().filter(|part| part.variance > 0.0) {
        let log_p = t_p_value(t, part.degrees_of_freedom)?.max(SMALLEST).ln();
        low = low.min(log_p);
        high = high.max(log_p);
    }
    // Illinois' form of the false position on the logarithms of level and reach.
    let excess = |log_level: f64| -> Result<f64> {
        Ok((reach(parts, log_level.exp())?.max(f64::MIN_POSITIVE) / distance).ln())
    };
    let (mut at_low, mut at_high) = (excess(low)?, excess(high)?);
    for _ in 0..100 {
        if high - low < 1e-12 || at_low <= 0.0 || at_high >= 0.0 {
            break;
        }
        let middle = (low * at_high - high * at_low) / (at_high - at_low);
        let at_middle = excess(middle)?;
        if at_middle > 0.0 {
            (low, at_low) = (middle, at_middle);
            at_high /= 2.0;
        } else {
            (high, at_high) = (middle, at_middle);
            at_low /= 2.0;
        }
        if at_middle.abs() < 1e-13 {
            return Ok(middle.exp());
        }
    }
    Ok(if at_low <= 0.0 { low } else { high }.exp().min(1.0))
}

/// The root of Σ t² · variance at `level`.
fn reach(parts: &[VariancePart], level: f64) -> Result<f64> {
    let mut squares = 0.0;
    for part in parts.iter().filter(|part| part.variance > 0.0) {
        squares += t_critical(level, part.degrees_of_freedom)?.powi(2) * part.variance;
    }
    Ok(squares.sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(parts: &[(f64, f64)]) -> Vec<VariancePart> {
        let parts = parts
            .iter()
            .map(|&(variance, degrees_of_freedom)| VariancePart {
                variance,
                degrees_of_freedom,
            });
        parts.collect()
    }

    // import numpy as np; from scipy import stats; from scipy.optimize import brentq  # 2.4.6, 1.17.1
    // parts = [(4, np.inf), (1, 2), (9, 4)]
    // def half(level): return np.sqrt(sum(stats.t.isf(level / 2, df)**2 * v for v, df in parts))
    // half(0.05), half(0.001)
    // [np.exp(brentq(lambda l: np.log(half(np.exp(l)) / d), -60, -1e-9, xtol=1e-14))
    //     for d in (0.5, 3, 12, 60)]
    #[test]
    fn intervals_and_p_values_are_those_of_the_formula_with_scipys_quantiles() {
        let parts = parts(&[(4.0, f64::INFINITY), (1.0, 2.0), (9.0, 4.0)]);
        for (confidence, expected) in [
            (0.95, 10.161_519_699_099_543),
            (0.999, 41.340_611_445_749_495),
        ] {
            let found = half_width(&parts, confidence).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-9, "{found}");
        }
        for (estimate, expected) in [
            (0.5, 0.898_901_916_526_814_2),
            (-3.0, 0.460_193_872_515_373_36),
            (12.0, 0.031_366_810_664_136_07),
            (-60.0, 0.000_402_759_335_200_145_4),
        ] {
            let found = p_value(estimate, &parts).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-8, "{estimate}: {found}");
        }
    }

    // stats.ttest_1samp([1.5, 2.5, 0.5, 2.0], 0).pvalue  # mean 1.625, variance 0.7291666666666666
    #[test]
    fn with_one_part_the_test_is_students() {
        let part = parts(&[(0.729_166_666_666_666_6 / 4.0, 3.0)]);
        let found = p_value(1.625, &part).unwrap();
        assert!((found - 0.031_874_195_103_557_09).abs() < 1e-9, "{found}");
    }

    #[test]
    fn no_difference_is_no_evidence_and_a_difference_without_variance_is_certain() {
        let none = parts(&[(0.0, 3.0)]);
        assert_eq!(p_value(0.0, &none).unwrap(), 1.0);
        assert_eq!(p_value(0.1, &none).unwrap(), 0.0);
    }

    proptest! {
        #[test]
        fn the_interval_leaves_out_zero_exactly_when_the_p_value_is_below_the_level(
            variances in prop::collection::vec(1e-8..1.0_f64, 3),
            runs in prop::collection::vec(1_u8..12, 2),
            estimate in 1e-4..20.0_f64,
            level in 1e-4..0.5_f64,
        ) {
            let parts = parts(&[
                (variances[0], 9_999.0),
                (variances[1], f64::from(runs[0])),
                (variances[2], f64::from(runs[1])),
            ]);
            let half_width = half_width(&parts, 1.0 - level).unwrap();
            prop_assume!((half_width / estimate - 1.0).abs() > 1e-6);
            prop_assert_eq!(half_width < estimate, p_value(estimate, &parts).unwrap() < level);
        }
    }
}
