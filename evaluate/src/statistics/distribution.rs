//! Quantiles and tails of the normal and Student's t distribution.

use anyhow::{Context, Result};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The value below which a standard normal variable lies with `probability`, 0..1.
pub fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// Half the width, in standard errors, of a normal interval of `confidence`, such as 1.96 for 0.95.
pub fn normal_half_width(confidence: f64) -> f64 {
    normal_quantile(0.5 + confidence / 2.0)
}

/// The same of a t interval with `degrees_of_freedom`.
///
/// # Errors
/// Degrees of freedom that are not above 0.
pub fn t_half_width(confidence: f64, degrees_of_freedom: f64) -> Result<f64> {
    let distribution = students_t(degrees_of_freedom)?;
    Ok(distribution.inverse_cdf(0.5 + confidence / 2.0))
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

    // [stats.t.ppf(0.975, df) for df in (1, 2, 4.3, 9999)]
    #[test]
    fn t_quantiles_are_scipys() {
        for (degrees_of_freedom, expected) in [
            (1.0, 12.706_204_736_174_694),
            (2.0, 4.302_652_729_749_462),
            (4.3, 2.701_694_898_282_23),
            (9999.0, 1.960_201_263_621_357),
        ] {
            let found = t_half_width(0.95, degrees_of_freedom).unwrap();
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
