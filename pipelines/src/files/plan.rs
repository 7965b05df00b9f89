//! The steps that a spec asks for, as a list.

use super::step::Step;
use crate::spec::{Policy, Spec, SpecError};

/// With [`Selection::until_decided`], the numbers of seeds after which the results are looked at; the
/// last one is the planned number.
pub const LOOKS: std::ops::RangeInclusive<usize> = 3..=10;

/// The selected models and seeds of a spec; an empty list selects all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Names of models.
    pub models: Vec<String>,
    /// Seeds instead of the spec's.
    pub seeds: Vec<u64>,
    /// Whether the seeds are added one after another until every change is decided: the verdicts
    /// then hold although the results were looked at after each.
    pub until_decided: bool,
}

impl Selection {
    /// Names of the selected models, in the spec's order.
    ///
    /// # Errors
    /// A name that the spec does not have.
    pub fn models<'a>(&self, spec: &'a Spec) -> Result<Vec<&'a str>, SpecError> {
        for name in &self.models {
            spec.model(name)?;
        }
        Ok(spec
            .models
            .iter()
            .map(|model| model.name.as_str())
            .filter(|name| self.models.is_empty() || self.models.iter().any(|m| m == name))
            .collect())
    }

    /// The selected seeds.
    pub fn seeds<'a>(&'a self, spec: &'a Spec) -> &'a [u64] {
        if self.seeds.is_empty() {
            &spec.seeds
        } else {
            &self.seeds
        }
    }

    /// Number of shards that the selected models need of `policy`.
    ///
    /// # Errors
    /// A selected model that the spec does not have.
    pub fn shard_count(&self, spec: &Spec, policy: &Policy) -> Result<u32, SpecError> {
        let models = self
            .models(spec)?
            .into_iter()
            .map(|name| spec.model(name))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(spec.shard_count(policy, models))
    }
}

/// All steps in an order in which each comes after what it needs. Seeds are the outer loop: the
/// first complete comparison of all models is there as soon as it can be.
///
/// # Errors
/// A selected model that the spec does not have.
pub fn steps(spec: &Spec, selection: &Selection) -> Result<Vec<Step>, SpecError> {
    let models = selection.models(spec)?;
    let mut steps = vec![Step::Ingest];
    for policy in &spec.policies {
        let used = models.iter().any(|name| {
            spec.model(name)
                .is_ok_and(|model| model.augmentation.policy() == Some(policy.name.as_str()))
        });
        if used {
            steps.push(Step::Augment {
                policy: policy.name.clone(),
            });
        }
    }
    for &seed in selection.seeds(spec) {
        for model in &models {
            steps.push(Step::Train {
                model: (*model).to_owned(),
                seed,
            });
        }
    }
    steps.push(Step::Evaluate);
    steps.push(Step::Report);
    Ok(steps)
}

/// The steps whose files `step` reads, in the order of [`steps`].
///
/// # Errors
/// A selected model that the spec does not have.
pub fn producers(spec: &Spec, selection: &Selection, step: &Step) -> Result<Vec<Step>, SpecError> {
    Ok(match step {
        Step::Ingest => Vec::new(),
        Step::Augment { .. } => vec![Step::Ingest],
        Step::Train { model, .. } => {
            let policy = spec.model(model)?.augmentation.policy();
            let augment = policy.map(|policy| Step::Augment {
                policy: policy.to_owned(),
            });
            std::iter::once(Step::Ingest).chain(augment).collect()
        }
        Step::Evaluate | Step::Report => steps(spec, selection)?
            .into_iter()
            .filter(|producer| match producer {
                Step::Ingest | Step::Train { .. } => true,
                Step::Augment { .. } | Step::Evaluate => *step == Step::Report,
                Step::Report => false,
            })
            .collect(),
    })
}
