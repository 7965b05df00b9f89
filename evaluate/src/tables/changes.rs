//! What each change of the study did.

use anyhow::Result;
use pipelines::tables::images::Split;
use pipelines::tables::metrics::{
    CHANGES, HELPS, HELPS_IN_THIS_RUN, HURTS, HURTS_IN_THIS_RUN, NO_EVIDENCE,
};
use polars::prelude::DataFrame;

use crate::pairs::Pair;
use crate::statistics::interval::Interval;
use crate::statistics::power::{images_needed, seeds_needed, tolerated_seed_std};
use crate::statistics::spread;
use crate::study::{Study, TrainedModel};
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study, pairs: &[Pair]) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(CHANGES);
    let confidence = study.spec.evaluation.confidence;
    for trained in &study.models {
        let Some(extends) = trained.model.extends.as_deref() else {
            continue;
        };
        let find = |split| {
            pairs
                .iter()
                .find_map(|pair| Effect::of(pair, split, &trained.model.name, extends))
        };
        // Without a run of the extended model there is nothing to compare.
        let (Some(validation), Some(test)) = (find(Split::Validation), find(Split::Test)) else {
            continue;
        };
        let changes: Vec<String> = study
            .spec
            .changes(&trained.model)
            .iter()
            .map(ToString::to_string)
            .collect();
        let comparison = &test.pair.comparison;
        let seed_variance = seed_variance(study, test.pair);
        let seeds = seed_variance.and_then(|(variance, from)| {
            let seeds = seeds_needed(test.difference, variance, confidence)?;
            Some((seeds, variance.sqrt(), from))
        });
        let tolerated = match comparison.over_seeds {
            Some(_) => None,
            None => tolerated_seed_std(test.difference, comparison.sampling_std_error, confidence),
        };
        builder.push(row![
            &trained.model.name,
            extends,
            changes.join("; "),
            changes.len(),
            test.pair.scope(),
            test.runs,
            test.extended_runs,
            validation.difference,
            validation.interval.low,
            validation.interval.high,
            validation.pair.p_value_corrected,
            test.difference,
            test.interval.low,
            test.interval.high,
            comparison.p_value,
            test.pair.p_value_corrected,
            verdict(&test, confidence),
            images_needed(test.difference, comparison.mean_square, confidence),
            seeds.map(|(seeds, _, _)| seeds),
            seeds.map(|(_, std, _)| std),
            seeds.map(|(_, _, from)| from),
            tolerated,
        ])?;
    }
    builder.finish()
}

/// A pair seen from the model that was changed.
struct Effect<'a> {
    pair: &'a Pair<'a>,
    runs: usize,
    extended_runs: usize,
    difference: f64,
    interval: Interval,
}

impl<'a> Effect<'a> {
    /// `None` when `pair` is not of these two models and this split.
    fn of(pair: &'a Pair<'a>, split: Split, model: &str, extends: &str) -> Option<Self> {
        let names = (pair.a.model.name.as_str(), pair.b.model.name.as_str());
        let comparison = &pair.comparison;
        if pair.split != split {
            None
        } else if names == (extends, model) {
            Some(Self {
                pair,
                runs: pair.runs_b,
                extended_runs: pair.runs_a,
                difference: comparison.difference,
                interval: comparison.interval(),
            })
        } else if names == (model, extends) {
            Some(Self {
                pair,
                runs: pair.runs_a,
                extended_runs: pair.runs_b,
                difference: -comparison.difference,
                interval: comparison.interval().negated(),
            })
        } else {
            None
        }
    }
}

/// What the corrected test says and no more: without several seeds it is about these two networks.
fn verdict(test: &Effect, confidence: f64) -> &'static str {
    let over_seeds = test.pair.comparison.over_seeds.is_some();
    match (test.pair.significant(confidence), test.difference > 0.0) {
        (false, _) => NO_EVIDENCE,
        (true, true) if over_seeds => HELPS,
        (true, false) if over_seeds => HURTS,
        (true, true) => HELPS_IN_THIS_RUN,
        (true, false) => HURTS_IN_THIS_RUN,
    }
}

/// Variance of one run's test accuracy over seeds, and where it is from: of the pair when both have
/// several runs, otherwise of all models that have, weighted by their degrees of freedom.
fn seed_variance(study: &Study, pair: &Pair) -> Option<(f64, &'static str)> {
    if let Some(seeds) = pair.comparison.over_seeds {
        return Some((seeds.seed_variance, "this pair"));
    }
    let (mut squares, mut degrees_of_freedom) = (0.0, 0.0);
    for trained in &study.models {
        if let Some(variance) = spread::variance(&test_accuracies(trained)) {
            let degrees = (trained.runs.len() - 1) as f64;
            squares += degrees * variance;
            degrees_of_freedom += degrees;
        }
    }
    (degrees_of_freedom > 0.0).then(|| (squares / degrees_of_freedom, "all models"))
}

