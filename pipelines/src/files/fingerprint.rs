//! What a step's files depend on: while this stays the same, so do they.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::files::layout::{Layout, TEST_FILE, TRAIN_FILE, shard_file};
use crate::files::manifest::{Manifest, Outcome};
use crate::files::plan::{Selection, Step, producers};
use crate::files::sha256;
use crate::files::trained_run::TrainedRun;
use crate::spec::{Policy, Source, Spec};
use crate::stage::Stage;

/// The bundled subset's files, by their path in the repository.
const BUNDLED_SUBSET: [&str; 4] = [
    "ingest/data/train-images-idx3-ubyte.gz",
    "ingest/data/train-labels-idx1-ubyte.gz",
    "ingest/data/t10k-images-idx3-ubyte.gz",
    "ingest/data/t10k-labels-idx1-ubyte.gz",
];

/// Everything that decides the bytes of a step's files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// The stage.
    pub stage: Stage,
    /// [`Stage::version`] at the time.
    pub stage_version: u32,
    /// The part of the spec that matters to the step.
    pub spec: Value,
    /// SHA-256 of each input, by its path from the root.
    pub inputs: BTreeMap<String, String>,
}

/// Whether a step has to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Its files are what it would write again.
    Fresh,
    /// It has to run, for this reason.
    Stale(String),
}

impl Fingerprint {
    /// What `step` would be made from now. Tables and report are made from the trained runs that
    /// are there and good; they name the others.
    ///
    /// # Errors
    /// An input that is not there yet, and a manifest that cannot be read.
    pub fn of(layout: &Layout, spec: &Spec, selection: &Selection, step: &Step) -> Result<Self> {
        let mut inputs = BTreeMap::new();
        let mut add = |producer: &Step, names: Option<&[String]>| {
            add_outputs(&mut inputs, layout, spec, producer, names)
        };
        let part = match step {
            Step::Ingest => {
                if spec.data.source == Source::Bundled {
                    inputs.extend(bundled_subset()?);
                }
                json!({
                    "source": spec.data.source,
                    "validation_split": spec.data.validation_split,
                })
            }
            Step::Augment { policy } => {
                add(&Step::Ingest, Some(&[TRAIN_FILE.to_owned()]))?;
                json!({ "policy": spec.policy(policy)?.of_one_shard() })
            }
            Step::Train { model, seed } => {
                let model = spec.model(model)?;
                add(
                    &Step::Ingest,
                    Some(&[TRAIN_FILE.to_owned(), TEST_FILE.to_owned()]),
                )?;
                if let Some(policy) = model.augmentation.policy() {
                    let count = spec.shard_count(spec.policy(policy)?, [model]);
                    let shards: Vec<_> = (0..count).map(shard_file).collect();
                    let policy = policy.to_owned();
                    add(&Step::Augment { policy }, Some(&shards))?;
                }
                json!({
                    "pixel_divisor": spec.data.pixel_divisor,
                    "model": model.training_part(),
                    "seed": seed,
                })
            }
            Step::Evaluate | Step::Report => {
                let (mut failed, mut left_out) = (Vec::new(), Vec::new());
                for producer in producers(spec, selection, step)? {
                    if let Step::Train { model, seed } = &producer
                        && let TrainedRun::Missing(_) =
                            TrainedRun::find(layout, spec, model, *seed)?
                    {
                        left_out.push(producer.to_string());
                    } else if let Outcome::Failed { reason } = add(&producer, None)? {
                        failed.push(format!("{producer}: {reason}"));
                    }
                }
                let mut part = json!({
                    "spec": spec,
                    "models": selection.models(spec)?,
                    "seeds": selection.seeds(spec),
                    "failed": failed,
                    "left_out": left_out,
                    "published": spec.published.as_ref().map(|published| &published.sha256),
                });
                if *step == Step::Report {
                    part["choices"] = json!(spec.choices());
                }
                part
            }
        };
        Ok(Self {
            stage: step.stage(),
            stage_version: step.stage().version(),
            spec: part,
            inputs,
        })
    }

    /// Adds the bundled subset to the inputs: it stood in for data that could not be had.
    ///
    /// # Errors
    /// A file of the repository that cannot be read.
    pub fn add_bundled_subset(&mut self) -> Result<()> {
        self.inputs.extend(bundled_subset()?);
        Ok(())
    }

    /// Whether the bundled subset is among the inputs.
    pub fn has_bundled_subset(&self) -> bool {
        BUNDLED_SUBSET
            .iter()
            .any(|file| self.inputs.contains_key(*file))
    }

