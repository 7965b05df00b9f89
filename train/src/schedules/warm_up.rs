use super::linear;

/// A linear rise before a schedule: Keras's `CosineDecay(initial_learning_rate, warmup_target,
/// warmup_steps)`.
pub(super) struct WarmUp {
    /// Share of all intervals.
    pub(super) fraction: f64,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl WarmUp {
    /// The rate of interval `at`, from 0, of `total`; `schedule` gives it for the fraction of the
    /// intervals behind the rise that has passed.
    pub(super) fn then(&self, at: f64, total: f64, schedule: impl Fn(f64) -> f64) -> f64 {
        let rise = (self.fraction * total).round();
        match at < rise {
            true => linear::learning_rate(self.from, self.to, at / rise),
            false => schedule((at - rise) / (total - rise)),
        }
    }
}
