//! What the tables say of one conclusion.

use pipelines::spec::published::{Claimed, PublishedConclusion};
use pipelines::spec::{Schedule, Spec};
use pipelines::tables::metrics::{
    EQUIVALENT, EQUIVALENT_IN_THIS_RUN, HELPS, HELPS_IN_THIS_RUN, HURTS, HURTS_IN_THIS_RUN,
    OVER_SEEDS,
};

use crate::evaluated::{ModelChange, RankedModel, Tables};
use crate::number::{p_equals, points, points_interval};
use crate::paper::Paper;
use crate::paper::steps::{self, Told};
use crate::sections::models::kinds_of_changes;
use crate::words::join_or;

/// Facts, and what follows from them for each thing that is claimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Whole sentences.
    pub facts: Vec<String>,
    /// "supported", "not supported", …
    pub verdicts: Vec<String>,
}

impl Evidence {
    /// The evidence on `conclusion`; `None` when one of its models has no run.
    pub fn of(conclusion: &PublishedConclusion, paper: &Paper<'_>) -> Option<Self> {
        let &Paper { tables, spec, .. } = paper;
        let (model, against) = (conclusion.model.as_str(), conclusion.against.as_str());
        let difference = Difference::of(tables, model, against)?;
        let mut evidence = Self::default();
        evidence.facts.push(difference.sentence(against));
        for claimed in &conclusion.claims {
            match claimed {
                Claimed::HigherAccuracy
                | Claimed::LowerAccuracy
                | Claimed::NoEffect
                | Claimed::NoGain => evidence.verdicts.push(difference.verdict(*claimed)),
                Claimed::MoreOverfitting | Claimed::LessOverfitting => {
                    evidence.overfitting(tables, model, against, *claimed);
                }
                Claimed::Champion | Claimed::Worst => {
                    evidence.extreme(tables, spec, model, *claimed);
                }
            }
        }
        evidence.changes(spec, conclusion);
        let told = match conclusion.claims.iter().any(Claimed::is_of_overfitting) {
            true => Told::AccuracyAndGap,
            false => Told::Accuracy,
        };
        let steps = steps::sentences(paper, &conclusion.steps, told);
        evidence.facts.extend(steps);
        evidence.schedule(tables, spec, model);
        Some(evidence)
    }

    /// The difference of the fair gaps, with the test of it where the one model was changed from the other.
    fn overfitting(&mut self, tables: &Tables, model: &str, against: &str, claimed: Claimed) {
        let name = match claimed {
            Claimed::MoreOverfitting => "more overfitting",
            _ => "less overfitting",
        };
        let tested = change(tables, model, against).and_then(|change| {
            Some((
                change.gap_difference?,
                change.gap_low?,
                change.gap_high?,
                change.gap_p_value_corrected?,
                change.gap_significant?,
            ))
        });
        let Some((difference, low, high, p, significant)) = tested else {
            self.verdicts.push(format!("{name}: not measured"));
            return;
        };
        let gap = |name| tables.metric(name, None, "overfitting_gap");
        if let (Some(ours), Some(base)) = (gap(model), gap(against)) {
            self.facts.push(format!(
                "Train − validation accuracy is {} points, against {} for {against}.",
                points(ours.mean),
                points(base.mean),
            ));
        }
        self.facts.push(format!(
            "The gap differs by {} points ({}; corrected p {}).",
            points(difference),
            points_interval(low, high),
            p_equals(p)
        ));
        let as_claimed = (difference > 0.0) == (claimed == Claimed::MoreOverfitting);
        let several =
            change(tables, model, against).is_some_and(|row| row.runs.min(row.extended_runs) > 1);
        self.verdicts
            .push(verdict(name, significant, as_claimed, several));
    }

    /// Whether `model` is the only one that may be the best, or the worst, of all on the test images.
    fn extreme(&mut self, tables: &Tables, spec: &Spec, model: &str, claimed: Claimed) {
        let (name, may_be): (_, fn(&RankedModel) -> bool) = match claimed {
            Claimed::Champion => ("champion", |row| row.may_be_best),
            _ => ("worst", |row| row.may_be_worst),
        };
        if claimed == Claimed::Champion
            && let Some(champion) = tables.champion()
        {
            self.facts
                .push(format!("Best on validation is {}.", champion.model));
        }
        let candidates: Vec<&str> = tables
            .ranking
            .iter()
            .filter(|row| may_be(row))
            .map(|row| row.model.as_str())
            .collect();
        let others: Vec<&str> = candidates
            .iter()
            .copied()
            .filter(|name| *name != model)
            .collect();
        self.facts.push(format!(
            "On the test images the {} {} {}.",
            match claimed {
                Claimed::Champion => "best",
                _ => "worst",
            },
            if candidates.len() == 1 {
                "is"
            } else {
                "may be"
            },
            join_or(&candidates)
        ));
        let several = tables.ranking.iter().all(|row| row.runs > 1);
        let verdict = match (candidates.contains(&model), others.is_empty()) {
            (true, true) if several => "supported",
            (true, true) => "supported in these runs",
            (true, false) => "not contradicted, no evidence that it is this one alone",
            (false, _) => "contradicted",
        };
        let among = among(spec, tables.ranking.len());
        self.verdicts.push(format!("{name}{among}: {verdict}"));
    }

