//! A spec as it stands in its file, before `extends` is followed.

use serde::Deserialize;

use super::{
    Augmentation, Data, Evaluation, Initializer, Layer, Loss, Optimizer, Policy, Schedule,
};

/// Everything but the description may come from the spec that this one extends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecFile {
    pub extends: Option<String>,
    pub description: String,
    pub seeds: Option<Vec<u64>>,
    pub data: Option<Data>,
    pub evaluation: Option<Evaluation>,
    #[serde(default, rename = "policy")]
    pub policies: Vec<Policy>,
    #[serde(default, rename = "model")]
    pub models: Vec<ModelFile>,
}

impl SpecFile {
    /// This file over the one that it extends: tables and policies replace their namesakes as a
    /// whole, models key by key.
    pub fn over(self, base: SpecFile) -> SpecFile {
        let mut policies = base.policies;
        for policy in self.policies {
            match policies.iter_mut().find(|old| old.name == policy.name) {
                Some(old) => *old = policy,
                None => policies.push(policy),
            }
        }
        let mut models = base.models;
        for model in self.models {
            match models.iter_mut().find(|old| old.name == model.name) {
                Some(old) => *old = model.over(old.clone()),
                None => models.push(model),
            }
        }
        SpecFile {
            extends: None,
            description: self.description,
            seeds: self.seeds.or(base.seeds),
            data: self.data.or(base.data),
            evaluation: self.evaluation.or(base.evaluation),
            policies,
            models,
        }
    }
}

/// A model of which any key but the name may come from elsewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelFile {
    pub name: String,
    pub title: Option<String>,
    pub extends: Option<String>,
    pub layers: Option<Vec<Layer>>,
    pub kernel_initializer: Option<Initializer>,
    pub bias_initializer: Option<Initializer>,
    pub loss: Option<Loss>,
    pub optimizer: Option<Optimizer>,
    pub schedule: Option<Schedule>,
    pub epochs: Option<u32>,
    pub batch_size: Option<usize>,
    pub augmentation: Option<Augmentation>,
}

impl ModelFile {
    /// This model's keys, and `base`'s where it has none.
    pub fn over(self, base: ModelFile) -> ModelFile {
        ModelFile {
            name: self.name,
            title: self.title.or(base.title),
            extends: self.extends.or(base.extends),
            layers: self.layers.or(base.layers),
            kernel_initializer: self.kernel_initializer.or(base.kernel_initializer),
            bias_initializer: self.bias_initializer.or(base.bias_initializer),
            loss: self.loss.or(base.loss),
            optimizer: self.optimizer.or(base.optimizer),
            schedule: self.schedule.or(base.schedule),
            epochs: self.epochs.or(base.epochs),
            batch_size: self.batch_size.or(base.batch_size),
            augmentation: self.augmentation.or(base.augmentation),
        }
    }
}
