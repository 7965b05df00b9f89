use super::half_cosine;

/// PyTorch's `OneCycleLR(optimizer, max_lr, total_steps=epochs, pct_start, div_factor,
/// final_div_factor)` with cosine annealing in two phases, stepped by epoch.
pub(super) struct OneCycle {
    pub(super) max_learning_rate: f64,
    pub(super) warmup_fraction: f64,
    pub(super) initial_divisor: f64,
    pub(super) final_divisor: f64,
}

impl OneCycle {
    /// `epoch` counts from 0.
    pub(super) fn learning_rate(&self, epoch: u32, epochs: u32) -> f64 {
        let first = self.max_learning_rate / self.initial_divisor;
        let last = first / self.final_divisor;
        let epoch = f64::from(epoch);
        let peak = self.warmup_fraction * f64::from(epochs) - 1.0;
        let end = f64::from(epochs) - 1.0;
        if epoch <= peak {
            // A warm-up of a single epoch cannot rise; PyTorch divides by zero.
            let fraction = if peak > 0.0 { epoch / peak } else { 1.0 };
            half_cosine(first, self.max_learning_rate, fraction)
        } else {
            let fraction = (epoch - peak) / (end - peak);
            half_cosine(self.max_learning_rate, last, fraction)
        }
    }
}
