/// The sum of `y`, weighted: a loss whose gradient in y is `weights`.
pub fn weighted(y: &[f32], weights: &[f32]) -> f64 {
    y.iter()
        .zip(weights)
        .map(|(y, weight)| f64::from(*y) * f64::from(*weight))
        .sum()
}
