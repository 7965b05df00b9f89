//! One model from one seed, from its data to its files.

use anyhow::Result;
use indicatif::ProgressBar;
use pipelines::files::layout::{
    HISTORY_FILE, Layout, PREDICTIONS_FILE, TIMINGS_FILE, WEIGHTS_FILE,
};
use pipelines::files::manifest::Outcome;
use pipelines::files::step_run::StepRun;
use pipelines::files::weights_header::WeightsHeader;
use pipelines::random::run_seed;
use pipelines::spec::{Model, Spec};
use pipelines::stage_program::{bar, interrupted, line};
use pipelines::tables::history::{encode_history, encode_timings};
use pipelines::tables::images::Images;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;
use serde_json::json;

use crate::checkpoint;
use crate::dataset::Dataset;
use crate::failure::Failure;
use crate::fit::{Progress, fit};
use crate::kernels::simd;
use crate::predict::{self, ScoreSum, probabilities};
use crate::tensorboard::{EventFile, histogram};
use crate::trainer::Trainer;
use crate::weights;

/// How to train, where the results do not depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether a checkpoint is not used.
    pub afresh: bool,
    /// After each so many epochs the event file gets histograms; without a number it gets none.
    pub histograms: Option<u32>,
}

/// Trains `model` from `seed` and writes the files of `run`.
///
/// # Errors
/// Files that cannot be read or written, and an interruption. A run whose loss is NaN or too large is not
/// an error here: its manifest says what happened, and its outcome is returned.
pub fn train(
    mut run: StepRun,
    layout: &Layout,
    spec: &Spec,
    model: &Model,
    seed: u64,
    options: Options,
) -> Result<Outcome> {
    run.set_instruction_set(simd::instruction_set());
    let mut dataset = Dataset::load(layout, spec, model, run.folder())?;
    if spec.data.normalization.is_some() {
        run.set_normalization(dataset.normalization.channels().clone());
    }
    let mut training = Training {
        run,
        spec,
        model,
        seed,
        options,
        progress: Progress::default(),
        events: None,
    };
    let trained = match dataset.first_missing_class() {
        Some(failure) => Err(failure.into()),
        None => training.train_to_end(&mut dataset),
    };
    let outcome = match trained {
        Ok(trainer) => {
            finish_history(&trainer, &dataset, &mut training.progress)?;
            training.write_results(&trainer, &dataset)?;
            Outcome::Complete
        }
        Err(error) => Outcome::Failed {
            reason: error.downcast::<Failure>()?.to_string(),
        },
    };
    training.finish(outcome)
}

/// A training on its way.
struct Training<'a> {
    run: StepRun,
    spec: &'a Spec,
    model: &'a Model,
    seed: u64,
    options: Options,
    progress: Progress,
    /// Begun when it is known after which epoch the training goes on.
    events: Option<EventFile>,
}

impl Training<'_> {
    fn train_to_end(&mut self, dataset: &mut Dataset) -> Result<Trainer> {
        let name = format!("{} seed {}", self.model.name, self.seed);
        let seed = run_seed(self.seed, &self.model.name);
        let mut trainer = self.begin(&name, dataset, seed)?;
        let events = EventFile::open(
            self.run.folder(),
            self.spec,
            self.model,
            self.seed,
            &self.progress,
        )?;
        let events = self.events.insert(events);
        let images = u64::from(self.model.epochs) * dataset.training_rows.len() as u64;
        let done = self.progress.history.len() as u64 * dataset.training_rows.len() as u64;
        let bar = bar(&name, images, "images");
        bar.set_position(done);
        bar.reset_eta();
        let (run, model, histograms) = (&self.run, self.model, self.options.histograms);
        fit(
            &mut trainer,
            dataset,
            model,
            seed,
            &mut self.progress,
            &bar,
            |trainer, progress| {
                add_epoch(events, trainer, progress, histograms)?;
                checkpoint::save(
                    run.folder(),
                    run.made_from(),
                    trainer,
                    progress,
                    run.duration_s(),
                )?;
                report(&bar, &name, model, progress);
                interrupted(|| {
                    let epoch = progress.history.len();
                    format!("{name} goes on after epoch {epoch} of {}", model.epochs)
                })?;
                Ok(())
            },
        )?;
        bar.finish_and_clear();
        Ok(trainer)
    }

    /// From the checkpoint if there is one that fits, or from the beginning.
    fn begin(&mut self, name: &str, dataset: &Dataset, seed: u64) -> Result<Trainer> {
        let begin = || Trainer::new(self.model, &dataset.images.info, seed);
        let mut trainer = begin()?;
        if self.options.afresh {
            return Ok(trainer);
        }
        match checkpoint::load(self.run.folder(), self.run.made_from(), &mut trainer) {
            Ok(Some((earlier, elapsed_s))) => {
                tracing::info!("{name}: goes on after epoch {}", earlier.history.len());
                self.progress = earlier;
                self.run.add_earlier_duration(elapsed_s);
                Ok(trainer)
            }
            Ok(None) => Ok(trainer),
            Err(error) => {
                tracing::warn!("{name}: begins again: {error:#}");
                begin()
            }
        }
    }

    fn write_results(&mut self, trainer: &Trainer, dataset: &Dataset) -> Result<()> {
        let is_standardised = self.spec.data.pixel_divisor.is_none();
        let header = WeightsHeader {
            model: json!(self.model),
            seed: self.seed,
            pixel_divisor: self.spec.data.pixel_divisor,
            normalization: is_standardised.then(|| dataset.normalization.channels().clone()),
            dataset_info: dataset.images.info.clone(),
        };
        let weights = weights::encode(&trainer.network, &json!(header))?;
        self.run.write(WEIGHTS_FILE, &weights)?;
        let predictions = predictions(trainer, dataset, &self.progress)?;
        self.run.write(PREDICTIONS_FILE, &predictions.encode()?)
    }

    /// Writes what a failed training has, too.
    fn finish(mut self, outcome: Outcome) -> Result<Outcome> {
        let Progress {
            history, timings, ..
        } = &self.progress;
        if let Some(events) = &mut self.events {
            events.end(history.last(), outcome == Outcome::Complete)?;
        }
        self.run.write(HISTORY_FILE, &encode_history(history)?)?;
        self.run.write(TIMINGS_FILE, &encode_timings(timings)?)?;
        let epochs_s = timings.iter().map(|epoch| epoch.duration_s).sum();
        self.run.set_epochs_duration(epochs_s);
        self.run.finish(outcome.clone())?;
        Ok(outcome)
    }
}

