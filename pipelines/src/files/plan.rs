//! The steps that a spec asks for, as a list.

use std::fmt;

use crate::spec::{Spec, SpecError};
use crate::stage::Stage;

/// One unit of work: one process, one folder, one manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// IDX files to Parquet.
    Ingest,
    /// All shards of one policy.
    Augment {
        /// The policy's name.
        policy: String,
    },
    /// One model from one seed.
    Train {
        /// The model's name.
        model: String,
        /// The seed.
        seed: u64,
    },
    /// All tables.
    Evaluate,
    /// The report.
    Report,
}

impl Step {
    /// The stage that does it.
    pub fn stage(&self) -> Stage {
        match self {
            Step::Ingest => Stage::Ingest,
            Step::Augment { .. } => Stage::Augment,
            Step::Train { .. } => Stage::Train,
            Step::Evaluate => Stage::Evaluate,
            Step::Report => Stage::Report,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Ingest | Step::Evaluate | Step::Report => write!(f, "{}", self.stage()),
            Step::Augment { policy } => write!(f, "augment {policy}"),
            Step::Train { model, seed } => write!(f, "train {model} seed {seed}"),
        }
    }
}

/// What of a spec is wanted; empty lists mean all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Names of models.
    pub models: Vec<String>,
    /// Seeds instead of the spec's.
    pub seeds: Vec<u64>,
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

/// One seed or a half-open range of them, from the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedRange(std::ops::Range<u64>);

impl fmt::Display for SeedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.end - self.0.start {
            1 => write!(f, "{}", self.0.start),
            _ => write!(f, "{}..{}", self.0.start, self.0.end),
        }
    }
}

impl From<u64> for SeedRange {
    /// The range of one seed; the largest number of all, whose range would have no end, is taken
    /// for the one below.
    fn from(seed: u64) -> Self {
        let first = seed.min(u64::MAX - 1);
        Self(first..first + 1)
    }
}

/// Most seeds that one range may name.
const MOST_SEEDS: u64 = 10_000;

/// Parses `3` or `0..5`.
///
/// # Errors
/// Says what was expected, for the command line's own message.
pub fn parse_seeds(text: &str) -> Result<SeedRange, String> {
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| format!("expected a number or a range such as 0..5, found `{text}`"))
    };
    let range = match text.split_once("..") {
        Some((first, end)) => number(first)?..number(end)?,
        None => {
            let seed = number(text)?;
            seed..seed.checked_add(1).ok_or("the seed is too large")?
        }
    };
    if range.is_empty() || range.end - range.start > MOST_SEEDS {
        return Err(format!("expected 1 to {MOST_SEEDS} seeds, found `{text}`"));
    }
    Ok(SeedRange(range))
}

/// All seeds of all ranges, each once, in their order.
pub fn expand_seeds(ranges: &[SeedRange]) -> Vec<u64> {
    let mut seeds = Vec::new();
    for seed in ranges.iter().flat_map(|range| range.0.clone()) {
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_numbers_and_half_open_ranges() {
        let seeds = |text: &str| {
            let ranges: Result<Vec<_>, _> = text.split(',').map(parse_seeds).collect();
            ranges.map(|ranges| expand_seeds(&ranges))
        };
        assert_eq!(seeds("0..3,7,1"), Ok(vec![0, 1, 2, 7]));
        assert!(seeds("3..3").is_err());
        assert!(seeds("x").unwrap_err().contains("found `x`"));
    }
}
