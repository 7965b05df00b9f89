//! How the learning rate changes from epoch to epoch, or from step to step.
//!
//! [`learning_rate`] is a function of what is known before an epoch begins: its number and the
//! validation figures of the epochs before; and of the step in it where the schedule goes by steps. A
//! run that continues after an interruption therefore needs nothing but its history.

mod cosine;
mod hold_then_exponential;
mod linear;
mod one_cycle;
mod reduce_on_plateau;
mod warm_up;

use pipelines::spec::{Interval, Model, Schedule};
use pipelines::tables::history::EpochRecord;

use warm_up::WarmUp;

/// The rate of the step with number `step`, from 0, of `steps` in the epoch that comes after the epochs of
/// `history`.
pub fn learning_rate(model: &Model, history: &[EpochRecord], step: usize, steps: usize) -> f64 {
    let initial = model.optimizer.learning_rate();
    let epoch = history.len() as u32;
    // Intervals before this one, and all of them.
    let place = |interval: Interval| match interval {
        Interval::Epoch => (f64::from(epoch), f64::from(model.epochs)),
        Interval::Step => (
            (history.len() * steps + step) as f64,
            model.epochs as f64 * steps as f64,
        ),
    };
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
        Schedule::Cosine {
            min_learning_rate,
            interval,
            warmup_fraction,
            initial_learning_rate,
        }
        | Schedule::Linear {
            min_learning_rate,
            interval,
            warmup_fraction,
            initial_learning_rate,
        } => {
            let fall = match model.schedule {
                Schedule::Cosine { .. } => cosine::learning_rate,
                _ => linear::learning_rate,
            };
            let warm_up = WarmUp {
                fraction: warmup_fraction,
                from: initial_learning_rate,
                to: initial,
            };
            let (at, total) = place(interval);
            warm_up.then(at, total, |fraction| {
                fall(initial, min_learning_rate, fraction)
            })
        }
        Schedule::OneCycle {
            max_learning_rate,
            warmup_fraction,
            initial_divisor,
            final_divisor,
            interval,
            anneal_strategy,
        } => {
            let (at, total) = place(interval);
            one_cycle::OneCycle {
                max_learning_rate,
                warmup_fraction,
                initial_divisor,
                final_divisor,
                anneal_strategy,
            }
            .learning_rate(at, total)
        }
    }
}

#[cfg(test)]
mod tests;
