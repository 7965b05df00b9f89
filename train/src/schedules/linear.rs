/// From `from` to `to` along a straight line, for `fraction` in 0..=1.
pub(super) fn learning_rate(from: f64, to: f64, fraction: f64) -> f64 {
    from + (to - from) * fraction
}
