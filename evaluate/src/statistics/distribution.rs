//! Quantiles and tails of the normal and Student's t distribution.

use anyhow::{Context, Result};
use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF, Normal, StudentsT};

/// The value below which a standard normal variable lies with `probability`, 0..1.
pub fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// Half the width, in standard errors, of a normal interval of `confidence`, such as 1.96 for 0.95.
pub fn normal_half_width(confidence: f64) -> f64 {
    normal_quantile(0.5 + confidence / 2.0)
}

/// The value that the absolute value of Student's t with `degrees_of_freedom` exceeds with probability
/// `level`, 0..=1. Exact in the far tail too, where 1 − `level` would round to 1.
///
/// Newton's method on the logarithms of t and of its tail, which is concave: from the second step on it
/// approaches the root from one side.
///
/// # Errors
/// Degrees of freedom that are not above 0.
pub fn t_critical(level: f64, degrees_of_freedom: f64) -> Result<f64> {
    let distribution = students_t(degrees_of_freedom)?;
    // Student's tails are heavier than the normal ones, so this lies below the root.
    let mut t = -normal_quantile(level.min(1.0) / 2.0);
    if t < 1e-9 {
        return Ok(0.0);
    }
    let target = (level / 2.0).ln();
    for _ in 0..100 {
        let tail = distribution.sf(t);
        let step = (tail.ln() - target) * tail / (t * distribution.pdf(t));
        t *= step.exp();
        if step.abs() < 1e-13 {
            break;
        }
    }
    Ok(t)
}

/// The value below which a chi-squared variable with `degrees_of_freedom` lies with `probability`,
/// divided by the degrees of freedom.
///
/// # Errors
/// Degrees of freedom that are not above 0.
pub fn mean_square_quantile(probability: f64, degrees_of_freedom: f64) -> Result<f64> {
    let distribution = ChiSquared::new(degrees_of_freedom).with_context(|| {
        format!("degrees of freedom: expected more than 0, found {degrees_of_freedom}")
    })?;
    Ok(distribution.inverse_cdf(probability) / degrees_of_freedom)
}

/// Probability that a standard normal variable lies above `value`.
pub fn normal_tail(value: f64) -> f64 {
    Normal::standard().sf(value)
}

/// Two-sided p-value of the statistic `t` with `degrees_of_freedom`.
///
/// # Errors
/// Degrees of freedom that are not above 0.
pub fn t_p_value(t: f64, degrees_of_freedom: f64) -> Result<f64> {
    Ok((2.0 * students_t(degrees_of_freedom)?.sf(t.abs())).min(1.0))
}

fn students_t(degrees_of_freedom: f64) -> Result<StudentsT> {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).with_context(|| {
        format!("degrees of freedom: expected more than 0, found {degrees_of_freedom}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // from scipy import stats  # 1.17.1
    // stats.norm.ppf([0.975, 0.8])
    #[test]
    fn normal_quantiles_are_scipys() {
        assert!((normal_half_width(0.95) - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((normal_quantile(0.8) - 0.841_621_233_572_914_3).abs() < 1e-12);
    }

    // [stats.t.isf(level / 2, df) for level, df in ((0.05, 1), (0.05, 2), (0.05, 4.3), (0.05, 9999),
    //     (1e-12, 1), (1e-12, 4), (0.05 / 28, 2), (1e-9, 9999), (0.9, 3))]
    #[test]
    fn t_quantiles_are_scipys() {
        for (level, degrees_of_freedom, expected) in [
            (0.05, 1.0, 12.706_204_736_174_694),
            (0.05, 2.0, 4.302_652_729_749_462),
            (0.05, 4.3, 2.701_694_898_282_23),
            (0.05, 9999.0, 1.960_201_263_621_357),
            (1e-12, 1.0, 636_619_772_367.581_4),
            (1e-12, 4.0, 1_565.083_515_167_86),
            (0.05 / 28.0, 2.0, 23.632_614_049_815_24),
            (1e-9, 9999.0, 6.115_269_171_418_585),
            (0.9, 3.0, 0.136_598_199_353_698_9),
        ] {
            let found = t_critical(level, degrees_of_freedom).unwrap();
            assert!(
                (found / expected - 1.0).abs() < 1e-8,
                "{degrees_of_freedom}: {found}"
            );
        }
    }

    // [2 * stats.t.sf(t, df) for t, df in ((2.5, 3.7), (0.1, 1), (12, 9999))]
    #[test]
    fn t_tails_are_scipys() {
        for (t, degrees_of_freedom, expected) in [
            (2.5, 3.7, 0.071_822_022_911_826_78),
            (0.1, 1.0, 0.936_548_965_138_893),
            (12.0, 9999.0, 5.980_088_011_366_391e-33),
        ] {
            let found = t_p_value(t, degrees_of_freedom).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-8, "{t}: {found}");
            assert_eq!(t_p_value(-t, degrees_of_freedom).unwrap(), found);
        }
    }

    // stats.chi2.ppf([0.1, 0.9], [1, 4]) / [1, 4]
    #[test]
    fn mean_square_quantiles_are_scipys() {
        let found = mean_square_quantile(0.1, 1.0).unwrap();
        assert!((found - 0.015_790_774_093_431_218).abs() < 1e-7, "{found}");
        let found = mean_square_quantile(0.9, 4.0).unwrap();
        assert!((found - 1.944_860_083_741_448_5).abs() < 1e-7, "{found}");
    }

    #[test]
    fn zero_degrees_of_freedom_are_refused() {
        assert!(
            t_p_value(1.0, 0.0)
                .unwrap_err()
                .to_string()
                .contains("more than 0")
        );
    }
}
