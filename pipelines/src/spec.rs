//! The whole experiment in one readable TOML file.
//!
//! A spec names its data, its augmentation policies and its models, layer by layer in Keras's
//! words. `extends` on the first line takes over another spec; `extends` in a model takes over
//! another model; in both cases only what changed is listed. Everything is checked before anything
//! runs: unknown keys, names that do not exist, shapes that do not fit.

mod activation;
mod architecture;
mod augmentation;
mod changes;
mod check;
mod choices;
mod data;
pub mod dataset_info;
mod error;
mod evaluation;
mod file;
mod grammar;
mod initializer;
mod layer;
mod layer_names;
mod line;
mod load;
mod model;
mod optimizer;
mod padding;
mod parameter;
mod policy;
mod pooling;
pub mod published;
mod raw_tables;
mod reference;
mod schedule;
mod schema;
mod shape;
mod show;
mod source;
mod standing;
mod sweep;
mod sweep_file;

use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::files::layout::Layout;
use crate::files::plan::Selection;
use crate::files::step_state::StepStates;

pub use activation::Activation;
pub use architecture::{Architecture, LayerSummary};
pub use augmentation::Augmentation;
pub use changes::Change;
pub use data::{Data, Normalization, Validation};
pub use error::SpecError;
pub use evaluation::Evaluation;
pub use initializer::Initializer;
pub use layer::Layer;
pub use layer_names::LayerNames;
pub use model::{Loss, Model, TestTimeViews, WeightKind};
pub use optimizer::Optimizer;
pub use padding::Padding;
pub use policy::{ErasingFill, Policy, RandomErasing};
pub use pooling::Pooling;
pub use published::Published;
pub use reference::reference;
pub use schedule::{Anneal, Interval, Monitor, Schedule};
pub use schema::schema_json;
pub use shape::{Shape, ShapeError};
pub use source::{IdxFiles, Source};
pub use standing::{Progress, Standing};
pub use sweep::{Candidate, Halving, Sweep, value_text};

/// A spec that was read and checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spec {
    /// Names the folder under `runs/`.
    pub name: String,
    /// What the spec is for, in one sentence.
    pub description: String,
    /// Where the images come from and how they are split.
    pub data: Data,
    /// Seeds that each model is trained from unless the command line names others.
    pub seeds: Vec<u64>,
    /// How confidence intervals are made.
    pub evaluation: Evaluation,
    /// Augmentation policies, in the order of the file.
    pub policies: Vec<Policy>,
    /// Models, in the order of the file; then those that the sweeps end in.
    pub models: Vec<Model>,
    /// Sweeps, in the order of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sweeps: Vec<Sweep>,
    /// What a publication printed of these models, if the spec names one.
    #[serde(skip)]
    pub published: Option<Published>,
    /// The file that the spec was read from.
    #[serde(skip)]
    pub path: PathBuf,
}

impl Spec {
    /// Reads a spec by name (`quick` is `pipelines/specs/quick.toml`) or by path and checks it.
    ///
    /// # Errors
    /// Names the file, the key, what was expected and what was found.
    pub fn load(name_or_path: &str) -> Result<Self, SpecError> {
        load::load(name_or_path)
    }

    /// The names that [`Spec::load`] knows, sorted.
    pub fn names() -> Vec<String> {
        load::names()
    }

    /// Checks `text` as if it stood in the file at `path`, beside which `extends` looks first.
    ///
    /// # Errors
    /// As [`Spec::load`].
    pub fn from_text(path: impl Into<PathBuf>, text: &str) -> Result<Self, SpecError> {
        load::from_text(path.into(), text)
    }

    /// The model called `name`, which may be a candidate of a sweep.
    ///
    /// # Errors
    /// Lists the names that the spec has.
    pub fn model(&self, name: &str) -> Result<&Model, SpecError> {
        self.all_models()
            .find(|model| model.name == name)
            .ok_or_else(|| {
                let names = self.models.iter().map(|model| model.name.as_str());
                SpecError::new(
                    &self.path,
                    "model",
                    one_of(names.clone()),
                    word(name, names),
                )
            })
    }

    /// The shapes, parameters and operations of every layer of `model` on the spec's data.
    ///
    /// # Errors
    /// As [`Data::info`] and [`Model::architecture`].
    pub fn architecture(&self, model: &Model) -> Result<Architecture, ShapeError> {
        model.architecture(&self.data.info()?)
    }

    /// Takes over shape and classes as `ingest` found them and checks every model against them.
    ///
    /// # Errors
    /// Data that have not been ingested, and the first layer that does not fit them.
    pub fn with_ingested(mut self, layout: &Layout) -> anyhow::Result<Self> {
        let folder = layout.ingested(&self.data.name);
        let info = dataset_info::read(&folder).with_context(|| {
            format!(
                "{}: data: expected `image_size`, `channels` and `classes`, or images that \
                 `cargo xtask ingest` has read",
                self.path.display()
            )
        })?;
        self.data.ingested = Some(info);
        check::check_models(&self).map_err(|error| match load::read(&self.path) {
            Ok(text) => error.located(&self.path, &text),
            Err(_) => error,
        })?;
        Ok(self)
    }

    /// Puts the best candidate in the place of each sweep's model, where it is known yet.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn with_winners(mut self, layout: &Layout) -> anyhow::Result<Self> {
        let written = self.clone();
        let selection = Selection::default();
        let mut states = StepStates::new(layout, &written, &selection);
        for sweep in &written.sweeps {
            if let Ok(winner) = states.winner(sweep)? {
                self.set_model(winner);
            }
        }
        Ok(self)
    }

    /// The policy called `name`.
    ///
    /// # Errors
    /// Lists the names that the spec has.
    pub fn policy(&self, name: &str) -> Result<&Policy, SpecError> {
        self.all_policies()
            .find(|policy| policy.name == name)
            .ok_or_else(|| {
                let names = self.policies.iter().map(|policy| policy.name.as_str());
                SpecError::new(
                    &self.path,
                    "policy",
                    one_of(names.clone()),
                    word(name, names),
                )
            })
    }

    /// Shards that `policy` needs for `models`: one an epoch of the longest of them, or fewer if
    /// the policy asks for fewer; they are then used in turn.
    pub fn shard_count<'a>(
        &self,
        policy: &Policy,
        models: impl IntoIterator<Item = &'a Model>,
    ) -> u32 {
        let epochs = models
            .into_iter()
            .filter(|model| model.augmentation.policy() == Some(policy.name.as_str()))
            .map(|model| model.epochs)
            .max()
            .unwrap_or(0);
        policy.copies.map_or(epochs, |copies| copies.min(epochs))
    }
}

/// "one of `a`, `b`", for error messages.
fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    format!("one of {}", names.join(", "))
}

/// A word that is none of the `known` ones, with the nearest of them, for error messages.
fn word<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> String {
    format!("`{found}`{}", grammar::suggestion(found, known))
}