    /// The first difference from `now`, in words; `None` when there is none.
    pub fn difference(&self, now: &Self) -> Option<String> {
        if self.stage_version != now.stage_version {
            return Some(format!(
                "{} is now version {} instead of {}",
                self.stage, now.stage_version, self.stage_version
            ));
        }
        if let Some(difference) = value_difference("", &self.spec, &now.spec) {
            return Some(format!("spec changed: {difference}"));
        }
        let changed = now
            .inputs
            .iter()
            .find(|(path, hash)| self.inputs.get(*path) != Some(hash))
            .map(|(path, _)| path)
            .or_else(|| {
                self.inputs
                    .keys()
                    .find(|path| !now.inputs.contains_key(*path))
            });
        changed.map(|path| format!("input changed: {path}"))
    }
}

/// Whether `step` has to run, given what lies on disk.
///
/// # Errors
/// A manifest that cannot be read.
pub fn freshness(
    layout: &Layout,
    spec: &Spec,
    selection: &Selection,
    step: &Step,
) -> Result<Freshness> {
    let folder = layout.step(spec, step);
    let Some(manifest) = Manifest::read(&folder)? else {
        return Ok(Freshness::Stale("not made yet".into()));
    };
    if manifest.outcome == Outcome::Unfinished {
        return Ok(Freshness::Stale("begun and not finished".into()));
    }
    if let Some(file) = manifest.first_missing_output(&folder) {
        return Ok(Freshness::Stale(format!("{file} is missing or cut short")));
    }
    let mut now = match Fingerprint::of(layout, spec, selection, step) {
        Ok(now) => now,
        Err(error) => return Ok(Freshness::Stale(format!("{error:#}"))),
    };
    if *step == Step::Ingest
        && spec.data.bundled_fallback
        && manifest.made_from.has_bundled_subset()
    {
        now.add_bundled_subset()?;
    }
    if let Some(reason) = manifest.made_from.difference(&now) {
        return Ok(Freshness::Stale(reason));
    }
    // Shards are independent of each other, so more epochs need more of them and spoil none.
    if let Step::Augment { policy } = step {
        let count = shard_count(spec, selection, spec.policy(policy)?)?;
        let missing = (0..count)
            .map(shard_file)
            .find(|shard| !manifest.outputs.contains_key(shard));
        if let Some(shard) = missing {
            return Ok(Freshness::Stale(format!("{shard} is not made yet")));
        }
    }
    Ok(Freshness::Fresh)
}

/// The first step that `step` reads from and that would have to run before it, with the reason.
/// Trained runs that are not good are none: tables and report leave them out and say so.
///
/// # Errors
/// As [`freshness`].
pub fn stale_producer(
    layout: &Layout,
    spec: &Spec,
    selection: &Selection,
    step: &Step,
) -> Result<Option<(Step, String)>> {
    for producer in producers(spec, selection, step)? {
        if matches!(producer, Step::Train { .. }) {
            continue;
        }
        if let Freshness::Stale(reason) = freshness(layout, spec, selection, &producer)? {
            return Ok(Some((producer, reason)));
        }
    }
    Ok(None)
}

/// Number of shards that the selected models need of `policy`.
///
/// # Errors
/// A selected model that the spec does not have.
pub fn shard_count(spec: &Spec, selection: &Selection, policy: &Policy) -> Result<u32> {
    let models = selection
        .models(spec)?
        .into_iter()
        .map(|name| spec.model(name))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(spec.shard_count(policy, models))
}

/// SHA-256 of each file of the bundled subset. The files are part of the programs; those on disk
/// say whether they were exchanged since.
fn bundled_subset() -> Result<Vec<(String, String)>> {
    BUNDLED_SUBSET
        .iter()
        .map(|file| repository_file(file))
        .collect()
}

/// `file` of the repository and its SHA-256.
fn repository_file(file: &str) -> Result<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((file.to_owned(), sha256::hex(&bytes)))
}

fn add_outputs(
    inputs: &mut BTreeMap<String, String>,
    layout: &Layout,
    spec: &Spec,
    producer: &Step,
    names: Option<&[String]>,
) -> Result<Outcome> {
    let folder = layout.step(spec, producer);
    let manifest =
        Manifest::read(&folder)?.with_context(|| format!("`{producer}` has not run yet"))?;
    let names: Vec<String> = match names {
        Some(names) => names.to_vec(),
        None => manifest.outputs.keys().cloned().collect(),
    };
    for name in names {
        let artifact = manifest
            .outputs
            .get(&name)
            .with_context(|| format!("`{producer}` has not made {name} yet"))?;
        inputs.insert(
            layout.relative(&folder.join(&name)),
            artifact.sha256.clone(),
        );
    }
    Ok(manifest.outcome)
}

/// "model.epochs: 10 → 15"
fn value_difference(path: &str, old: &Value, new: &Value) -> Option<String> {
    if old == new {
        return None;
    }
    let inside = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    let null = Value::Null;
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => a.keys().chain(b.keys()).find_map(|key| {
            value_difference(
                &inside(key),
                a.get(key).unwrap_or(&null),
                b.get(key).unwrap_or(&null),
            )
        }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| value_difference(&inside(&index.to_string()), a, b)),
        (old, new) => Some(format!("{path}: {old} → {new}")),
    }
}
