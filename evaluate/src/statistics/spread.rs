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
}
