/// PyTorch's `CosineAnnealingLR(optimizer, T_max, eta_min)` and Keras's `CosineDecay` (Loshchilov and
/// Hutter, 2017): from `from` to `to` along half a cosine, for `fraction` in 0..=1.
pub(super) fn learning_rate(from: f64, to: f64, fraction: f64) -> f64 {
    to + (from - to) * (1.0 + (std::f64::consts::PI * fraction).cos()) / 2.0
}
