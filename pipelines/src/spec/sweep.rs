//! Candidates for the settings of one model, of which the best on validation rows becomes a model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Model, Policy, Spec};

/// A sweep whose candidates are all known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sweep {
    /// Names the model that the best candidate becomes.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// The model whose keys are varied.
    pub extends: String,
    /// The model that the chosen one is judged against, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<String>,
    /// The values of each varied key, as the spec has them.
    pub parameters: Map<String, Value>,
    /// Number of candidates that are drawn; `None` of a grid.
    pub samples: Option<u32>,
    /// Seed of the draws.
    pub seed: u64,
    /// Seeds that each candidate is trained from.
    pub seeds: Vec<u64>,
    /// When weak candidates stop.
    pub halving: Option<Halving>,
    /// Why the sweep is as it is, where there was a choice.
    #[serde(skip_serializing)]
    pub choice: Option<String>,
    /// The candidates, at least one.
    #[serde(skip)]
    pub candidates: Vec<Candidate>,
    /// The policies that candidates with varied policies train on.
    #[serde(skip)]
    pub policies: Vec<Policy>,
    /// What stands for the winner while it is not known: the model that the candidates vary.
    #[serde(skip)]
    pub placeholder: Model,
}

/// One combination of values.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The value of each varied key, in the order of the spec.
    pub values: Vec<(String, Value)>,
    /// The model with these values. Its name is that of the sweep and a hash of the values, so that a
    /// sweep to which values are added keeps the candidates that it has.
    pub model: Model,
}

/// Successive halving: all candidates train for `min_epochs`, the best of them for `factor` times as
/// many, and so on up to the model's own number of epochs. At each halt 1 / `factor` of the
/// candidates, rounded up, goes on from its checkpoints.
///
/// K. Jamieson, A. Talwalkar (2016), Non-stochastic best arm identification and hyperparameter
/// optimization, AISTATS; rounded as in scikit-learn's `HalvingGridSearchCV`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Halving {
    /// One of so many candidates goes on at each halt, for so many times as many epochs.
    #[schemars(range(min = 2, max = 100))]
    pub factor: u32,
    /// Epochs that all candidates train for.
    #[schemars(range(min = 1, max = 100_000))]
    pub min_epochs: u32,
}

impl Candidate {
    /// "optimizer.learning_rate 0.01; batch_size 64"
    pub fn described(&self) -> String {
        let words = self.values.iter();
        let words = words.map(|(key, value)| format!("{key} {}", value_text(value)));
        words.collect::<Vec<_>>().join("; ")
    }
}

/// A value of a key in words: a text without quotation marks, anything else as JSON.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

impl Sweep {
    /// The numbers of epochs after which candidates are compared, ascending; after the last one, which
    /// is the model's own, the winner is chosen. A candidate of fewer epochs halts at its last.
    pub fn rungs(&self) -> Vec<u32> {
        let epochs = self
            .candidates
            .iter()
            .map(|candidate| candidate.model.epochs);
        let last = epochs.max().unwrap_or(1);
        let mut rungs = Vec::new();
        if let Some(halving) = self.halving {
            let mut epochs = halving.min_epochs;
            while epochs < last {
                rungs.push(epochs);
                epochs = epochs.saturating_mul(halving.factor);
            }
        }
        rungs.push(last);
        rungs
    }

    /// How many of `count` candidates go on after a halt.
    pub fn promoted(&self, count: usize) -> usize {
        match self.halving {
            Some(halving) => count.div_ceil(halving.factor as usize),
            None => count,
        }
    }

    /// Number of candidates that train up to each of [`Sweep::rungs`] if none fails.
    pub fn rung_sizes(&self) -> Vec<usize> {
        let mut count = self.candidates.len();
        let rungs = self.rungs();
        let sizes = rungs.iter().map(|_| {
            let size = count;
            count = self.promoted(count);
            size
        });
        sizes.collect()
    }

    /// The model that the candidate at `index` becomes if it is chosen.
    pub fn winner(&self, index: usize) -> Model {
        Model {
            name: self.name.clone(),
            title: self.title.clone(),
            compared_with: self.compared_with.clone(),
            theme: self.placeholder.theme.clone(),
            proposal: self.placeholder.proposal.clone(),
            choice: self.choice.clone(),
            ..self.candidates[index].model.clone()
        }
    }
}

impl Spec {
    /// The sweep whose best candidate becomes the model called `name`.
    pub fn sweep(&self, name: &str) -> Option<&Sweep> {
        self.sweeps.iter().find(|sweep| sweep.name == name)
    }

    /// The sweep that `model` is a candidate of, and its place there.
    pub fn sweep_of(&self, model: &str) -> Option<(&Sweep, usize)> {
        self.sweeps.iter().find_map(|sweep| {
            let mut names = sweep.candidates.iter().map(|of| of.model.name.as_str());
            Some((sweep, names.position(|name| name == model)?))
        })
    }

    /// All models: those of the spec and the candidates of its sweeps.
    pub fn all_models(&self) -> impl Iterator<Item = &Model> {
        let sweeps = self.sweeps.iter();
        let candidates = sweeps.flat_map(|sweep| sweep.candidates.iter().map(|of| &of.model));
        self.models.iter().chain(candidates)
    }

    /// All policies: those of the spec and the varied ones of its sweeps.
    pub fn all_policies(&self) -> impl Iterator<Item = &Policy> {
        let sweeps = self.sweeps.iter().flat_map(|sweep| &sweep.policies);
        self.policies.iter().chain(sweeps)
    }

    /// Puts `model` in the place of its namesake.
    pub fn set_model(&mut self, model: Model) {
        if let Some(old) = self.models.iter_mut().find(|old| old.name == model.name) {
            *old = model;
        }
    }

    /// The spec as its file has it: no winner of a sweep is known.
    pub fn as_written(&self) -> Self {
        let mut spec = self.clone();
        for sweep in &self.sweeps {
            spec.set_model(sweep.placeholder.clone());
        }
        spec
    }
}
