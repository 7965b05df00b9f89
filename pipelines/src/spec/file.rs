//! A spec as it stands in its file, before `extends` is followed.

use serde::Deserialize;

use super::{
    Augmentation, Data, Evaluation, Initializer, Layer, Loss, Normalization, Optimizer, Policy,
    Schedule, Source,
};

/// Everything but the description may come from the spec that this one extends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecFile {
    pub extends: Option<String>,
    pub description: String,
    pub seeds: Option<Vec<u64>>,
    pub data: Option<DataFile>,
    pub published: Option<String>,
    pub evaluation: Option<Evaluation>,
    #[serde(default, rename = "policy")]
    pub policies: Vec<Policy>,
    #[serde(default, rename = "model")]
    pub models: Vec<ModelFile>,
}

impl SpecFile {
    /// This file over the one that it extends: data and models replace their namesakes key by key,
    /// policies and the evaluation as a whole.
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
            data: match (self.data, base.data) {
                (Some(data), Some(base)) => Some(data.over(base)),
                (data, base) => data.or(base),
            },
            published: self.published.or(base.published),
            evaluation: self.evaluation.or(base.evaluation),
            policies,
            models,
        }
    }
}

/// Data of which any key may come from elsewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataFile {
    pub name: Option<String>,
    pub source: Option<Source>,
    pub image_size: Option<[usize; 2]>,
    pub channels: Option<usize>,
    pub classes: Option<Vec<String>>,
    pub bundled_fallback: Option<bool>,
    pub validation_split: Option<f64>,
    pub pixel_divisor: Option<f64>,
    pub normalization: Option<Normalization>,
    pub choice: Option<String>,
}

impl DataFile {
    /// These keys, and `base`'s where there are none.
    fn over(self, base: DataFile) -> DataFile {
        // One of the two keys takes the place of the other.
        let (pixel_divisor, normalization) = match (self.pixel_divisor, self.normalization) {
            (None, None) => (base.pixel_divisor, base.normalization),
            own => own,
        };
        DataFile {
            name: self.name.or(base.name),
            source: self.source.or(base.source),
            image_size: self.image_size.or(base.image_size),
            channels: self.channels.or(base.channels),
            classes: self.classes.or(base.classes),
            bundled_fallback: self.bundled_fallback.or(base.bundled_fallback),
            validation_split: self.validation_split.or(base.validation_split),
            pixel_divisor,
            normalization,
            choice: self.choice.or(base.choice),
        }
    }

    /// The data, if no key is missing.
    ///
    /// # Errors
    /// The first key that is missing.
    pub fn resolve(self) -> Result<Data, &'static str> {
        Ok(Data {
            name: self.name.ok_or("name")?,
            source: self.source.ok_or("source")?,
            image_size: self.image_size.ok_or("image_size")?,
            channels: self.channels.ok_or("channels")?,
            classes: self.classes.ok_or("classes")?,
            bundled_fallback: self.bundled_fallback.ok_or("bundled_fallback")?,
            validation_split: self.validation_split.ok_or("validation_split")?,
            pixel_divisor: match self.normalization {
                None => Some(self.pixel_divisor.ok_or("pixel_divisor or normalization")?),
                Some(_) => self.pixel_divisor,
            },
            normalization: self.normalization,
            choice: self.choice,
        })
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
    pub choice: Option<String>,
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
            choice: self.choice.or(base.choice),
        }
    }
}
