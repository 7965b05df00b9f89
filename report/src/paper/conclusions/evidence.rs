//! What the tables say of one conclusion.

use pipelines::spec::published::{Claimed, PublishedConclusion};
use pipelines::spec::{Schedule, Spec};
use pipelines::tables::metrics::OVER_SEEDS;

use crate::evaluated::{MetricSummary, ModelComparison, Tables};
use crate::number::{p_value, points, points_interval};
use crate::sections::models::kinds_of_changes;
use crate::words::join_and;

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
    pub fn of(conclusion: &PublishedConclusion, tables: &Tables, spec: &Spec) -> Option<Self> {
        let (model, against) = (conclusion.model.as_str(), conclusion.against.as_str());
        let row = tables.comparison("test", model, against)?;
        let mut evidence = Self::default();
        let difference = Difference::of(row, model);
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
                Claimed::Champion => evidence.champion(tables, spec, model),
                Claimed::Worst => evidence.worst(tables, spec, model),
            }
        }
        evidence.changes(spec, conclusion);
        evidence.schedule(tables, spec, model);
        Some(evidence)
    }

    /// The fair gaps of both, and whether every run of one lies beyond every run of the other.
    fn overfitting(&mut self, tables: &Tables, model: &str, against: &str, claimed: Claimed) {
        let gap = |name| tables.metric(name, None, "overfitting_gap");
        let (Some(ours), Some(base)) = (gap(model), gap(against)) else {
            self.verdicts.push("overfitting not measured".to_owned());
            return;
        };
        let runs = |row: &MetricSummary| match row.runs {
            1 => "one run".to_owned(),
            runs => format!("mean of {runs} runs"),
        };
        self.facts.push(format!(
            "Train − validation accuracy is {} points ({}) against {} ({}).",
            points(ours.mean),
            runs(ours),
            points(base.mean),
            runs(base)
        ));
        let larger = ours.mean > base.mean;
        let as_claimed = larger == (claimed == Claimed::MoreOverfitting) && ours.mean != base.mean;
        let apart = ours.min > base.max || ours.max < base.min;
        let several = ours.runs > 1 && base.runs > 1;
        let strength = match (several, apart) {
            (true, true) => "in every run",
            (true, false) => "on average, though runs overlap",
            (false, _) => "in these runs",
        };
        let size = if larger { "larger" } else { "smaller" };
        self.verdicts.push(format!(
            "{}: the gap is {size} {strength}",
            if as_claimed {
                "in line on overfitting"
            } else {
                "not in line on overfitting"
            }
        ));
        if claimed == Claimed::LessOverfitting && as_claimed && ours.mean > 0.0 {
            self.facts.push("The gap is still above zero.".to_owned());
        }
    }

    fn champion(&mut self, tables: &Tables, spec: &Spec, model: &str) {
        let Some(champion) = tables.champion() else {
            return;
        };
        let equal: Vec<&str> = tables
            .ranking
            .iter()
            .filter(|row| row.distinguishable == Some(false))
            .map(|row| row.model.as_str())
            .collect();
        self.facts.push(format!(
            "Best on validation is {}{}.",
            champion.model,
            if equal.is_empty() {
                String::new()
            } else {
                format!(
                    ", on the test images not to be told from {}",
                    join_and(&equal)
                )
            }
        ));
        let verdict = match (champion.model == model, equal.is_empty()) {
            (true, true) => "supported",
            (true, false) => "in line, not beyond doubt",
            (false, _) if equal.contains(&model) => "another model, but not to be told apart",
            (false, _) => "another model",
        };
        let among = among(spec, tables.ranking.len());
        self.verdicts.push(format!("champion{among}: {verdict}"));
    }

    fn worst(&mut self, tables: &Tables, spec: &Spec, model: &str) {
        let all: Vec<Difference> = tables
            .comparisons
            .iter()
            .filter(|row| row.split == "test" && (row.model_a == model || row.model_b == model))
            .map(|row| Difference::of(row, model))
            .collect();
        let below = all
            .iter()
            .filter(|d| d.significant && d.points < 0.0)
            .count();
        self.facts.push(match all.len() {
            1 => "There is one other model to compare it with.".to_owned(),
            others => format!("It is significantly below {below} of the {others} other models."),
        });
        let verdict = if below == all.len() {
            match all.iter().all(|d| d.over_seeds) {
                true => "supported",
                false => "supported in these runs",
            }
        } else if all.iter().all(|d| d.points < 0.0) {
            "in line, not beyond doubt"
        } else {
            "not in line"
        };
        let among = among(spec, all.len() + 1);
        self.verdicts.push(format!("worst{among}: {verdict}"));
    }

    /// More than one change at once cannot be told apart.
    fn changes(&mut self, spec: &Spec, conclusion: &PublishedConclusion) {
        let model = spec.model(&conclusion.model);
        let extends = model.is_ok_and(|m| m.extends.as_ref() == Some(&conclusion.against));
        let kinds = kinds_of_changes(spec, &conclusion.model);
        if extends && kinds.len() > 1 {
            self.facts
                .push(format!("Changed at once: {}.", kinds.join(", ")));
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
            self.facts.push(
                "The schedule never changed the learning rate within the epochs trained."
                    .to_owned(),
            );
            self.verdicts
                .push("the schedule itself was not put to the test".to_owned());
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

/// Accuracy of one model minus that of another, with its test.
struct Difference {
    points: f64,
    low: f64,
    high: f64,
    p_value_corrected: f64,
    significant: bool,
    over_seeds: bool,
}

impl Difference {
    /// Of `model`, whichever of the two it is in the table.
    fn of(row: &ModelComparison, model: &str) -> Self {
        let forward = row.model_b == model;
        let (points, low, high) = if forward {
            (row.difference, row.low, row.high)
        } else {
            (-row.difference, -row.high, -row.low)
        };
        Self {
            points,
            low,
            high,
            p_value_corrected: row.p_value_corrected,
            significant: row.significant,
            over_seeds: row.scope == OVER_SEEDS,
        }
    }

    fn sentence(&self, against: &str) -> String {
        let p = p_value(self.p_value_corrected);
        let p = if p.starts_with('<') {
            p
        } else {
            format!("= {p}")
        };
        format!(
            "Test accuracy {} points against {against} ({}; corrected p {p}, {}).",
            points(self.points),
            points_interval(self.low, self.high),
            if self.over_seeds {
                "over seeds"
            } else {
                "one run each"
            }
        )
    }

    fn verdict(&self, claimed: Claimed) -> String {
        let here = if self.over_seeds {
            ""
        } else {
            " in these runs"
        };
        let (name, wanted) = match claimed {
            Claimed::HigherAccuracy => ("higher accuracy", 1.0),
            Claimed::LowerAccuracy => ("lower accuracy", -1.0),
            Claimed::NoGain => ("no gain", 0.0),
            _ => ("no effect", 0.0),
        };
        if !self.significant {
            return match wanted {
                0.0 => {
                    format!("{name}: not contradicted, no evidence of a difference at this size")
                }
                _ => format!("{name}: not supported, no evidence at this size"),
            };
        }
        let as_claimed = match claimed {
            Claimed::NoGain => self.points < 0.0,
            Claimed::HigherAccuracy | Claimed::LowerAccuracy => self.points * wanted > 0.0,
            _ => false,
        };
        if as_claimed {
            format!("{name}: supported{here}")
        } else {
            format!("{name}: contradicted{here}")
        }
    }
}

#[cfg(test)]
mod tests;
