use super::half_cosine;

/// PyTorch's `CosineAnnealingLR(optimizer, T_max=epochs, eta_min=min_learning_rate)` (Loshchilov
/// and Hutter, 2017), stepped by epoch.
pub(super) fn learning_rate(initial: f64, epoch: u32, epochs: u32, min_learning_rate: f64) -> f64 {
    half_cosine(
        initial,
        min_learning_rate,
        f64::from(epoch) / f64::from(epochs),
    )
}
