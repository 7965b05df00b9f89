//! Mean and spread of a few numbers.

use std::collections::BTreeMap;

/// Mean; 0 without values.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.iter().sum::<f64>() / values.len() as f64
}

/// Variance, divided by n − 1; `None` below two values.
pub fn variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(squares / (values.len() - 1) as f64)
}

/// Variance of the mean of `values` when the sample has a fixed number of values of each stratum:
/// Σ (n_h / n)² · s_h² / n_h. `strata` names the stratum of each value; a stratum of one value counts with
/// the variance of all values.
pub fn stratified_variance_of_mean(values: &[f64], strata: &[u16]) -> f64 {
    let mut of_stratum: BTreeMap<u16, Vec<f64>> = BTreeMap::new();
    for (&value, &stratum) in values.iter().zip(strata) {
        of_stratum.entry(stratum).or_default().push(value);
    }
    let all = variance(values).unwrap_or(0.0);
    let sum: f64 = of_stratum
        .values()
        .map(|values| values.len() as f64 * variance(values).unwrap_or(all))
        .sum();
    sum / (values.len().max(1) as f64).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    // import numpy as np  # 2.4.6
    // x = [0.9049, 0.9090, 0.9070]; np.mean(x), np.var(x, ddof=1)
    #[test]
    fn mean_and_variance_are_numpys() {
        let values = [0.9049, 0.9090, 0.9070];
        assert!((mean(&values) - 0.906_966_666_666_666_6).abs() < 1e-15);
        assert!((variance(&values).unwrap() - 4.203_333_333_333_31e-6).abs() < 1e-15);
        assert_eq!(variance(&values[..1]), None);
    }

    // import numpy as np  # 2.4.6
    // x, y = np.array([0.2, 0.4, 0.9]), np.array([0.5, 0.7]); n = 5
    // (3 * x.var(ddof=1) + 2 * y.var(ddof=1)) / n**2
    #[test]
    fn strata_count_with_their_own_variance() {
        let found = stratified_variance_of_mean(&[0.2, 0.5, 0.4, 0.9, 0.7], &[1, 2, 1, 1, 2]);
        assert!((found - 0.017_2).abs() < 1e-12, "{found}");
        let one = stratified_variance_of_mean(&[0.2, 0.4, 0.9], &[0; 3]);
        assert!((one - variance(&[0.2, 0.4, 0.9]).unwrap() / 3.0).abs() < 1e-15);
    }
}
