//! One model from one seed, from its data to its files.

mod predictions;

use anyhow::Result;
use indicatif::ProgressBar;
use pipelines::files::layout::{
    HISTORY_FILE, Layout, PREDICTIONS_FILE, TIMINGS_FILE, WEIGHTS_FILE,
};
use pipelines::files::manifest::Outcome;
use pipelines::files::plan::Selection;
use pipelines::files::step_run::StepRun;
use pipelines::files::step_state::StepStates;
use pipelines::files::weights_header::WeightsHeader;
use pipelines::random::run_seed;
use pipelines::spec::{Model, Spec};
use pipelines::stage_program::{bar_after, interrupted, line};
use pipelines::tables::history::{encode_history, encode_timings};
use serde_json::json;

use self::predictions::predictions;
use crate::checkpoint;
use crate::dataset::Dataset;
use crate::failure::Failure;
use crate::fit::{Progress, fit};
use crate::kernels::simd;
use crate::predict::{self, ScoreSum};
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
        None => {
            let epochs = epochs_to_train(layout, spec, model)?;
            training.train_to(epochs, &mut dataset)
        }
    };
    if training.is_candidate() {
        let accuracies = training.progress.history.iter();
        let accuracies = accuracies.filter_map(|epoch| epoch.validation_accuracy);
        training.run.set_validation_accuracies(accuracies.collect());
    }
    let outcome = match trained {
        // The checkpoint has all that the run needs to go on.
        Err(error) if error.is::<Halted>() => {
            tracing::info!(
                "{} seed {seed}: halts after epoch {} of {}",
                model.name,
                training.progress.history.len(),
                model.epochs
            );
            training.run.record()?;
            return Ok(Outcome::Unfinished);
        }
        Ok(trainer) => {
            finish_history(&trainer, &dataset, model, &mut training.progress)?;
            training.write_results(&trainer, &dataset)?;
            Outcome::Complete
        }
        Err(error) => Outcome::Failed {
            reason: error.downcast::<Failure>()?.to_string(),
        },
    };
    training.finish(outcome)
}

/// A candidate has trained for as many epochs as its sweep asks for so far.
#[derive(Debug, thiserror::Error)]
#[error("the training halts")]
struct Halted;

/// Epochs after which `model` halts: its own, or those that its sweep asks of a candidate so far.
fn epochs_to_train(layout: &Layout, spec: &Spec, model: &Model) -> Result<u32> {
    let Some((sweep, index)) = spec.sweep_of(&model.name) else {
        return Ok(model.epochs);
    };
    let selection = Selection::default();
    let standing = StepStates::new(layout, spec, &selection).standing(sweep)?;
    Ok(standing.required[index])
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
    /// Trains up to the last epoch, or fails with [`Halted`] after `epochs` of them.
    fn train_to(&mut self, epochs: u32, dataset: &mut Dataset) -> Result<Trainer> {
        let name = format!("{} seed {}", self.model.name, self.seed);
        let seed = run_seed(self.seed, &self.model.name);
        let mut trainer = self.begin(&name, dataset, seed)?;
        let (run, model, histograms) = (&self.run, self.model, self.options.histograms);
        let halts = |done: usize| done >= epochs as usize && done < model.epochs as usize;
        if halts(self.progress.history.len()) {
            return Err(Halted.into());
        }
        let events = EventFile::open(run.folder(), self.spec, model, self.seed, &self.progress)?;
        let events = self.events.insert(events);
        let images = u64::from(self.model.epochs) * dataset.training_rows.len() as u64;
        let done = self.progress.history.len() as u64 * dataset.training_rows.len() as u64;
        let bar = bar_after(done, &name, images, "images");
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
                if halts(progress.history.len()) {
                    return Err(Halted.into());
                }
                interrupted(|| {
                    let epoch = progress.history.len();
                    format!("{name} goes on after epoch {epoch} of {}", model.epochs)
                })?;
                Ok(())
            },
        )?;
        bar.finish_and_clear();
        // From here on the average is the network.
        trainer.swap_average();
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

    /// Whether the model is one of a sweep, which never sees the test images.
    fn is_candidate(&self) -> bool {
        self.spec.sweep_of(&self.model.name).is_some()
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
        let test_rows = match self.is_candidate() {
            true => Vec::new(),
            false => dataset.test_rows(),
        };
        let predictions = predictions(trainer, dataset, self.model, &self.progress, &test_rows)?;
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
fn finish_history(
    trainer: &Trainer,
    dataset: &Dataset,
    model: &Model,
    progress: &mut Progress,
) -> Result<()> {
    let mut sum = ScoreSum::new(model.label_smoothing);
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
