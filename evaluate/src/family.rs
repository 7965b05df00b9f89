//! Comparisons that are corrected together, because somebody reads them together.
//!
//! The study's changes are one family, the comparisons of the champion with each other model are
//! another, and all pairs, among which one may look around, are a third.

use anyhow::Result;
use pipelines::tables::split::Split;

use crate::pairs::Pair;
use crate::run::Run;
use crate::statistics::holm;
use crate::statistics::interval::Interval;
use crate::study::{Study, TrainedModel};

/// A family of comparisons on one split.
#[derive(Clone, Debug)]
pub struct Family<'a> {
    /// Its comparisons.
    pub members: Vec<Member<'a>>,
}

/// A comparison of a family: `model` − `against`.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The pair, in whichever order.
    pub pair: &'a Pair<'a>,
    /// The model.
    pub model: &'a TrainedModel,
    /// The model that it is compared with.
    pub against: &'a TrainedModel,
    /// Accuracy of the model − that of the other.
    pub difference: f64,
    /// The interval to quote, for this comparison alone.
    pub interval: Interval,
    /// Interval that is simultaneous over the family (Bonferroni's).
    pub simultaneous: Interval,
    /// Holm's p-value over the family.
    pub p_value_corrected: f64,
    /// The level that Holm's correction leaves this comparison.
    pub level: f64,
    /// Whether `p_value_corrected` is below 1 − confidence.
    pub significant: bool,
}

impl<'a> Family<'a> {
    /// The study's changes: each model against its base, where both have runs.
    ///
    /// # Errors
    /// None for a confidence between 0 and 1.
    pub fn of_changes(study: &'a Study, pairs: &'a [Pair<'a>], split: Split) -> Result<Self> {
        let members = study.models.iter().filter_map(|trained| {
            let base = trained.model.base()?;
            oriented(pairs, split, &trained.model.name, base)
        });
        Self::new(members.collect(), study.spec.evaluation.confidence)
    }

    /// Every other model against the model with the name `against`.
    ///
    /// # Errors
    /// None for a confidence between 0 and 1.
    pub fn against(
        study: &'a Study,
        pairs: &'a [Pair<'a>],
        split: Split,
        against: &str,
    ) -> Result<Self> {
        let members = study
            .models
            .iter()
            .filter_map(|trained| oriented(pairs, split, &trained.model.name, against));
        Self::new(members.collect(), study.spec.evaluation.confidence)
    }

    /// All pairs, b − a.
    ///
    /// # Errors
    /// None for a confidence between 0 and 1.
    pub fn of_pairs(pairs: &'a [Pair<'a>], split: Split, confidence: f64) -> Result<Self> {
        let members = pairs.iter().filter(|pair| pair.split == split);
        Self::new(
            members
                .map(|pair| Oriented {
                    pair,
                    forward: true,
                })
                .collect(),
            confidence,
        )
    }

    fn new(pairs: Vec<Oriented<'a>>, confidence: f64) -> Result<Self> {
        let level = 1.0 - confidence;
        let p_values: Vec<f64> = pairs
            .iter()
            .map(|oriented| oriented.pair.comparison.p_value)
            .collect();
        let corrected = holm::correct(&p_values);
        let levels = holm::levels(&p_values, level);
        let simultaneous = 1.0 - level / pairs.len().max(1) as f64;
        let members = pairs.into_iter().zip(corrected).zip(levels);
        let members = members.map(|((Oriented { pair, forward }, p_value_corrected), left)| {
            let turn = |interval: Interval| {
                if forward {
                    interval
                } else {
                    interval.negated()
                }
            };
            let sign = if forward { 1.0 } else { -1.0 };
            Ok(Member {
                pair,
                model: if forward { pair.b } else { pair.a },
                against: if forward { pair.a } else { pair.b },
                difference: sign * pair.comparison.difference,
                interval: turn(pair.interval),
                simultaneous: turn(pair.comparison.interval_at(simultaneous)?),
                p_value_corrected,
                level: left,
                significant: p_value_corrected < level,
            })
        });
        Ok(Self {
            members: members.collect::<Result<_>>()?,
        })
    }

    /// The comparison of `model`.
    pub fn of(&self, model: &str) -> Option<&Member<'a>> {
        self.members
            .iter()
            .find(|member| member.model.model.name == model)
    }
}

impl<'a> Member<'a> {
    /// The compared runs of the model.
    pub fn runs(&self) -> Vec<&'a Run> {
        self.sides().0
    }

    /// The compared runs of the other.
    pub fn runs_against(&self) -> Vec<&'a Run> {
        self.sides().1
    }

    fn sides(&self) -> (Vec<&'a Run>, Vec<&'a Run>) {
        let (a, b) = (self.pair.compared_a(), self.pair.compared_b());
        if std::ptr::eq(self.model, self.pair.b) {
            (b, a)
        } else {
            (a, b)
        }
    }
}

/// A pair and whether its difference, b − a, is the wanted one.
struct Oriented<'a> {
    pair: &'a Pair<'a>,
    forward: bool,
}

/// The pair of `model` and `against` on `split`, if there is one.
fn oriented<'a>(
    pairs: &'a [Pair<'a>],
    split: Split,
    model: &str,
    against: &str,
) -> Option<Oriented<'a>> {
    pairs.iter().find_map(|pair| {
        let names = (pair.a.model.name.as_str(), pair.b.model.name.as_str());
        let forward = names == (against, model);
        let backward = names == (model, against);
        (pair.split == split && (forward || backward)).then_some(Oriented { pair, forward })
    })
}

/// Which models may be the best and which the worst: `true` where no other model is significantly
/// better (worse) in a one-sided test at level / (models − 1). The best model is among the former with
/// at least `confidence`, because only its own comparisons can leave it out.
///
/// J. C. Hsu (1984), Constrained simultaneous confidence intervals for multiple comparisons with the
/// best, Annals of Statistics 12.
pub fn may_be_best_and_worst(
    pairs: &[Pair],
    split: Split,
    confidence: f64,
    model: &str,
) -> (bool, bool) {
    let compared: Vec<Oriented> = pairs
        .iter()
        .filter(|pair| pair.split == split)
        .filter_map(|pair| {
            let forward = pair.b.model.name == model;
            (forward || pair.a.model.name == model).then_some(Oriented { pair, forward })
        })
        .collect();
    let level = (1.0 - confidence) / compared.len().max(1) as f64;
    let (mut best, mut worst) = (true, true);
    for Oriented { pair, forward } in compared {
        let comparison = &pair.comparison;
        if comparison.p_value / 2.0 < level {
            let ahead = (comparison.difference > 0.0) == forward;
            best &= ahead;
            worst &= !ahead;
        }
    }
    (best, worst)
}
