//! The steps that are left, as jobs in the order in which they have to run.

use std::ffi::OsString;

use anyhow::Result;
use pipelines::files::checkpoint_header;
use pipelines::files::manifest::Outcome;
use pipelines::files::plan::{self, Selection};
use pipelines::files::step::Step;
use pipelines::files::step_state::StepStates;
use pipelines::spec::Spec;

use super::cluster::Cluster;
use super::submission::{Done, StepTask};
use crate::memory;
use crate::step_arguments::step_arguments;

/// Most tasks of one array; Slurm's own limit is 1,001 unless a cluster says otherwise.
const MAX_TASKS: usize = 1_000;

/// Jobs whose tasks may run side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// What the tasks do, in a word.
    pub kind: String,
    /// The tasks of each array.
    pub arrays: Vec<Vec<StepTask>>,
}

/// What is left to do for `selection`, each level after the one before; none when everything is fresh.
///
/// # Errors
/// A manifest that cannot be read.
pub fn levels(cluster: &Cluster, selection: &Selection) -> Result<Vec<Level>> {
    let spec = &cluster.spec;
    let mut states = StepStates::new(&cluster.layout, spec, selection);
    let mut left = |step: &Step| -> Result<bool> {
        let forced = *step == Step::Ingest && cluster.arguments.from.is_some();
        let stale = !states.of(step)?.is_fresh() || states.stale_producer(step)?.is_some();
        Ok(forced || stale)
    };
    let steps = plan::steps(spec, selection)?;
    let mut levels = Vec::new();
    for (kind, wanted) in [
        ("ingest", Step::Ingest),
        (
            "augment",
            Step::Augment {
                policy: String::new(),
            },
        ),
    ] {
        let of_stage = steps.iter().filter(|step| step.stage() == wanted.stage());
        let mut tasks = Vec::new();
        for step in of_stage {
            if left(step)? {
                tasks.push(cluster.task(selection, step));
            }
        }
        levels.push(level(kind.to_owned(), tasks));
    }
    let phases = plan::training_phases(spec, selection)?;
    for (number, phase) in phases.into_iter().enumerate() {
        let is_winner =
            |step: &Step| matches!(step, Step::Train { model, .. } if spec.sweep(model).is_some());
        let kind = match number {
            _ if phase.iter().all(is_winner) => "train-winners".to_owned(),
            0 => "train".to_owned(),
            halt => format!("train-halt-{halt}"),
        };
        let mut tasks = Vec::new();
        for step in &phase {
            // After a halt it is not known yet who goes on.
            if left(step)? || number > 0 && !is_winner(step) && is_open(cluster, selection, step)? {
                tasks.push(cluster.task(selection, step));
            }
        }
        levels.push(level(kind, tasks));
    }
    let any_left = levels.iter().any(|level: &Level| !level.arrays.is_empty());
    let (evaluate, report) = (left(&Step::Evaluate)?, left(&Step::Report)?);
    if any_left || evaluate {
        let mut task = cluster.task(selection, &Step::Evaluate);
        task.joins = true;
        levels.push(level("evaluate".to_owned(), vec![task]));
    }
    if any_left || evaluate || report {
        let task = cluster.task(selection, &Step::Report);
        levels.push(level("report".to_owned(), vec![task]));
    }
    levels.retain(|level| !level.arrays.is_empty());
    Ok(levels)
}

/// Whether the sweep of a candidate has not come to its end.
fn is_open(cluster: &Cluster, selection: &Selection, step: &Step) -> Result<bool> {
    let Step::Train { model, .. } = step else {
        return Ok(false);
    };
    let Some((sweep, _)) = cluster.spec.sweep_of(model) else {
        return Ok(false);
    };
    let mut states = StepStates::new(&cluster.layout, &cluster.spec, selection);
    Ok(states.winner(sweep)?.is_err())
}

fn level(kind: String, tasks: Vec<StepTask>) -> Level {
    Level {
        kind,
        arrays: tasks.chunks(MAX_TASKS).map(<[StepTask]>::to_vec).collect(),
    }
}

/// Steps before the tables that have neither come to an end nor failed for good, with the reason.
///
/// # Errors
/// A manifest that cannot be read.
pub fn lost(cluster: &Cluster, selection: &Selection) -> Result<Vec<(Step, String)>> {
    let mut states = StepStates::new(&cluster.layout, &cluster.spec, selection);
    let mut lost = Vec::new();
    for step in plan::steps(&cluster.spec, selection)? {
        if matches!(step, Step::Evaluate | Step::Report) {
            continue;
        }
        let reason = match &states.of(&step)?.stale {
            Some(reason) => Some(reason.clone()),
            None => states
                .stale_producer(&step)?
                .map(|(producer, reason)| format!("{producer}: {reason}")),
        };
        lost.extend(reason.map(|reason| (step, reason)));
    }
    Ok(lost)
}

/// How much of `selection` is there.
///
/// # Errors
/// A manifest that cannot be read.
pub fn done(cluster: &Cluster, selection: &Selection) -> Result<Done> {
    let mut states = StepStates::new(&cluster.layout, &cluster.spec, selection);
    let mut done = Done::default();
    for step in plan::steps(&cluster.spec, selection)? {
        let state = states.of(&step)?;
        let halted = state
            .manifest
            .as_ref()
            .filter(|manifest| manifest.outcome == Outcome::Unfinished)
            .map_or(0, |manifest| manifest.validation_accuracies.len() as u64);
        done.epochs += halted;
        if state.is_fresh() {
            done.steps += 1;
        } else if let Ok(made_from) = &state.expected {
            let epochs = checkpoint_header::epochs_done(&state.folder, made_from);
            done.epochs += epochs.unwrap_or(0);
        }
    }
    Ok(done)
}

impl Cluster<'_> {
    /// What a node does for `step`.
    fn task(&self, selection: &Selection, step: &Step) -> StepTask {
        let mut stage = step_arguments(&self.stage, selection, step);
        stage.threads = Some(self.options.cpus());
        let mut words = stage.to_words();
        if let (Step::Ingest, Some(folder)) = (step, &self.arguments.from) {
            words.extend(["--force".into(), "--from".into(), OsString::from(folder)]);
        }
        StepTask {
            step: step.to_string(),
            program: step.stage().name().to_owned(),
            words: words
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
            expected_bytes: expected_bytes(&self.spec, step),
            joins: false,
        }
    }
}

/// What the plan expects a training to take.
fn expected_bytes(spec: &Spec, step: &Step) -> Option<u64> {
    match step {
        Step::Train { model, .. } => memory::training_bytes(spec, spec.model(model).ok()?),
        _ => None,
    }
}
