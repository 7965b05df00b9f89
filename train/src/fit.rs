//! Training over epochs, with Keras's meaning of every figure.

use std::time::Instant;

use anyhow::Result;
use indicatif::ProgressBar;
use pipelines::spec::Model;
use pipelines::tables::history::{EpochRecord, EpochTiming};
use pipelines::tables::images::Images;

use crate::batches::{Batch, gather, shuffled};
use crate::dataset::Dataset;
use crate::failure::Failure;
use crate::normalization::Normalization;
use crate::predict;
use crate::schedules;
use crate::thread_pool::keep_awake;
use crate::trainer::Trainer;

/// The epochs that a run has finished.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// One for each whole epoch.
    pub history: Vec<EpochRecord>,
    /// As many.
    pub timings: Vec<EpochTiming>,
    /// Logits (validation rows, classes) after the last epoch; `None` before the first and after an
    /// interruption.
    pub validation_logits: Option<Vec<f32>>,
}

/// Trains from the end of `progress` to the last epoch. `after_epoch` is called after each epoch;
/// an error that it returns ends the training.
///
/// Loss and accuracy in training are those of the training-mode forward pass before each update,
/// weighted by rows; the last batch of an epoch keeps its own size. Validation is an inference
/// pass after the epoch, with the average of the weights if the model has one; its loss has the model's
/// label smoothing and no class weights.
///
/// # Errors
/// A [`Failure`] as soon as a loss is NaN or too large; a shard that cannot be read; errors of
/// `after_epoch`.
pub fn fit(
    trainer: &mut Trainer,
    dataset: &mut Dataset,
    model: &Model,
    seed: u64,
    progress: &mut Progress,
    bar: &ProgressBar,
    mut after_epoch: impl FnMut(&mut Trainer, &Progress) -> Result<()>,
) -> Result<()> {
    while progress.history.len() < model.epochs as usize {
        let epoch = progress.history.len();
        let started = Instant::now();
        let (images, rows) = match &mut dataset.shards {
            Some(shards) => {
                let shard = shards.of_epoch(epoch as u32)?;
                (shard, (0..shard.len() as u32).collect())
            }
            None => (&dataset.images, dataset.training_rows.clone()),
        };
        let rows = shuffled(rows, seed, epoch as u32);
        let batches = Batches {
            images,
            rows: &rows,
            size: model.batch_size,
            normalization: &dataset.normalization,
        };
        let steps = rows.len().div_ceil(model.batch_size);
        let learning_rate =
            |step: usize| schedules::learning_rate(model, &progress.history, step, steps);
        let training = keep_awake(|| train_epoch(trainer, &batches, epoch, learning_rate, bar))?;
        let learning_rate = learning_rate(0);
        let training_s = started.elapsed().as_secs_f64();
        trainer.swap_average();
        if trainer.average.is_some() {
            trainer.calibrate(batches.for_statistics())?;
        }

        let rows = &dataset.validation_rows;
        let logits = predict::logits(
            &trainer.network,
            &dataset.images,
            rows,
            &dataset.normalization,
        )?;
        trainer.swap_average();
        let smoothing = model.label_smoothing;
        let validation =
            (!rows.is_empty()).then(|| predict::score(smoothing, &logits, &dataset.images, rows));
        if let Some(validation) = validation
            && let Some(failure) = Failure::of_validation(epoch, validation.loss)
        {
            return Err(failure.into());
        }
        progress.validation_logits = Some(logits);
        progress.history.push(EpochRecord {
            epoch: epoch as u32 + 1,
            train_loss: training.loss,
            train_accuracy: training.accuracy,
            validation_loss: validation.map(|score| score.loss),
            validation_accuracy: validation.map(|score| score.accuracy),
            learning_rate,
            train_inference_loss: None,
            train_inference_accuracy: None,
        });
        progress.timings.push(EpochTiming {
            epoch: epoch as u32 + 1,
            duration_s: started.elapsed().as_secs_f64(),
            images_per_s: batches.rows.len() as f64 / training_s,
        });
        after_epoch(trainer, progress)?;
    }
    Ok(())
}

/// The training rows of one epoch.
struct Batches<'a> {
    images: &'a Images,
    rows: &'a [u32],
    size: usize,
    normalization: &'a Normalization,
}

impl Batches<'_> {
    fn gather(&self, rows: &[u32]) -> Batch {
        gather(self.images, rows, self.normalization)
    }

    /// Those from which running statistics are made anew: whole batches, the first of the epoch, unless
    /// it has but a part of one.
    fn for_statistics(&self) -> impl Iterator<Item = Batch> {
        let size = self.size.min(self.rows.len()).max(1);
        let count = (STATISTICS_ROWS / size).max(1);
        let whole = self.rows.chunks_exact(size);
        whole.take(count).map(|rows| self.gather(rows))
    }
}

/// Rows from which running statistics are made anew. The variance of 10,000 values is known to 1.4 %, and
/// a map has several values a row.
const STATISTICS_ROWS: usize = 10_000;

/// One pass over all batches, with the learning rate of each step of the epoch, counted from 0.
fn train_epoch(
    trainer: &mut Trainer,
    batches: &Batches,
    epoch: usize,
    learning_rate: impl Fn(usize) -> f64,
    bar: &ProgressBar,
) -> Result<predict::Score> {
    let gather = |rows: &[u32]| batches.gather(rows);
    let mut loss = 0.0;
    let mut correct = 0;
    let mut chunks = batches.rows.chunks(batches.size).enumerate().peekable();
    let mut batch = chunks.peek().map(|(_, rows)| gather(rows));
    while let (Some((number, rows)), Some(x)) = (chunks.next(), batch.take()) {
        trainer.optimizer.set_learning_rate(learning_rate(number));
        let following = chunks.peek().map(|(_, rows)| *rows);
        let (score, next) = rayon::join(|| trainer.step(x), || following.map(gather));
        let score = score?;
        if let Some(failure) = Failure::of_batch(epoch, number, score.loss) {
            return Err(failure.into());
        }
        loss += f64::from(score.loss) * rows.len() as f64;
        correct += score.correct;
        bar.inc(rows.len() as u64);
        batch = next;
    }
    Ok(predict::Score {
        loss: loss / batches.rows.len() as f64,
        accuracy: correct as f64 / batches.rows.len() as f64,
    })
}

#[cfg(test)]
mod tests {
    use pipelines::spec::Spec;

    use super::*;

    #[test]
    fn without_validation_rows_an_epoch_has_no_validation_figures() {
        let spec = Spec::load("smoke").unwrap();
        let model = Model {
            epochs: 1,
            ..spec.model("model-8").unwrap().clone()
        };
        let images = ingest::bundled::train().unwrap();
        let mut dataset = Dataset {
            training_rows: (0..images.len() as u32).collect(),
            validation_rows: Vec::new(),
            test: ingest::bundled::test().unwrap(),
            shards: None,
            normalization: Normalization::divisor(255.0, 1),
            images,
        };
        let mut trainer = Trainer::new(&model, &dataset.images.info, 0).unwrap();
        let mut progress = Progress::default();
        let bar = ProgressBar::hidden();
        let go_on = |_: &mut Trainer, _: &Progress| Ok(());
        fit(
            &mut trainer,
            &mut dataset,
            &model,
            0,
            &mut progress,
            &bar,
            go_on,
        )
        .unwrap();
        let [epoch] = progress.history.as_slice() else {
            panic!("expected one epoch, found {}", progress.history.len());
        };
        assert_eq!(
            (epoch.validation_loss, epoch.validation_accuracy),
            (None, None)
        );
        assert!(epoch.train_accuracy > 0.3);
    }
}
