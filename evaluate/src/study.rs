//! The trained runs of a spec.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use pipelines::files::layout::{Layout, PREDICTIONS_FILE};
use pipelines::files::manifest::Manifest;
use pipelines::files::plan::Selection;
use pipelines::files::step::Step;
use pipelines::files::step_state::{StepStates, TrainedRun};
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::spec::{Model, Progress, Spec, Standing, Sweep};
use pipelines::tables::split::Split;
use rayon::prelude::*;

use crate::run::{Run, SplitPredictions};
use crate::statistics::accuracy_interval::{MeanAccuracy, mean_accuracy};
use crate::statistics::correct_matrix::CorrectMatrix;

/// The input of all tables.
#[derive(Clone, Debug)]
pub struct Study {
    /// The spec.
    pub spec: Spec,
    /// Names of the classes.
    pub info: DatasetInfo,
    /// Models with at least one run, in the spec's order. All runs have the same images, split by
    /// split.
    pub models: Vec<TrainedModel>,
    /// Runs that ended without a result.
    pub failures: Vec<Failure>,
    /// Whether seeds are added until every change is decided.
    pub until_decided: bool,
    /// The sweeps that selected models were chosen from.
    pub sweeps: Vec<StudiedSweep>,
}

/// A sweep and how its candidates stand.
#[derive(Clone, Debug)]
pub struct StudiedSweep {
    /// The sweep.
    pub sweep: Sweep,
    /// Of each candidate the runs of all seeds.
    pub progress: Vec<Vec<Progress>>,
    /// What follows from them.
    pub standing: Standing,
}

/// A model and its runs.
#[derive(Clone, Debug)]
pub struct TrainedModel {
    /// The model.
    pub model: Model,
    /// Its runs by ascending seed; at least one.
    pub runs: Vec<Run>,
}

/// A run that ended without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its model.
    pub model: String,
    /// Its seed.
    pub seed: u64,
    /// The error message.
    pub reason: String,
}

impl Study {
    /// All runs with the name of their model, in the order of the tables.
    pub fn runs(&self) -> impl Iterator<Item = (&str, &Run)> {
        self.models.iter().flat_map(|trained| {
            let name = trained.model.name.as_str();
            trained.runs.iter().map(move |run| (name, run))
        })
    }

    /// Whether the runs have predictions of `split`: those of a spec that trains on all rows have none of
    /// validation rows.
    pub fn has(&self, split: Split) -> bool {
        self.runs().all(|(_, run)| run.split(split).is_some())
    }

    /// All predictions with their model's name and their run, in the order of the tables.
    pub fn split_predictions(&self) -> impl Iterator<Item = (&str, &Run, &SplitPredictions)> {
        self.runs()
            .flat_map(|(name, run)| run.splits.iter().map(move |split| (name, run, split)))
    }
}

impl TrainedModel {
    /// Which images of `split` each run predicts correctly.
    ///
    /// # Errors
    /// A split that not every run has.
    pub fn correct(&self, split: Split) -> Result<CorrectMatrix<'_>> {
        correct(&self.model.name, self.runs.iter(), split)
    }

    /// True classes of the images of `split`; empty when its runs have no such split.
    pub fn labels(&self, split: Split) -> &[u16] {
        let first = self.runs.first().and_then(|run| run.split(split));
        first.map_or(&[], |predictions| &predictions.labels)
    }

    /// The mean accuracy on `split` with intervals of `confidence`.
    ///
    /// # Errors
    /// As [`TrainedModel::correct`].
    pub fn mean_accuracy(&self, split: Split, confidence: f64) -> Result<MeanAccuracy> {
        mean_accuracy(&self.correct(split)?, self.labels(split), confidence)
    }

    /// [`TrainedModel::correct`] of the runs with one of `seeds` alone.
    ///
    /// # Errors
    /// As [`TrainedModel::correct`], and seeds without a run.
    pub fn correct_of_seeds(&self, seeds: &[u64], split: Split) -> Result<CorrectMatrix<'_>> {
        let runs = self.runs.iter().filter(|run| seeds.contains(&run.seed));
        correct(&self.model.name, runs, split)
    }
}

/// Which images of `split` each of the `runs` of `model` predicts correctly.
///
/// # Errors
/// A split that not every run has, and no runs.
pub fn correct<'a>(
    model: &str,
    runs: impl Iterator<Item = &'a Run>,
    split: Split,
) -> Result<CorrectMatrix<'a>> {
    let mut slices = Vec::new();
    for run in runs {
        let Some(predictions) = run.split(split) else {
            bail!(
                "{model} seed {}: expected predictions of {} rows, found none",
                run.seed,
                split.name()
            );
        };
        slices.push(&predictions.correct[..]);
    }
    CorrectMatrix::new(slices)
}

