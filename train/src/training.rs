//! One model from one seed, from its data to its files.

use anyhow::Result;
use indicatif::ProgressBar;
use pipelines::files::layout::{
    HISTORY_FILE, Layout, PREDICTIONS_FILE, TIMINGS_FILE, WEIGHTS_FILE,
};
use pipelines::files::manifest::Outcome;
use pipelines::files::plan::Selection;
use pipelines::files::step_run::StepRun;
use pipelines::files::step_state::StepStates;
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
use crate::trainer::Trainer;
use crate::weights;

/// Trains `model` from `seed` and writes the files of `run`. With `afresh`, a checkpoint is not
/// used.
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
    afresh: bool,
) -> Result<Outcome> {
    run.set_instruction_set(simd::instruction_set());
    let mut dataset = Dataset::load(layout, spec, model, run.folder())?;
    if spec.data.normalization.is_some() {
        run.set_normalization(dataset.normalization.channels().clone());
    }
    let mut progress = Progress::default();
    let trained = match dataset.first_missing_class() {
        Some(failure) => Err(failure.into()),
        None => {
            let epochs = epochs_to_train(layout, spec, model)?;
            train_to(
                &mut run,
                &mut dataset,
                model,
                epochs,
                (seed, afresh),
                &mut progress,
            )
        }
    };
    let candidate = spec.sweep_of(&model.name).is_some();
    if candidate {
        let accuracies = progress.history.iter();
        let accuracies = accuracies.filter_map(|epoch| epoch.validation_accuracy);
        run.set_validation_accuracies(accuracies.collect());
    }
    let outcome = match trained {
        // The checkpoint has all that the run needs to go on.
        Err(error) if error.is::<Halted>() => {
            tracing::info!(
                "{} seed {seed}: halts after epoch {} of {}",
                model.name,
                progress.history.len(),
                model.epochs
            );
            run.record()?;
            return Ok(Outcome::Unfinished);
        }
        Ok(trainer) => {
            finish_history(&trainer, &dataset, model, &mut progress)?;
            let mut made = json!({ "model": model, "seed": seed });
            match spec.data.pixel_divisor {
                Some(divisor) => made["pixel_divisor"] = json!(divisor),
                None => made["normalization"] = json!(dataset.normalization.channels()),
            }
            made["dataset_info"] = json!(dataset.images.info);
            run.write(WEIGHTS_FILE, &weights::encode(&trainer.network, &made)?)?;
            // No candidate of a sweep sees the test images.
            let test_rows = if candidate {
                Vec::new()
            } else {
                dataset.test_rows()
            };
            let predictions = predictions(&trainer, &dataset, model, &progress, &test_rows)?;
            run.write(PREDICTIONS_FILE, &predictions.encode()?)?;
            Outcome::Complete
        }
        Err(error) => Outcome::Failed {
            reason: error.downcast::<Failure>()?.to_string(),
        },
    };
    run.write(HISTORY_FILE, &encode_history(&progress.history)?)?;
    run.write(TIMINGS_FILE, &encode_timings(&progress.timings)?)?;
    run.set_epochs_duration(progress.timings.iter().map(|epoch| epoch.duration_s).sum());
    run.finish(outcome.clone())?;
    Ok(outcome)
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

/// Trains `model` from `seed` up to its last epoch, or fails with [`Halted`] after `epochs` of them; with
/// `afresh`, a checkpoint is not used.
fn train_to(
    run: &mut StepRun,
    dataset: &mut Dataset,
    model: &Model,
    epochs: u32,
    (seed, afresh): (u64, bool),
    progress: &mut Progress,
) -> Result<Trainer> {
    let name = format!("{} seed {seed}", model.name);
    let seed = run_seed(seed, &model.name);
    let mut trainer = Trainer::new(model, &dataset.images.info, seed)?;
    if !afresh {
        match checkpoint::load(run.folder(), run.made_from(), &mut trainer) {
            Ok(Some((earlier, elapsed_s))) => {
                tracing::info!("{name}: goes on after epoch {}", earlier.history.len());
                *progress = earlier;
                run.add_earlier_duration(elapsed_s);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!("{name}: begins again: {error:#}");
                trainer = Trainer::new(model, &dataset.images.info, seed)?;
            }
        }
    }
    let halts = |done: usize| done >= epochs as usize && done < model.epochs as usize;
    if halts(progress.history.len()) {
        return Err(Halted.into());
    }
    let images = u64::from(model.epochs) * dataset.training_rows.len() as u64;
    let done = progress.history.len() as u64 * dataset.training_rows.len() as u64;
    let bar = bar(&name, images, "images");
    bar.set_position(done);
    bar.reset_eta();
    fit(
        &mut trainer,
        dataset,
        model,
        seed,
        progress,
        &bar,
        |trainer, progress| {
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

/// Probabilities of all validation rows, then of `test_rows`, and those over several views if the model
/// asks for them.
fn predictions(
    trainer: &Trainer,
    dataset: &Dataset,
    model: &Model,
    progress: &Progress,
    test_rows: &[u32],
) -> Result<Predictions> {
    let class_count = trainer.network.class_count();
    let validation_rows = &dataset.validation_rows;
    let row_count = validation_rows.len() + test_rows.len();
    let mut predictions = Predictions {
        class_count,
        ids: Vec::with_capacity(row_count),
        splits: Vec::with_capacity(row_count),
        labels: Vec::with_capacity(row_count),
        probabilities: Vec::with_capacity(row_count * class_count),
        view_probabilities: None,
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
    predict(&mut predictions, trainer, dataset, Split::Test, test_rows)?;
    if !model.test_time_views.is_single() {
        let mut in_views = Vec::with_capacity(row_count * class_count);
        for (images, rows) in [
            (&dataset.images, validation_rows.as_slice()),
            (&dataset.test, test_rows),
        ] {
            predict::for_each_batch_in_views(
                &trainer.network,
                images,
                rows,
                &dataset.normalization,
                model.test_time_views,
                |_, logits| in_views.extend(probabilities(class_count, logits)),
            )?;
        }
        predictions.view_probabilities = Some(in_views);
    }
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
