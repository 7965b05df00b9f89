use pipelines::spec::Anneal;

use super::{cosine, linear};

/// PyTorch's `OneCycleLR(optimizer, max_lr, total_steps, pct_start, div_factor, final_div_factor,
/// anneal_strategy)` in two phases.
pub(super) struct OneCycle {
    pub(super) max_learning_rate: f64,
    pub(super) warmup_fraction: f64,
    pub(super) initial_divisor: f64,
    pub(super) final_divisor: f64,
    pub(super) anneal_strategy: Anneal,
}

impl OneCycle {
    /// The rate of interval `at`, from 0, of `total`.
    pub(super) fn learning_rate(&self, at: f64, total: f64) -> f64 {
        let first = self.max_learning_rate / self.initial_divisor;
        let last = first / self.final_divisor;
        let peak = self.warmup_fraction * total - 1.0;
        let end = total - 1.0;
        let anneal = match self.anneal_strategy {
            Anneal::Cos => cosine::learning_rate,
            Anneal::Linear => linear::learning_rate,
        };
        if at <= peak {
            // A warm-up of a single interval cannot rise; PyTorch divides by zero.
            let fraction = if peak > 0.0 { at / peak } else { 1.0 };
            anneal(first, self.max_learning_rate, fraction)
        } else {
            anneal(self.max_learning_rate, last, (at - peak) / (end - peak))
        }
    }
}
