//! A step with everything that is known of it: where it writes, what it reads, what it would be made
//! from, and what lies on disk. It is resolved once, here, and asked by everyone who runs, plans or
//! reads steps.

mod made_from;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Result, bail};

use super::fingerprint::Fingerprint;
use super::layout::{Layout, shard_file};
use super::manifest::{Manifest, Outcome};
use super::plan::{Selection, producers};
use super::step::Step;
use crate::spec::{Model, Progress, Spec, Standing, Sweep};

/// One step of a spec and what lies on disk of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepState {
    /// The step.
    pub step: Step,
    /// The folder that it writes.
    pub folder: PathBuf,
    /// The steps whose files it reads.
    pub producers: Vec<Step>,
    /// The record of the files in the folder; `None` when there are none.
    pub manifest: Option<Manifest>,
    /// The first file of the manifest that is not there or has another size.
    pub missing_output: Option<String>,
    /// What the step would be made from now, or the input that is not there yet, in words.
    pub expected: Result<Fingerprint, String>,
    /// Why the step has to run; `None` when its files are what it would write again.
    pub stale: Option<String>,
}

/// What is known of one model trained from one seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TrainedRun<'a> {
    /// Its files are what training would write again.
    Complete(&'a Manifest),
    /// It came to an end without a result, for this reason.
    Failed(&'a str),
    /// It is not there, or no longer of this spec and these images, for this reason.
    Missing(&'a str),
}

impl StepState {
    /// How far a candidate has come; not at all where its files belong to another spec or other images. It is
    /// in the manifest alone, which is replaced at once, so that others can ask while the candidate trains.
    fn progress(&self) -> Progress {
        let current = self.manifest.as_ref().filter(|manifest| {
            let expected = self.expected.as_ref().ok();
            expected.is_some_and(|now| manifest.made_from.difference(now).is_none())
        });
        Progress {
            failure: current.and_then(|manifest| match &manifest.outcome {
                Outcome::Failed { reason } => Some(reason.clone()),
                _ => None,
            }),
            validation_accuracies: current.map_or(Vec::new(), |manifest| {
                manifest.validation_accuracies.clone()
            }),
        }
    }

    /// Whether the step's files are what it would write again.
    pub fn is_fresh(&self) -> bool {
        self.stale.is_none()
    }

    /// Why the step failed, if it would fail again in the same way and so is not run again.
    pub fn failure(&self) -> Option<&str> {
        match &self.manifest.as_ref()?.outcome {
            Outcome::Failed { reason } if self.is_fresh() => Some(reason),
            _ => None,
        }
    }

    /// The state of a training.
    ///
    /// # Errors
    /// A file of a recorded run that is not there or has another size: it may be damage, and is not
    /// passed over.
    pub fn trained_run(&self) -> Result<TrainedRun<'_>> {
        if let (Some(manifest), Some(file)) = (&self.manifest, &self.missing_output) {
            bail!(
                "{} is missing or cut short; run `{} --force` to make it again",
                self.folder.join(file).display(),
                manifest.remedy
            );
        }
        Ok(match (&self.stale, &self.manifest) {
            (Some(reason), _) => TrainedRun::Missing(reason),
            (None, None) => TrainedRun::Missing("not made yet"),
            (None, Some(manifest)) => match self.failure() {
                Some(reason) => TrainedRun::Failed(reason),
                None => TrainedRun::Complete(manifest),
            },
        })
    }
}

/// Resolves the steps of a spec. Each is looked at once, so a value of this type describes one moment:
/// make a new one after something has run.
#[derive(Debug)]
pub struct StepStates<'a> {
    layout: &'a Layout,
    spec: &'a Spec,
    selection: &'a Selection,
    resolved: BTreeMap<Step, Rc<StepState>>,
    /// What lies on disk of steps of which it may not be known yet whether they have to run.
    found: BTreeMap<Step, Rc<StepState>>,
    standings: BTreeMap<String, Rc<Standing>>,
}

impl<'a> StepStates<'a> {
    /// Nothing is read yet.
    pub fn new(layout: &'a Layout, spec: &'a Spec, selection: &'a Selection) -> Self {
        Self {
            layout,
            spec,
            selection,
            resolved: BTreeMap::new(),
            found: BTreeMap::new(),
            standings: BTreeMap::new(),
        }
    }

    /// The state of `step`.
    ///
    /// # Errors
    /// A manifest that cannot be read, its own or that of a step that it reads from; a damaged file
    /// of a training that tables would be made from.
    pub fn of(&mut self, step: &Step) -> Result<Rc<StepState>> {
        if let Some(state) = self.resolved.get(step) {
            return Ok(state.clone());
        }
        let mut state = StepState::clone(&*self.found(step)?);
        state.stale = self.stale(&state)?;
        let state = Rc::new(state);
        self.resolved.insert(step.clone(), state.clone());
        Ok(state)
    }

