//! Reasons why a run has failed for good.

/// A larger loss has diverged: guessing among a thousand classes gives ln 1000 = 6.9.
const MAX_LOSS: f32 = 1e4;

/// Why a run has failed. The manifest records it, and other runs go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The loss of a training batch, before its update.
    #[error("epoch {epoch}, batch {batch}: expected a loss of at most {MAX_LOSS}, found {loss}")]
    TrainingLoss {
        /// Epoch, from 1.
        epoch: usize,
        /// Batch in the epoch, from 1.
        batch: usize,
        /// The loss.
        loss: f32,
    },
    /// The loss on the validation rows after an epoch.
    #[error("epoch {epoch}, validation: expected a loss of at most {MAX_LOSS}, found {loss}")]
    ValidationLoss {
        /// Epoch, from 1.
        epoch: usize,
        /// The loss.
        loss: f64,
    },
    /// A class without training rows cannot be learnt.
    #[error("expected training rows of every class, found none of class {class} ({name})")]
    MissingClass {
        /// The label.
        class: u16,
        /// Its name.
        name: String,
    },
}

impl Failure {
    /// The failure, if this loss of a batch is NaN or too large. `epoch` and `batch` count from 0.
    pub fn of_batch(epoch: usize, batch: usize, loss: f32) -> Option<Self> {
        (loss.is_nan() || loss > MAX_LOSS).then_some(Self::TrainingLoss {
            epoch: epoch + 1,
            batch: batch + 1,
            loss,
        })
    }

    /// The failure, if this validation loss is NaN or too large. `epoch` counts from 0.
    pub fn of_validation(epoch: usize, loss: f64) -> Option<Self> {
        (loss.is_nan() || loss > f64::from(MAX_LOSS)).then_some(Self::ValidationLoss {
            epoch: epoch + 1,
            loss,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_is_nan_or_too_large_names_epoch_and_batch() {
        assert_eq!(Failure::of_batch(0, 0, 2.3), None);
        for loss in [f32::NAN, f32::INFINITY, 2e4] {
            let failure = Failure::of_batch(2, 16, loss).unwrap().to_string();
            assert!(
                failure.starts_with("epoch 3, batch 17: expected a loss of at most 10000, found"),
                "{failure}"
            );
        }
        assert_eq!(Failure::of_validation(0, 0.3), None);
        assert!(Failure::of_validation(0, f64::NAN).is_some());
    }
}
