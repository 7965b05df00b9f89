//! What each stage is made from: the part of the spec that matters to it, and the files that it reads.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;

use super::{StepState, StepStates, TrainedRun};
use crate::files::fingerprint::Fingerprint;
use crate::files::layout::{CHANGES_FILE, TEST_FILE, TRAIN_FILE, shard_file};
use crate::files::step::Step;
use crate::files::{follow_ups, sha256, source_listing};
use crate::spec::{Source, Spec};
use crate::tables::split::Split;

/// `Err` names, in words, an input that is not there yet.
type Expected<T> = Result<T, String>;

impl StepStates<'_> {
    /// What the step of `state` would be made from now.
    ///
    /// # Errors
    /// As [`StepStates::of`], for the steps that it reads from.
    pub(super) fn made_from(&mut self, state: &StepState) -> Result<Expected<Fingerprint>> {
        let stage = state.step.stage();
        let mut fingerprint = Fingerprint {
            stage,
            stage_version: stage.version(),
            spec: json!({}),
            inputs: BTreeMap::new(),
        };
        let complete = match &state.step {
            Step::Ingest => ingested_from(self.spec, state, &mut fingerprint),
            Step::Augment { policy } => self.augmented_from(policy, &mut fingerprint),
            Step::Train { model, seed } => self.trained_from(state, model, *seed, &mut fingerprint),
            Step::Evaluate | Step::Report => self.compiled_from(state, &mut fingerprint),
        };
        Ok(complete?.map(|()| fingerprint))
    }

    fn augmented_from(
        &mut self,
        policy: &str,
        fingerprint: &mut Fingerprint,
    ) -> Result<Expected<()>> {
        fingerprint.spec = json!({ "policy": self.spec.policy(policy)?.of_one_shard() });
        let files = [TRAIN_FILE.to_owned()];
        self.add_outputs(fingerprint, &Step::Ingest, Some(&files))
    }

    fn trained_from(
        &mut self,
        state: &StepState,
        model: &str,
        seed: u64,
        fingerprint: &mut Fingerprint,
    ) -> Result<Expected<()>> {
        let spec = self.spec;
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
            if let Err(missing) = self.add_outputs(fingerprint, producer, Some(&files))? {
                return Ok(Err(missing));
            }
        }
        Ok(Ok(()))
    }

    /// Tables and report.
    fn compiled_from(
        &mut self,
        state: &StepState,
        fingerprint: &mut Fingerprint,
    ) -> Result<Expected<()>> {
        let spec = self.spec;
        let (mut failed, mut left_out) = (Vec::new(), Vec::new());
        for producer in &state.producers {
            if let Step::Train { model, .. } = producer {
                if spec.sweep_of(model).is_some() {
                    continue;
                }
                match self.of(producer)?.trained_run()? {
                    TrainedRun::Missing(_) => {
                        left_out.push(producer.to_string());
                        continue;
                    }
                    TrainedRun::Failed(reason) => failed.push(format!("{producer}: {reason}")),
                    TrainedRun::Complete(_) => {}
                }
            }
            if let Err(missing) = self.add_outputs(fingerprint, producer, None)? {
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
        if state.step == Step::Report {
            self.add_words(fingerprint)?;
        }
        Ok(Ok(()))
    }

    /// What only the report reads: reasons, proposals, and other studies.
    fn add_words(&self, fingerprint: &mut Fingerprint) -> Result<()> {
        fingerprint.spec["choices"] = json!(self.spec.choices());
        let proposals = self.spec.proposals();
        if !proposals.is_empty() {
            fingerprint.spec["proposals"] = json!(proposals);
        }
        for study in follow_ups::reported(self.layout, self.spec)? {
            let path = self.layout.relative(&study.evaluated.join(CHANGES_FILE));
            fingerprint.inputs.insert(path, study.changes_sha256);
        }
        Ok(())
    }

    /// Adds the hashes of the files called `names`, or of all, that `producer` wrote; or says which
    /// is not there yet.
    fn add_outputs(
        &mut self,
        fingerprint: &mut Fingerprint,
        producer: &Step,
        names: Option<&[String]>,
    ) -> Result<Expected<()>> {
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
}

fn ingested_from(
    spec: &Spec,
    state: &StepState,
    fingerprint: &mut Fingerprint,
) -> Result<Expected<()>> {
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
    if let Some(missing) = source_listing::add(fingerprint, spec, earlier)? {
        return Ok(Err(missing));
    }
    let stood_in = earlier
        .is_some_and(|made_from| spec.data.bundled_fallback && made_from.has_bundled_subset());
    if spec.data.source == Source::Bundled || stood_in {
        fingerprint.add_bundled_subset();
    }
    Ok(Ok(()))
}