/// Reads the selected runs that are trained. The texts say which selected runs are left out, one for
/// each reason.
///
/// # Errors
/// No trained run; a damaged or unknown file; runs that were not made on the same images.
pub fn read(layout: &Layout, spec: &Spec, selection: &Selection) -> Result<(Study, Vec<String>)> {
    let mut study = Study {
        spec: spec.clone(),
        info: spec.data.info()?,
        models: Vec::new(),
        failures: Vec::new(),
        until_decided: selection.until_decided,
        sweeps: Vec::new(),
    };
    let mut states = StepStates::new(layout, spec, selection);
    for sweep in selection.sweeps(spec)? {
        study.sweeps.push(StudiedSweep {
            sweep: sweep.clone(),
            progress: states.progress(sweep)?,
            standing: Standing::clone(&*states.standing(sweep)?),
        });
    }
    let mut missing: Vec<Missing> = Vec::new();
    let mut found: Vec<(&str, u64, PathBuf, Manifest)> = Vec::new();
    for name in selection.models(spec)? {
        for &seed in selection.seeds(spec) {
            let state = states.of(&Step::Train {
                model: name.to_owned(),
                seed,
            })?;
            match state.trained_run()? {
                TrainedRun::Complete(manifest) => {
                    found.push((name, seed, state.folder.clone(), manifest.clone()));
                }
                TrainedRun::Failed(reason) => study.failures.push(Failure {
                    model: name.to_owned(),
                    seed,
                    reason: reason.to_owned(),
                }),
                TrainedRun::Missing(reason) => missing.push(Missing {
                    model: name,
                    seed,
                    reason: reason.to_owned(),
                }),
            }
        }
    }
    let class_count = study.info.class_count();
    let read = |(name, seed, folder, manifest): &(&str, u64, PathBuf, Manifest)| {
        let run = Run::read(folder, *seed, manifest, class_count)?;
        anyhow::Ok(((*name).to_owned(), run))
    };
    // A few at a time, so that what they share is held a few times at most.
    for chunk in found.chunks(RUNS_AT_ONCE) {
        let runs: Vec<(String, Run)> = chunk.par_iter().map(read).collect::<Result<_>>()?;
        for (name, mut run) in runs {
            share_images(layout, &study, &name, &mut run)?;
            match study
                .models
                .last_mut()
                .filter(|last| last.model.name == name)
            {
                Some(last) => last.runs.push(run),
                None => study.models.push(TrainedModel {
                    model: spec.model(&name)?.clone(),
                    runs: vec![run],
                }),
            }
        }
    }
    for trained in &mut study.models {
        trained.runs.sort_by_key(|run| run.seed);
    }
    let left_out = left_out(&missing);
    ensure!(
        !study.models.is_empty() || !study.failures.is_empty(),
        "no selected run is trained: {}; run `cargo xtask train` with the same --spec",
        left_out.join("; ")
    );
    Ok((study, left_out))
}

/// A selected run that is not trained.
struct Missing<'a> {
    model: &'a str,
    seed: u64,
    reason: String,
}

/// One text for each reason: "left out model-3 seed 1, model-4 seed 1 (not made yet)".
fn left_out(missing: &[Missing]) -> Vec<String> {
    let mut reasons: Vec<&str> = Vec::new();
    for run in missing {
        if !reasons.contains(&run.reason.as_str()) {
            reasons.push(&run.reason);
        }
    }
    reasons
        .into_iter()
        .map(|reason| {
            let runs: Vec<String> = missing
                .iter()
                .filter(|run| run.reason == reason)
                .map(|run| format!("{} seed {}", run.model, run.seed))
                .collect();
            format!("left out {} ({reason})", runs.join(", "))
        })
        .collect()
}

/// Runs that are read side by side.
const RUNS_AT_ONCE: usize = 16;

/// Comparisons are paired: image by image. All runs hold one copy of ids and labels.
fn share_images(layout: &Layout, study: &Study, model: &str, run: &mut Run) -> Result<()> {
    let Some((_, first)) = study.runs().next() else {
        return Ok(());
    };
    for predictions in &mut run.splits {
        let Some(expected) = first.split(predictions.split) else {
            continue;
        };
        ensure!(
            predictions.share(expected),
            "{}: expected the same {} images and labels as in the other runs, found different ones",
            layout
                .trained(&study.spec.name, model, run.seed)
                .join(PREDICTIONS_FILE)
                .display(),
            predictions.split.name()
        );
    }
    Ok(())
}
