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
    let evidence = Evidence::of(conclusion, &Paper::of(&spec, &tables, &[]).unwrap()).unwrap();
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
        runs: case.runs,
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
    check(
        &case,
        &expect![[r#"
        Test accuracy −0.20 points against model-2 (−0.70 to +0.30; corrected p = 0.40, one run each).
        The gap differs by +5.00 points (+4.00 to +6.00; corrected p = 0.001).
        => lower accuracy: not supported, no evidence at this size
        => more overfitting: supported in these runs"#]],
    );
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
    check(
        &case,
        &expect![[r#"
            Test accuracy −3.00 points against model-1 (−3.50 to −2.50; corrected p < 0.001, one run each).
            On the test images the worst is model-8.
            Changed at once: dense units, conv2d, max pooling2d, epochs.
            => lower accuracy: supported in these runs
            => worst of the 2 models with runs: supported in these runs"#]],
    );
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
    check(
        &case,
        &expect![[r#"
        Test accuracy −1.00 points against model-4 (−1.50 to −0.50; corrected p < 0.001, over seeds).
        The gap differs by −2.00 points (−3.00 to −1.00; corrected p = 0.20).
        Changed at once: epochs, augmentation.
        => less overfitting: not supported, no evidence at this size"#]],
    );
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
    check(
        &case,
        &expect![[r#"
        Test accuracy +2.00 points against model-5 (+1.50 to +2.50; corrected p < 0.001, over seeds).
        Changed at once: conv2d filters, dense units, schedule, epochs.
        The schedule never changed the learning rate in these epochs.
        => no gain: contradicted
        => the schedule: not tested, it never acted"#]],
    );
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
    check(
        &case,
        &expect![[r#"
        Test accuracy +0.40 points against model-2 (−0.10 to +0.90; corrected p = 0.40, over seeds).
        Best on validation is model-7.
        On the test images the best may be model-7 or model-2.
        Changed at once: conv2d filters, dense units, dropout rate, epochs, batch size.
        => higher accuracy: not supported, no evidence at this size
        => champion of the 2 models with runs: not contradicted, no evidence that it is this one alone"#]],
    );
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
    check(
        &case,
        &expect![[r#"
        Test accuracy +0.10 points against model-1 (−0.40 to +0.60; corrected p < 0.001, over seeds).
        Changed at once: conv2d filters, dense units, dense, dropout, epochs.
        => no effect: supported, the accuracies are equivalent within the margin"#]],
    );
}
