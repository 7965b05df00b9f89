//! Verdicts of a study whose seeds are added one after another until every change is decided.

use anyhow::Result;
use pipelines::files::plan::LOOKS;
use pipelines::tables::metrics::{EQUIVALENT, HELPS, HURTS, SequentialLook, UNDECIDED};
use pipelines::tables::split::Split;

use crate::family::Family;
use crate::pairs::Pair;
use crate::statistics::alpha_spending::{decided, nominal_levels, spent};
use crate::statistics::comparison::{Comparison, compare};
use crate::study::{Study, TrainedModel};

/// The study's changes at every look so far, in the order of looks; none unless the study's seeds are
/// added until every change is decided. The looks are those of the seeds in ascending order, so that the
/// result is the same when an interrupted study goes on.
///
/// # Errors
/// None for a valid study.
pub fn looks(study: &Study, pairs: &[Pair]) -> Result<Vec<SequentialLook>> {
    if !study.until_decided {
        return Ok(Vec::new());
    }
    let family = Family::of_changes(study, pairs, Split::Test)?;
    let changes: Vec<(&TrainedModel, &TrainedModel)> = family
        .members
        .iter()
        .map(|member| (member.model, member.against))
        .collect();
    let seeds = seeds(study);
    let counts: Vec<usize> = LOOKS.filter(|&count| count <= seeds.len()).collect();
    let compared = counts
        .iter()
        .map(|&count| compare_all(&changes, &seeds[..count]))
        .collect::<Result<Vec<_>>>()?;
    let outcome = Outcome::of(study, &compared)?;
    let mut rows = Vec::new();
    for (look, (&count, comparisons)) in counts.iter().zip(&compared).enumerate() {
        let level = outcome.level_at(look);
        for (change, comparison) in comparisons.iter().enumerate() {
            let (model, against) = changes[change];
            let Some(comparison) = comparison else {
                continue;
            };
            rows.push(SequentialLook {
                seeds: count as u64,
                information: outcome.informations[look],
                spent: spent(outcome.level, outcome.informations[look]),
                model: model.model.name.clone(),
                extends: against.model.name.clone(),
                difference: comparison.difference,
                p_value: comparison.p_value,
                equivalence_p_value: outcome.equivalences[look][change],
                level,
                verdict: outcome.verdict(&compared, change, look).to_owned(),
            });
        }
    }
    Ok(rows)
}

/// The verdict of the change of `model` at the last look; undecided before the first one.
pub fn last_verdict<'a>(looks: &'a [SequentialLook], model: &str) -> &'a str {
    let last = looks.iter().rfind(|row| row.model == model);
    last.map_or(UNDECIDED, |row| &row.verdict)
}

