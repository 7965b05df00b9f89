//! Mean and spread of a few numbers.

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

/// Median; the mean of the middle two of an even number; `None` without values.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // import numpy as np  # 2.4.6
    // x = [0.9049, 0.9090, 0.9070]; np.mean(x), np.var(x, ddof=1), np.median(x)
    #[test]
    fn mean_variance_and_median_are_numpys() {
        let values = [0.9049, 0.9090, 0.9070];
        assert!((mean(&values) - 0.906_966_666_666_666_6).abs() < 1e-15);
        assert!((variance(&values).unwrap() - 4.203_333_333_333_31e-6).abs() < 1e-15);
        assert_eq!(median(&values), Some(0.9070));
        assert_eq!(median(&[1.0, 4.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(variance(&values[..1]), None);
    }
}