/// Adds the last epoch of `progress` to the event file, with histograms after each `every`-th.
fn add_epoch(
    events: &mut EventFile,
    trainer: &mut Trainer,
    progress: &Progress,
    every: Option<u32>,
) -> Result<()> {
    let (Some(epoch), Some(timing)) = (progress.history.last(), progress.timings.last()) else {
        return Ok(());
    };
    let mut histograms = Vec::new();
    if every.is_some_and(|every| epoch.epoch.is_multiple_of(every)) {
        trainer.for_each_gradient(|parameter, gradient| {
            let name = parameter.name();
            histograms.push((format!("weights/{name}"), histogram(parameter.values())));
            histograms.push((format!("gradients/{name}"), histogram(gradient)));
        })?;
    }
    events.epoch(epoch, timing, histograms)
}

/// One line an epoch, for a terminal of 80 columns: train figures, then those of the validation rows.
fn report(bar: &ProgressBar, name: &str, model: &Model, progress: &Progress) {
    let (Some(epoch), Some(timing)) = (progress.history.last(), progress.timings.last()) else {
        return;
    };
    let beside = |value: Option<f64>, decimals: usize| {
        value.map_or(String::new(), |value| format!("/{value:.decimals$}"))
    };
    line(
        bar,
        &format!(
            "{name}  epoch {number:>3}/{epochs:<3} loss {:.4}{}  accuracy {:.2}{} %  {:.1} s",
            epoch.train_loss,
            beside(epoch.validation_loss, 4),
            100.0 * epoch.train_accuracy,
            beside(
                epoch.validation_accuracy.map(|accuracy| 100.0 * accuracy),
                2
            ),
            timing.duration_s,
            number = progress.history.len(),
            epochs = model.epochs,
        ),
    );
}

/// Adds to the last epoch what a fair comparison with its validation figures needs.
fn finish_history(trainer: &Trainer, dataset: &Dataset, progress: &mut Progress) -> Result<()> {
    let mut sum = ScoreSum::default();
    predict::for_each_batch(
        &trainer.network,
        &dataset.images,
        &dataset.training_rows,
        &dataset.normalization,
        |rows, logits| sum.add(logits, &dataset.images, rows),
    )?;
    let score = sum.score();
    if let Some(last) = progress.history.last_mut() {
        last.train_inference_loss = Some(score.loss);
        last.train_inference_accuracy = Some(score.accuracy);
    }
    Ok(())
}

/// Probabilities of all validation rows, then of all test rows.
fn predictions(trainer: &Trainer, dataset: &Dataset, progress: &Progress) -> Result<Predictions> {
    let class_count = trainer.network.class_count();
    let (validation_rows, test_rows) = (&dataset.validation_rows, dataset.test_rows());
    let row_count = validation_rows.len() + test_rows.len();
    let mut predictions = Predictions {
        class_count,
        ids: Vec::with_capacity(row_count),
        splits: Vec::with_capacity(row_count),
        labels: Vec::with_capacity(row_count),
        probabilities: Vec::with_capacity(row_count * class_count),
    };
    match &progress.validation_logits {
        Some(logits) => {
            let split = Split::Validation;
            push(
                &mut predictions,
                split,
                &dataset.images,
                validation_rows,
                logits,
            );
        }
        None => predict(
            &mut predictions,
            trainer,
            dataset,
            Split::Validation,
            validation_rows,
        )?,
    }
    predict(&mut predictions, trainer, dataset, Split::Test, &test_rows)?;
    Ok(predictions)
}

/// Adds the probabilities of `rows` of `split`.
fn predict(
    predictions: &mut Predictions,
    trainer: &Trainer,
    dataset: &Dataset,
    split: Split,
    rows: &[u32],
) -> Result<()> {
    let images = match split {
        Split::Test => &dataset.test,
        Split::Train | Split::Validation => &dataset.images,
    };
    let (network, normalization) = (&trainer.network, &dataset.normalization);
    predict::for_each_batch(network, images, rows, normalization, |rows, logits| {
        push(predictions, split, images, rows, logits);
    })
}

/// Adds the probabilities of `rows` of `images`, whose logits are known.
fn push(
    predictions: &mut Predictions,
    split: Split,
    images: &Images,
    rows: &[u32],
    logits: &[f32],
) {
    for &row in rows {
        predictions.ids.push(images.ids[row as usize]);
        predictions.labels.push(images.labels[row as usize]);
        predictions.splits.push(split);
    }
    let probabilities = probabilities(predictions.class_count, logits);
    predictions.probabilities.extend(probabilities);
}
