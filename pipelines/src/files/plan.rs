//! The steps that a spec asks for, as a list.

use std::collections::BTreeSet;

use super::step::Step;
use crate::spec::{Model, Policy, Spec, SpecError, Sweep};

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

    /// The candidates that have to be trained, each with its seeds: those of the sweeps whose winner is
    /// selected, and those that are selected by their own name.
    ///
    /// # Errors
    /// A name that the spec does not have.
    pub fn candidates<'a>(
        &'a self,
        spec: &'a Spec,
    ) -> Result<Vec<(&'a Model, &'a [u64])>, SpecError> {
        let winners = self.models(spec)?;
        let mut candidates = Vec::new();
        for sweep in &spec.sweeps {
            let all = winners.contains(&sweep.name.as_str());
            for model in sweep.candidates.iter().map(|candidate| &candidate.model) {
                let named = self.models.contains(&model.name);
                if named && !self.seeds.is_empty() && !all {
                    candidates.push((model, &self.seeds[..]));
                } else if named || all {
                    candidates.push((model, &sweep.seeds[..]));
                }
            }
        }
        Ok(candidates)
    }

    /// The sweeps whose winner is selected.
    ///
    /// # Errors
    /// A name that the spec does not have.
    pub fn sweeps<'a>(&self, spec: &'a Spec) -> Result<Vec<&'a Sweep>, SpecError> {
        let models = self.models(spec)?;
        Ok(models
            .into_iter()
            .filter_map(|name| spec.sweep(name))
            .collect())
    }

    /// The models that are trained: the selected ones and their candidates. The winner of a sweep is left
    /// out, as it is trained like one of its candidates.
    ///
    /// # Errors
    /// As [`Selection::candidates`].
    pub fn trained<'a>(&'a self, spec: &'a Spec) -> Result<Vec<&'a Model>, SpecError> {
        let mut models = Vec::new();
        for name in self.models(spec)? {
            if spec.sweep(name).is_none() {
                models.push(spec.model(name)?);
            }
        }
        let candidates = self.candidates(spec)?.into_iter();
        models.extend(candidates.map(|(model, _)| model));
        Ok(models)
    }

    /// Number of shards that the selected models need of `policy`.
    ///
    /// # Errors
    /// A selected model that the spec does not have.
    pub fn shard_count(&self, spec: &Spec, policy: &Policy) -> Result<u32, SpecError> {
        Ok(spec.shard_count(policy, self.trained(spec)?))
    }
}

/// All steps in an order in which each comes after what it needs. Seeds are the outer loop: the
/// first complete comparison of all models is there as soon as it can be. The candidates of sweeps come
/// after the other models of the first seed, winners after their candidates.
///
/// # Errors
/// A selected model that the spec does not have.
pub fn steps(spec: &Spec, selection: &Selection) -> Result<Vec<Step>, SpecError> {
    let models = selection.models(spec)?;
    let trained = selection.trained(spec)?;
    let mut steps = vec![Step::Ingest];
    steps.extend(augments(spec, &trained));
    let (winners, others): (Vec<&str>, Vec<&str>) =
        models.iter().partition(|name| spec.sweep(name).is_some());
    for (index, &seed) in selection.seeds(spec).iter().enumerate() {
        let train = |model: &str| Step::Train {
            model: model.to_owned(),
            seed,
        };
        steps.extend(others.iter().map(|model| train(model)));
        if index == 0 {
            for (model, seeds) in selection.candidates(spec)? {
                steps.extend(seeds.iter().map(|&seed| Step::Train {
                    model: model.name.clone(),
                    seed,
                }));
            }
        }
        steps.extend(winners.iter().map(|model| train(model)));
    }
    steps.push(Step::Evaluate);
    steps.push(Step::Report);
    Ok(steps)
}

/// The trainings of a selection in the order in which they can run: those of a list may run side by side,
/// each list after the one before. Candidates stand in a list for each of their halts, in which those that
/// were stopped have nothing to do.
///
/// # Errors
/// A selected model that the spec does not have.
pub fn training_phases(spec: &Spec, selection: &Selection) -> Result<Vec<Vec<Step>>, SpecError> {
    let trainings = steps(spec, selection)?.into_iter();
    let (mut first, mut last) = (Vec::new(), Vec::new());
    let mut later: Vec<Vec<Step>> = Vec::new();
    for step in trainings {
        let Step::Train { model, .. } = &step else {
            continue;
        };
        if spec.sweep(model).is_some() {
            last.push(step);
            continue;
        }
        if let Some((sweep, _)) = spec.sweep_of(model) {
            let halts = sweep.rungs().len() - 1;
            later.resize_with(later.len().max(halts), Vec::new);
            later[..halts]
                .iter_mut()
                .for_each(|phase| phase.push(step.clone()));
        }
        first.push(step);
    }
    let phases = std::iter::once(first).chain(later).chain([last]);
    Ok(phases.filter(|phase| !phase.is_empty()).collect())
}

/// The shards that `models` are trained on, in the order of the spec's policies.
fn augments(spec: &Spec, models: &[&Model]) -> Vec<Step> {
    let used: BTreeSet<&str> = models
        .iter()
        .filter_map(|of| of.augmentation.policy())
        .collect();
    let mut steps: Vec<Step> = Vec::new();
    for policy in spec
        .all_policies()
        .filter(|policy| used.contains(&*policy.name))
    {
        let step = Step::Augment {
            policy: policy.name.clone(),
        };
        // Two sweeps may vary a policy in the same way.
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
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
            let mut producers = vec![Step::Ingest];
            match spec.sweep(model) {
                None => producers.extend(augments(spec, &[spec.model(model)?])),
                // Which of the candidates it is trained like follows from all of them.
                Some(sweep) => {
                    let models: Vec<&Model> = sweep.candidates.iter().map(|of| &of.model).collect();
                    producers.extend(augments(spec, &models));
                    producers.extend(sweep.trainings());
                }
            }
            producers
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

impl Sweep {
    /// All trainings of its candidates.
    pub fn trainings(&self) -> Vec<Step> {
        let of_candidate = |model: &Model| {
            let model = model.name.clone();
            let train = move |&seed: &u64| Step::Train {
                model: model.clone(),
                seed,
            };
            self.seeds.iter().map(train).collect::<Vec<_>>()
        };
        self.candidates
            .iter()
            .flat_map(|of| of_candidate(&of.model))
            .collect()
    }
}