    /// More than one change at once cannot be told apart.
    fn changes(&mut self, spec: &Spec, conclusion: &PublishedConclusion) {
        let model = spec.model(&conclusion.model);
        let is_base = model.is_ok_and(|m| m.base() == Some(conclusion.against.as_str()));
        let kinds = kinds_of_changes(spec, &conclusion.model);
        if is_base && kinds.len() > 1 {
            let apart = match conclusion.isolated {
                Some(_) => {
                    " The paper also ran them one by one and prints no figures of those runs."
                }
                None => "",
            };
            self.facts
                .push(format!("Changed at once: {}.{apart}", kinds.join(", ")));
        }
    }

    /// A schedule that never changed the rate was not tried.
    fn schedule(&mut self, tables: &Tables, spec: &Spec, model: &str) {
        let scheduled = spec
            .model(model)
            .is_ok_and(|model| !matches!(model.schedule, Schedule::Constant {}));
        let mut rates = tables
            .histories
            .iter()
            .filter(|row| row.model == model)
            .map(|row| row.learning_rate);
        if scheduled
            && let Some(first) = rates.next()
            && rates.all(|rate| rate == first)
        {
            self.facts
                .push("The schedule never changed the learning rate in these epochs.".to_owned());
            self.verdicts
                .push("the schedule: not tested, it never acted".to_owned());
        }
    }
}

/// Of how many models one stands out, when it is not all of the study's.
fn among(spec: &Spec, compared: usize) -> String {
    match compared < spec.models.len() {
        true => format!(" of the {compared} models with runs"),
        false => " of all".to_owned(),
    }
}

/// The row of the change from `against` to `model`, if there is such a change.
fn change<'a>(tables: &'a Tables, model: &str, against: &str) -> Option<&'a ModelChange> {
    let mut changes = tables.changes.iter();
    changes.find(|row| row.model == model && row.extends == against)
}

/// What a test says of a claim that goes one way.
fn verdict(name: &str, significant: bool, as_claimed: bool, over_seeds: bool) -> String {
    let here = if over_seeds { "" } else { " in these runs" };
    match (significant, as_claimed) {
        (false, _) => format!("{name}: not supported, no evidence at this size"),
        (true, true) => format!("{name}: supported{here}"),
        (true, false) => format!("{name}: contradicted{here}"),
    }
}

/// Accuracy of one model minus that of another, with its test.
struct Difference {
    points: f64,
    low: f64,
    high: f64,
    p_value_corrected: f64,
    significant: bool,
    equivalent: bool,
    over_seeds: bool,
}

impl Difference {
    /// Of `model` − `against`: as a change of the study where it is one, corrected with the other changes, or
    /// as one of all pairs.
    fn of(tables: &Tables, model: &str, against: &str) -> Option<Self> {
        let row = tables.comparison("test", model, against)?;
        let over_seeds = row.scope == OVER_SEEDS;
        if let Some(change) = change(tables, model, against) {
            return Some(Self {
                points: change.test_difference,
                low: change.test_low,
                high: change.test_high,
                p_value_corrected: change.test_p_value_corrected,
                significant: [HELPS, HELPS_IN_THIS_RUN, HURTS, HURTS_IN_THIS_RUN]
                    .contains(&change.verdict.as_str()),
                equivalent: [EQUIVALENT, EQUIVALENT_IN_THIS_RUN].contains(&change.verdict.as_str()),
                over_seeds,
            });
        }
        let sign = if row.model_b == model { 1.0 } else { -1.0 };
        let ends = [sign * row.low, sign * row.high];
        Some(Self {
            points: sign * row.difference,
            low: ends[0].min(ends[1]),
            high: ends[0].max(ends[1]),
            p_value_corrected: row.p_value_corrected,
            significant: row.significant,
            equivalent: false,
            over_seeds,
        })
    }

    fn sentence(&self, against: &str) -> String {
        format!(
            "Test accuracy {} points against {against} ({}; corrected p {}, {}).",
            points(self.points),
            points_interval(self.low, self.high),
            p_equals(self.p_value_corrected),
            if self.over_seeds {
                "over seeds"
            } else {
                "one run each"
            }
        )
    }

    fn verdict(&self, claimed: Claimed) -> String {
        let (name, as_claimed) = match claimed {
            Claimed::HigherAccuracy => ("higher accuracy", self.points > 0.0),
            Claimed::LowerAccuracy => ("lower accuracy", self.points < 0.0),
            Claimed::NoGain => ("no gain", self.points < 0.0),
            _ => ("no effect", false),
        };
        let absence = matches!(claimed, Claimed::NoEffect | Claimed::NoGain);
        if absence && self.equivalent {
            return format!("{name}: supported, the accuracies are equivalent within the margin");
        }
        if absence && !self.significant {
            return format!("{name}: not contradicted, no evidence of a difference at this size");
        }
        verdict(name, self.significant, as_claimed, self.over_seeds)
    }
}

#[cfg(test)]
mod tests;
