use expect_test::{Expect, expect};
use pipelines::tables::metrics::{NO_EVIDENCE, ONE_RUN_EACH};

use super::*;
use crate::evaluated::{EpochScores, ModelComparison};

/// Two models of the study with the difference of the first to the second on the test images, and
/// the difference of their fair gaps with its corrected p.
struct Case {
    conclusion: &'static str,
    difference: f64,
    verdict: &'static str,
    runs: u64,
    gap: Option<(f64, f64)>,
    /// Whether the model, and the other, may be the best and the worst.
    extremes: [bool; 2],
}

fn check(case: &Case, expected: &Expect) {
    let spec = Spec::load("paper").unwrap();
    let published = spec.published.as_ref().unwrap();
    let named = |c: &&PublishedConclusion| c.name == case.conclusion;
    let conclusion = published.conclusions.iter().find(named).unwrap();
    let tables = tables(case, conclusion);
    let evidence = Evidence::of(conclusion, &tables, &spec).unwrap();
    let verdicts = evidence.verdicts.iter().map(|v| format!("=> {v}"));
    let text = [evidence.facts, verdicts.collect()];
    expected.assert_eq(&text.concat().join("\n"));
}

fn tables(case: &Case, conclusion: &PublishedConclusion) -> Tables {
    let (model, against) = (conclusion.model.clone(), conclusion.against.clone());
    let scope = if case.runs > 1 {
        OVER_SEEDS
    } else {
        ONE_RUN_EACH
    };
    let change = ModelChange {
        model: model.clone(),
        extends: against.clone(),
        scope: scope.to_owned(),
        runs: case.runs,
        extended_runs: case.runs,
        test_difference: case.difference,
        test_low: case.difference - 0.005,
        test_high: case.difference + 0.005,
        test_p_value_corrected: if case.verdict == NO_EVIDENCE {
            0.4
        } else {
            0.000_1
        },
        verdict: case.verdict.to_owned(),
        gap_difference: case.gap.map(|(difference, _)| difference),
        gap_low: case.gap.map(|(difference, _)| difference - 0.01),
        gap_high: case.gap.map(|(difference, _)| difference + 0.01),
        gap_p_value_corrected: case.gap.map(|(_, p)| p),
        gap_significant: case.gap.map(|(_, p)| p < 0.05),
        ..ModelChange::default()
    };
    let comparison = ModelComparison {
        split: "test".to_owned(),
        model_a: against.clone(),
        model_b: model.clone(),
        scope: scope.to_owned(),
        ..ModelComparison::default()
    };
    let rank = |name: &str, champion: bool, extreme: bool| RankedModel {
        model: name.to_owned(),
        champion,
        may_be_best: extreme,
        may_be_worst: extreme,
        ..RankedModel::default()
    };
    let epoch = |epoch| EpochScores {
        model: model.clone(),
        epoch,
        learning_rate: 0.001,
        ..EpochScores::default()
    };
    Tables {
        comparisons: vec![comparison],
        changes: vec![change],
        ranking: vec![
            rank(&model, true, case.extremes[0]),
            rank(&against, false, case.extremes[1]),
        ],
        histories: vec![epoch(1), epoch(2)],
        ..Tables::default()
    }
}

#[test]
fn a_difference_without_evidence_supports_nothing() {
    let case = Case {
        conclusion: "longer-training",
        difference: -0.002,
        verdict: NO_EVIDENCE,
        runs: 1,
        gap: Some((0.05, 0.001)),
        extremes: [false; 2],
    };
    check(&case, &expect![[""]]);
}

#[test]
fn one_run_each_supports_no_more_than_these_runs() {
    let case = Case {
        conclusion: "simple-model",
        difference: -0.03,
        verdict: HURTS_IN_THIS_RUN,
        runs: 1,
        gap: None,
        extremes: [true, false],
    };
    check(&case, &expect![[""]]);
}

#[test]
fn gaps_that_may_be_equal_support_nothing() {
    let case = Case {
        conclusion: "augmentation",
        difference: -0.01,
        verdict: HURTS,
        runs: 3,
        gap: Some((-0.02, 0.2)),
        extremes: [false; 2],
    };
    check(&case, &expect![[""]]);
}

#[test]
fn a_schedule_that_never_acts_was_not_tested() {
    let case = Case {
        conclusion: "schedule",
        difference: 0.02,
        verdict: HELPS,
        runs: 3,
        gap: None,
        extremes: [false; 2],
    };
    check(&case, &expect![[""]]);
}

#[test]
fn a_champion_among_several_is_not_beyond_doubt() {
    let case = Case {
        conclusion: "champion",
        difference: 0.004,
        verdict: NO_EVIDENCE,
        runs: 3,
        gap: None,
        extremes: [true, true],
    };
    check(&case, &expect![[""]]);
}

#[test]
fn equivalence_supports_no_effect() {
    let case = Case {
        conclusion: "dense-layers",
        difference: 0.001,
        verdict: EQUIVALENT,
        runs: 5,
        gap: None,
        extremes: [false; 2],
    };
    check(&case, &expect![[""]]);
}
