//! How the learning rate changes from epoch to epoch.
//!
//! [`learning_rate`] is a function of what is known before an epoch begins: its number and the
//! validation figures of the epochs before. A run that goes on after an interruption therefore
//! needs nothing but its history.

mod cosine;
mod hold_then_exponential;
mod one_cycle;
mod reduce_on_plateau;

use pipelines::history::EpochRecord;
use pipelines::spec::{Model, Schedule};

/// The rate of the epoch that comes after the epochs of `history`.
pub fn learning_rate(model: &Model, history: &[EpochRecord]) -> f64 {
    let initial = model.optimizer.learning_rate();
    let epoch = history.len() as u32;
    match model.schedule {
        Schedule::Constant {} => initial,
        Schedule::HoldThenExponential { hold_epochs, decay } => {
            hold_then_exponential::learning_rate(initial, epoch, hold_epochs, decay)
        }
        Schedule::ReduceOnPlateau {
            monitor,
            factor,
            patience,
            min_delta,
            cooldown,
            min_learning_rate,
        } => reduce_on_plateau::ReduceOnPlateau {
            monitor,
            factor,
            patience,
            min_delta,
            cooldown,
            min_learning_rate,
        }
        .learning_rate(initial, history),
        Schedule::Cosine { min_learning_rate } => {
            cosine::learning_rate(initial, epoch, model.epochs, min_learning_rate)
        }
        Schedule::OneCycle {
            max_learning_rate,
            warmup_fraction,
            initial_divisor,
            final_divisor,
        } => one_cycle::OneCycle {
            max_learning_rate,
            warmup_fraction,
            initial_divisor,
            final_divisor,
        }
        .learning_rate(epoch, model.epochs),
    }
}

/// From `start` to `end` along half a cosine, for `fraction` in 0..=1.
fn half_cosine(start: f64, end: f64, fraction: f64) -> f64 {
    end + (start - end) * (1.0 + (std::f64::consts::PI * fraction).cos()) / 2.0
}