    /// What lies on disk of `step`, whether or not it has to run.
    fn found(&mut self, step: &Step) -> Result<Rc<StepState>> {
        if let Some(state) = self.found.get(step) {
            return Ok(state.clone());
        }
        let folder = self.layout.step(self.spec, step);
        let manifest = Manifest::read(&folder)?;
        let missing_output = manifest
            .as_ref()
            .and_then(|manifest| manifest.first_missing_output(&folder));
        let mut state = StepState {
            step: step.clone(),
            folder,
            producers: producers(self.spec, self.selection, step)?,
            missing_output,
            expected: Err(String::new()),
            stale: None,
            manifest,
        };
        state.expected = self.made_from(&state)?;
        let state = Rc::new(state);
        self.found.insert(step.clone(), state.clone());
        Ok(state)
    }

    /// How far the candidates of `sweep` have come, and how far each has to.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn standing(&mut self, sweep: &Sweep) -> Result<Rc<Standing>> {
        if let Some(standing) = self.standings.get(&sweep.name) {
            return Ok(standing.clone());
        }
        let standing = Rc::new(sweep.standing(&self.progress(sweep)?));
        self.standings.insert(sweep.name.clone(), standing.clone());
        Ok(standing)
    }

    /// How far each candidate of `sweep` has come, with each of its seeds.
    ///
    /// # Errors
    /// As [`StepStates::standing`].
    pub fn progress(&mut self, sweep: &Sweep) -> Result<Vec<Vec<Progress>>> {
        let mut progress = Vec::new();
        for candidate in &sweep.candidates {
            let mut runs = Vec::new();
            for &seed in &sweep.seeds {
                let model = candidate.model.name.clone();
                let state = self.found(&Step::Train { model, seed })?;
                runs.push(state.progress());
            }
            progress.push(runs);
        }
        Ok(progress)
    }

    /// The model that the best candidate of `sweep` becomes, or why it is not known yet.
    ///
    /// # Errors
    /// As [`StepStates::standing`].
    pub fn winner(&mut self, sweep: &Sweep) -> Result<Result<Model, String>> {
        let standing = self.standing(sweep)?;
        Ok(match standing.chosen {
            Some(index) => Ok(sweep.winner(index)),
            None => Err(standing.missing.clone()),
        })
    }

    /// The first step that `step` reads from and that would have to run before it, with the reason.
    /// Trainings are never among them: tables and report leave out those that are not complete and
    /// say so.
    ///
    /// # Errors
    /// As [`StepStates::of`].
    pub fn stale_producer(&mut self, step: &Step) -> Result<Option<(Step, String)>> {
        for producer in producers(self.spec, self.selection, step)? {
            if matches!(producer, Step::Train { .. }) {
                continue;
            }
            if let Some(reason) = &self.of(&producer)?.stale {
                return Ok(Some((producer, reason.clone())));
            }
        }
        Ok(None)
    }

    /// Why the step of `state` has to run.
    fn stale(&mut self, state: &StepState) -> Result<Option<String>> {
        let Some(manifest) = &state.manifest else {
            return Ok(Some("not made yet".into()));
        };
        // A candidate halts after as many epochs as its sweep asks for so far.
        let candidate = match &state.step {
            Step::Train { model, .. } => self.spec.sweep_of(model),
            _ => None,
        };
        if manifest.outcome == Outcome::Unfinished && candidate.is_none() {
            return Ok(Some("begun and not finished".into()));
        }
        if let Some(file) = &state.missing_output {
            return Ok(Some(format!("{file} is missing or cut short")));
        }
        let now = match &state.expected {
            Ok(now) => now,
            Err(missing) => return Ok(Some(missing.clone())),
        };
        if let Some(reason) = manifest.made_from.difference(now) {
            return Ok(Some(reason));
        }
        if let Some((sweep, index)) = candidate
            && manifest.outcome == Outcome::Unfinished
        {
            let required = self.standing(sweep)?.required[index];
            let done = manifest.validation_accuracies.len();
            if done < required as usize {
                return Ok(Some(format!("goes on after epoch {done} up to {required}")));
            }
        }
        // Shards are independent of each other, so more epochs need more of them and spoil none.
        if let Step::Augment { policy } = &state.step {
            let policy = self.spec.policy(policy)?;
            let count = self.selection.shard_count(self.spec, policy)?;
            let missing = (0..count)
                .map(shard_file)
                .find(|shard| !manifest.outputs.contains_key(shard));
            if let Some(shard) = missing {
                return Ok(Some(format!("{shard} is not made yet")));
            }
        }
        Ok(None)
    }
}
