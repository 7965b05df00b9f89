//! A step with everything that is known of it: where it writes, what it reads, what it would be made
//! from, and what lies on disk. It is resolved once, here, and asked by everyone who runs, plans or
//! reads steps.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Result, bail};
use serde_json::json;

use super::fingerprint::Fingerprint;
use super::follow_ups;
use super::layout::{CHANGES_FILE, Layout, TEST_FILE, TRAIN_FILE, shard_file};
use super::manifest::{Manifest, Outcome};
use super::plan::{Selection, producers};
use super::sha256;
use super::source_listing;
use super::step::Step;
use crate::spec::{Model, Progress, Source, Spec, Standing, Sweep};
use crate::tables::split::Split;

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
            (None, Some(manifest)) => match &manifest.outcome {
                Outcome::Failed { reason } => TrainedRun::Failed(reason),
                _ => TrainedRun::Complete(manifest),
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
        state.expected = self.expected(&state)?;
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

    /// What the step of `state` would be made from now.
    fn expected(&mut self, state: &StepState) -> Result<Result<Fingerprint, String>> {
        let step = &state.step;
        let mut fingerprint = Fingerprint {
            stage: step.stage(),
            stage_version: step.stage().version(),
            spec: json!({}),
            inputs: BTreeMap::new(),
        };
        let spec = self.spec;
        match step {
            Step::Ingest => {
                fingerprint.spec = json!({
                    "source": spec.data.source,
                    "image_size": spec.data.image_size,
                    "channels": spec.data.channels,
                    "classes": spec.data.classes,
                    "validation_split": spec.data.validation_split,
                    "validation": spec.data.validation,
                    "test_split": spec.data.test_split,
                    "split_seed": spec.data.split_seed,
                });
                if spec.data.hold_back_test {
                    fingerprint.spec["hold_back_test"] = json!(true);
                }
                let earlier = state.manifest.as_ref().map(|manifest| &manifest.made_from);
                if let Some(missing) = source_listing::add(&mut fingerprint, spec, earlier)? {
                    return Ok(Err(missing));
                }
                let stood_in = state.manifest.as_ref().is_some_and(|manifest| {
                    spec.data.bundled_fallback && manifest.made_from.has_bundled_subset()
                });
                if spec.data.source == Source::Bundled || stood_in {
                    fingerprint.add_bundled_subset();
                }
            }
            Step::Augment { policy } => {
                fingerprint.spec = json!({ "policy": spec.policy(policy)?.of_one_shard() });
                let files = [TRAIN_FILE.to_owned()];
                if let Err(missing) =
                    self.add_outputs(&mut fingerprint, &Step::Ingest, Some(&files))?
                {
                    return Ok(Err(missing));
                }
            }
            Step::Train { model, seed } => {
                let model = &match spec.sweep(model) {
                    None => spec.model(model)?.clone(),
                    Some(sweep) => match self.winner(sweep)? {
                        Ok(winner) => winner,
                        Err(missing) => return Ok(Err(missing)),
                    },
                };
                fingerprint.spec = match spec.data.pixel_divisor {
                    Some(divisor) => json!({ "pixel_divisor": divisor }),
                    None => json!({ "normalization": spec.data.normalization }),
                };
                fingerprint.spec["model"] = json!(model.training_part());
                fingerprint.spec["seed"] = json!(seed);
                if spec.sweep_of(&model.name).is_some() {
                    fingerprint.spec["predicts"] = json!([Split::Validation.name()]);
                }
                for producer in &state.producers {
                    let files = match producer {
                        Step::Train { .. } => continue,
                        Step::Augment { policy } => {
                            if model.augmentation.policy() != Some(policy) {
                                continue;
                            }
                            let count = spec.shard_count(spec.policy(policy)?, [model]);
                            (0..count).map(shard_file).collect()
                        }
                        _ => vec![TRAIN_FILE.to_owned(), TEST_FILE.to_owned()],
                    };
                    if let Err(missing) =
                        self.add_outputs(&mut fingerprint, producer, Some(&files))?
                    {
                        return Ok(Err(missing));
                    }
                }
            }
            Step::Evaluate | Step::Report => {
                let (mut failed, mut left_out) = (Vec::new(), Vec::new());
                for producer in &state.producers {
                    if let Step::Train { model, .. } = producer
                        && spec.sweep_of(model).is_some()
                    {
                        continue;
                    }
                    if let Step::Train { .. } = producer {
                        match self.of(producer)?.trained_run()? {
                            TrainedRun::Missing(_) => {
                                left_out.push(producer.to_string());
                                continue;
                            }
                            TrainedRun::Failed(reason) => {
                                failed.push(format!("{producer}: {reason}"));
                            }
                            TrainedRun::Complete(_) => {}
                        }
                    }
                    if let Err(missing) = self.add_outputs(&mut fingerprint, producer, None)? {
                        return Ok(Err(missing));
                    }
                }
                // Of candidates only their standing is read.
                let mut standings = Vec::new();
                for sweep in self.selection.sweeps(spec)? {
                    standings.push(json!(*self.standing(sweep)?));
                }
                let published = spec.published.as_ref();
                let published = published.map(|published| sha256::hex(published.text.as_bytes()));
                fingerprint.spec = json!({
                    "spec": spec.as_written(),
                    "models": self.selection.models(spec)?,
                    "seeds": self.selection.seeds(spec),
                    "failed": failed,
                    "left_out": left_out,
                    "published": published,
                });
                if !standings.is_empty() {
                    fingerprint.spec["standings"] = json!(standings);
                }
                if self.selection.until_decided {
                    fingerprint.spec["until_decided"] = json!(true);
                }
                if *step == Step::Report {
                    fingerprint.spec["choices"] = json!(spec.choices());
                    let proposals = spec.proposals();
                    if !proposals.is_empty() {
                        fingerprint.spec["proposals"] = json!(proposals);
                    }
                    for study in follow_ups::reported(self.layout, spec)? {
                        let path = study.evaluated.join(CHANGES_FILE);
                        let path = self.layout.relative(&path);
                        fingerprint.inputs.insert(path, study.changes_sha256);
                    }
                }
            }
        }
        Ok(Ok(fingerprint))
    }

    /// Adds the hashes of the files called `names`, or of all, that `producer` wrote; or says which
    /// is not there yet.
    fn add_outputs(
        &mut self,
        fingerprint: &mut Fingerprint,
        producer: &Step,
        names: Option<&[String]>,
    ) -> Result<Result<(), String>> {
        let state = self.of(producer)?;
        let Some(manifest) = &state.manifest else {
            return Ok(Err(format!("`{producer}` has not run yet")));
        };
        let all: Vec<String>;
        let names = match names {
            Some(names) => names,
            None => {
                all = manifest.outputs.keys().cloned().collect();
                &all
            }
        };
        for name in names {
            let Some(artifact) = manifest.outputs.get(name) else {
                return Ok(Err(format!("`{producer}` has not made {name} yet")));
            };
            let path = self.layout.relative(&state.folder.join(name));
            fingerprint.inputs.insert(path, artifact.sha256.clone());
        }
        Ok(Ok(()))
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