fn test_accuracies(trained: &TrainedModel) -> Vec<f64> {
    trained
        .runs
        .iter()
        .filter_map(|run| run.split(Split::Test))
        .map(|predictions| predictions.accuracy())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};
    use crate::pairs;

    /// Column `name` of the row of `model`.
    fn found(study: &Study, model: &str, name: &str) -> String {
        let pairs = pairs::compare(study).unwrap();
        let column = CHANGES
            .columns
            .iter()
            .position(|column| column.name == name)
            .unwrap();
        let rows = fixture::rows(&mut table(study, &pairs).unwrap());
        let row = rows
            .iter()
            .find(|row| row.starts_with(&format!("{model},")))
            .unwrap();
        cells(row)[column].clone()
    }

    /// Commas between quotes do not separate.
    fn cells(row: &str) -> Vec<String> {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for character in row.chars() {
            match character {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                other => cells.last_mut().unwrap().push(other),
            }
        }
        cells
    }

    #[test]
    fn one_run_each_says_nothing_about_other_seeds() {
        let (many, few) = (images(0, 80), images(0, 20));
        let study = fixture::study(&[("model-1", &[(0, &many)]), ("model-2", &[(0, &few)])]);
        assert_eq!(found(&study, "model-2", "verdict"), HELPS_IN_THIS_RUN);
        assert_eq!(found(&study, "model-2", "scope"), "one run each");
        assert_eq!(found(&study, "model-2", "test_difference"), "0.15");
        assert_eq!(found(&study, "model-2", "seeds_needed"), "");
        let worse = fixture::study(&[("model-1", &[(0, &few)]), ("model-2", &[(0, &many)])]);
        assert_eq!(found(&worse, "model-2", "verdict"), HURTS_IN_THIS_RUN);
    }

    #[test]
    fn several_seeds_that_agree_say_that_it_helps() {
        let runs = |first: usize| [images(0, first), images(0, first + 2), images(0, first + 1)];
        let (many, few) = (runs(80), runs(20));
        let study = fixture::study(&[
            ("model-1", &[(0, &many[0]), (1, &many[1]), (2, &many[2])]),
            ("model-2", &[(0, &few[0]), (1, &few[1]), (2, &few[2])]),
        ]);
        assert_eq!(found(&study, "model-2", "verdict"), HELPS);
        assert_eq!(found(&study, "model-2", "seed_std_from"), "this pair");
        assert_eq!(found(&study, "model-2", "tolerated_seed_std"), "");
    }

    #[test]
    fn seeds_that_disagree_are_no_evidence_though_each_pair_of_runs_differs() {
        let (best, worst) = (images(0, 10), images(0, 150));
        let middle = images(0, 60);
        let study = fixture::study(&[
            ("model-1", &[(0, &best), (1, &worst)]),
            ("model-2", &[(0, &middle), (1, &middle)]),
        ]);
        assert_eq!(found(&study, "model-2", "verdict"), NO_EVIDENCE);
    }

    #[test]
    fn no_difference_needs_no_number_of_images() {
        let wrong = images(0, 40);
        let study = fixture::study(&[("model-1", &[(0, &wrong)]), ("model-2", &[(0, &wrong)])]);
        assert_eq!(found(&study, "model-2", "verdict"), NO_EVIDENCE);
        assert_eq!(found(&study, "model-2", "test_p_value"), "1.0");
        assert_eq!(found(&study, "model-2", "test_images_needed"), "");
    }

    #[test]
    fn the_spread_of_other_models_stands_in_for_that_of_single_runs() {
        let (a, b) = (images(0, 40), images(0, 44));
        let study = fixture::study(&[
            ("model-1", &[(0, &a)]),
            ("model-2", &[(0, &b)]),
            ("model-3", &[(0, &a), (1, &b)]),
        ]);
        assert_eq!(found(&study, "model-2", "seed_std_from"), "all models");
        let std: f64 = found(&study, "model-2", "seed_std").parse().unwrap();
        // Accuracies 0.90 and 0.89.
        assert!((std - 0.01 / 2.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_model_whose_base_has_no_runs_has_no_row() {
        let wrong = images(0, 40);
        let study = fixture::study(&[("model-2", &[(0, &wrong)]), ("model-5", &[(0, &wrong)])]);
        let pairs = pairs::compare(&study).unwrap();
        assert_eq!(table(&study, &pairs).unwrap().height(), 0);
    }
}
