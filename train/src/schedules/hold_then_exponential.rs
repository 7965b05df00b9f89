/// The example in the documentation of Keras's `LearningRateScheduler`: the rate is kept for
/// `hold_epochs` epochs, then multiplied by exp(-`decay`) before each. `epoch` counts from 0.
pub(super) fn learning_rate(initial: f64, epoch: u32, hold_epochs: u32, decay: f64) -> f64 {
    let decayed = (epoch + 1).saturating_sub(hold_epochs);
    initial * (-decay * f64::from(decayed)).exp()
}
