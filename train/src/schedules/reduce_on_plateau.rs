use pipelines::spec::Monitor;
use pipelines::tables::history::EpochRecord;

/// Keras's `ReduceLROnPlateau`, whose arguments these are.
pub(super) struct ReduceOnPlateau {
    pub(super) monitor: Monitor,
    pub(super) factor: f64,
    pub(super) patience: u32,
    pub(super) min_delta: f64,
    pub(super) cooldown: u32,
    pub(super) min_learning_rate: f64,
}

impl ReduceOnPlateau {
    /// The rate after the epochs of `history`.
    pub(super) fn learning_rate(&self, initial: f64, history: &[EpochRecord]) -> f64 {
        let mut learning_rate = initial;
        let mut best: Option<f64> = None;
        let mut wait = 0;
        let mut cooldown = 0;
        for epoch in history {
            if cooldown > 0 {
                cooldown -= 1;
                wait = 0;
            }
            let current = match self.monitor {
                Monitor::ValLoss => epoch.validation_loss,
                // Higher is better.
                Monitor::ValAccuracy => epoch.validation_accuracy.map(|accuracy| -accuracy),
            };
            // A spec without validation rows has no such schedule.
            let Some(current) = current else { continue };
            if best.is_none_or(|best| current < best - self.min_delta) {
                best = Some(current);
                wait = 0;
            } else if cooldown == 0 {
                wait += 1;
                if wait >= self.patience && learning_rate > self.min_learning_rate {
                    learning_rate = (learning_rate * self.factor).max(self.min_learning_rate);
                    cooldown = self.cooldown;
                    wait = 0;
                }
            }
        }
        learning_rate
    }
}