/// Seeds of the study, ascending.
fn seeds(study: &Study) -> Vec<u64> {
    let mut seeds: Vec<u64> = study.runs().map(|(_, run)| run.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    seeds
}

/// Each change with the runs of `seeds`; `None` where a model has fewer than two of them.
fn compare_all(
    changes: &[(&TrainedModel, &TrainedModel)],
    seeds: &[u64],
) -> Result<Vec<Option<Comparison>>> {
    let compare_one = |(model, against): &(&TrainedModel, &TrainedModel)| {
        let runs = |trained: &TrainedModel| {
            let runs = trained.runs.iter();
            runs.filter(|run| seeds.contains(&run.seed)).count()
        };
        if runs(model) < 2 || runs(against) < 2 {
            return Ok(None);
        }
        let matrix = model.correct_of_seeds(seeds, Split::Test)?;
        let matrix_against = against.correct_of_seeds(seeds, Split::Test)?;
        compare(&matrix_against, &matrix).map(Some)
    };
    changes.iter().map(compare_one).collect()
}

/// What is decided when.
struct Outcome {
    /// 1 − confidence.
    level: f64,
    /// Share of the planned seeds at each planned look.
    informations: Vec<f64>,
    /// For each change the look at which its difference is found.
    found: Vec<Option<usize>>,
    /// For each change the look at which its equivalence is found.
    equivalent: Vec<Option<usize>>,
    /// For each look and change the p-value of equivalence.
    equivalences: Vec<Vec<Option<f64>>>,
}

impl Outcome {
    fn of(study: &Study, compared: &[Vec<Option<Comparison>>]) -> Result<Self> {
        let evaluation = &study.spec.evaluation;
        let level = 1.0 - evaluation.confidence;
        let planned = *LOOKS.end() as f64;
        let informations: Vec<f64> = LOOKS.map(|count| count as f64 / planned).collect();
        let p_values: Vec<Vec<f64>> = compared
            .iter()
            .map(|of_look| {
                let p_value = |found: &Option<Comparison>| found.map_or(1.0, |found| found.p_value);
                of_look.iter().map(p_value).collect()
            })
            .collect();
        let mut equivalences = Vec::new();
        for of_look in compared {
            let mut row = Vec::new();
            for comparison in of_look {
                row.push(match (comparison, evaluation.equivalence_margin) {
                    (Some(comparison), Some(margin)) => {
                        Some(comparison.equivalence_p_value(margin)?)
                    }
                    _ => None,
                });
            }
            equivalences.push(row);
        }
        let equivalence_p_values: Vec<Vec<f64>> = equivalences
            .iter()
            .map(|row| row.iter().map(|p_value| p_value.unwrap_or(1.0)).collect())
            .collect();
        Ok(Self {
            level,
            found: decided(&p_values, &informations, level),
            equivalent: decided(&equivalence_p_values, &informations, level),
            informations,
            equivalences,
        })
    }

    /// The level of the changes that are not found up to `look`.
    fn level_at(&self, look: usize) -> f64 {
        let found = |found: &&Option<usize>| found.is_some_and(|at| at <= look);
        let left = self.found.len() - self.found.iter().filter(found).count();
        nominal_levels(self.level / left.max(1) as f64, &self.informations)[look]
    }

    fn verdict(
        &self,
        compared: &[Vec<Option<Comparison>>],
        change: usize,
        look: usize,
    ) -> &'static str {
        if let Some(at) = self.found[change].filter(|&at| at <= look) {
            let difference = compared[at][change].map_or(0.0, |found| found.difference);
            return if difference > 0.0 { HELPS } else { HURTS };
        }
        match self.equivalent[change] {
            Some(at) if at <= look => EQUIVALENT,
            _ => UNDECIDED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, WrongImages, images};
    use crate::pairs;

    /// Runs that are wrong on `first`, `first` + 1, `first` + 2, `first`, … images.
    fn runs(first: usize, count: u64) -> Vec<(u64, Vec<usize>)> {
        (0..count)
            .map(|seed| (seed, images(0, first + seed as usize % 3)))
            .collect()
    }

    fn verdicts(seeds: u64, until_decided: bool) -> Vec<(u64, String)> {
        let all = [runs(120, seeds), runs(20, seeds), runs(21, seeds)];
        let all: Vec<Vec<WrongImages>> = all
            .iter()
            .map(|runs| {
                runs.iter()
                    .map(|(seed, wrong)| (*seed, &wrong[..]))
                    .collect()
            })
            .collect();
        let mut study = fixture::study(&[
            ("model-1", &all[0]),
            ("model-2", &all[1]),
            ("model-3", &all[2]),
        ]);
        study.until_decided = until_decided;
        let pairs = pairs::compare(&study).unwrap();
        let rows = looks(&study, &pairs).unwrap();
        let of = |row: &SequentialLook| format!("{}: {}", row.model, row.verdict);
        rows.iter().map(|row| (row.seeds, of(row))).collect()
    }

    #[test]
    fn a_large_effect_is_decided_before_the_planned_number_and_stays_so() {
        let found = verdicts(7, true);
        let of = |seeds, text: &str| found.contains(&(seeds, text.to_owned()));
        assert!(of(3, "model-2: undecided"), "{found:?}");
        assert!(
            of(6, "model-2: helps") && of(7, "model-2: helps"),
            "{found:?}"
        );
        assert!(of(7, "model-3: undecided"), "{found:?}");
        assert_eq!(
            &verdicts(6, true)[..],
            &found[..found.len() - 2],
            "it goes on"
        );
    }

    #[test]
    fn other_studies_have_no_looks() {
        assert_eq!(verdicts(4, false), []);
        assert_eq!(verdicts(2, true), []);
    }
}
