//! What each change of the study did.

use pipelines::tables::metrics::{
    HELPS, HELPS_IN_THIS_RUN, HURTS, HURTS_IN_THIS_RUN, ModelChange, NO_EVIDENCE,
};
use pipelines::tables::split::Split;

use crate::pairs::Pair;
use crate::statistics::interval::Interval;
use crate::statistics::power::{images_needed, seeds_needed, tolerated_seed_std};
use crate::statistics::spread;
use crate::study::{Study, TrainedModel};

pub fn rows(study: &Study, pairs: &[Pair]) -> Vec<ModelChange> {
    let mut rows = Vec::new();
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
        rows.push(ModelChange {
            model: trained.model.name.clone(),
            extends: extends.to_owned(),
            changed: changes.join("; "),
            change_count: changes.len() as u64,
            scope: test.pair.scope().to_owned(),
            runs: test.runs as u64,
            extended_runs: test.extended_runs as u64,
            validation_difference: validation.difference,
            validation_low: validation.interval.low,
            validation_high: validation.interval.high,
            validation_p_value_corrected: validation.pair.p_value_corrected,
            test_difference: test.difference,
            test_low: test.interval.low,
            test_high: test.interval.high,
            test_p_value: comparison.p_value,
            test_p_value_corrected: test.pair.p_value_corrected,
            verdict: verdict(&test, confidence).to_owned(),
            test_images_needed: images_needed(test.difference, comparison.mean_square, confidence),
            seeds_needed: seeds.map(|(seeds, _, _)| seeds),
            seed_std: seeds.map(|(_, std, _)| std),
            seed_std_from: seeds.map(|(_, _, from)| from.to_owned()),
            tolerated_seed_std: tolerated,
            mixed_instruction_sets: test.pair.mixed_instruction_sets,
        });
    }
    rows
}

/// A pair with the difference taken from the extended model to the changed one.
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

/// The verdict of the corrected test. Without several seeds it is about these two networks alone.
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

/// Variance of one run's test accuracy over seeds and its source: the pair when both models have
/// several runs, otherwise all models with several runs, weighted by their degrees of freedom.
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

    /// The row of `model`.
    fn change(study: &Study, model: &str) -> ModelChange {
        let pairs = pairs::compare(study).unwrap();
        let rows = rows(study, &pairs);
        rows.into_iter().find(|row| row.model == model).unwrap()
    }

    #[test]
    fn one_run_each_says_nothing_about_other_seeds() {
        let (many, few) = (images(0, 80), images(0, 20));
        let study = fixture::study(&[("model-1", &[(0, &many)]), ("model-2", &[(0, &few)])]);
        assert_eq!(change(&study, "model-2").verdict, HELPS_IN_THIS_RUN);
        assert_eq!(change(&study, "model-2").scope, "one run each");
        assert_eq!(change(&study, "model-2").test_difference, 0.15);
        assert_eq!(change(&study, "model-2").seeds_needed, None);
        let worse = fixture::study(&[("model-1", &[(0, &few)]), ("model-2", &[(0, &many)])]);
        assert_eq!(change(&worse, "model-2").verdict, HURTS_IN_THIS_RUN);
    }

    #[test]
    fn several_seeds_that_agree_say_that_it_helps() {
        let runs = |first: usize| [images(0, first), images(0, first + 2), images(0, first + 1)];
        let (many, few) = (runs(80), runs(20));
        let study = fixture::study(&[
            ("model-1", &[(0, &many[0]), (1, &many[1]), (2, &many[2])]),
            ("model-2", &[(0, &few[0]), (1, &few[1]), (2, &few[2])]),
        ]);
        assert_eq!(change(&study, "model-2").verdict, HELPS);
        assert_eq!(
            change(&study, "model-2").seed_std_from.as_deref(),
            Some("this pair")
        );
        assert_eq!(change(&study, "model-2").tolerated_seed_std, None);
    }

    #[test]
    fn seeds_that_disagree_are_no_evidence_though_each_pair_of_runs_differs() {
        let (best, worst) = (images(0, 10), images(0, 150));
        let middle = images(0, 60);
        let study = fixture::study(&[
            ("model-1", &[(0, &best), (1, &worst)]),
            ("model-2", &[(0, &middle), (1, &middle)]),
        ]);
        assert_eq!(change(&study, "model-2").verdict, NO_EVIDENCE);
    }

    #[test]
    fn no_difference_needs_no_number_of_images() {
        let wrong = images(0, 40);
        let study = fixture::study(&[("model-1", &[(0, &wrong)]), ("model-2", &[(0, &wrong)])]);
        assert_eq!(change(&study, "model-2").verdict, NO_EVIDENCE);
        assert_eq!(change(&study, "model-2").test_p_value, 1.0);
        assert_eq!(change(&study, "model-2").test_images_needed, None);
    }

    #[test]
    fn single_runs_use_the_spread_over_seeds_of_other_models() {
        let (a, b) = (images(0, 40), images(0, 44));
        let study = fixture::study(&[
            ("model-1", &[(0, &a)]),
            ("model-2", &[(0, &b)]),
            ("model-3", &[(0, &a), (1, &b)]),
        ]);
        assert_eq!(
            change(&study, "model-2").seed_std_from.as_deref(),
            Some("all models")
        );
        let std = change(&study, "model-2").seed_std.unwrap();
        // Accuracies 0.90 and 0.89.
        assert!((std - 0.01 / 2.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_model_whose_base_has_no_runs_has_no_row() {
        let wrong = images(0, 40);
        let study = fixture::study(&[("model-2", &[(0, &wrong)]), ("model-5", &[(0, &wrong)])]);
        let pairs = pairs::compare(&study).unwrap();
        assert_eq!(rows(&study, &pairs), []);
    }
}
