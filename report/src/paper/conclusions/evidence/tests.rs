use expect_test::{Expect, expect};

use super::*;
use crate::evaluated::{EpochScores, RankedModel};

/// Two models of the study with their fair gaps (low, mean, high over runs) and the difference of
/// the first to the second on the test images.
struct Case {
    conclusion: &'static str,
    difference: f64,
    significant: bool,
    runs: u64,
    gaps: Option<[(f64, f64, f64); 2]>,
}

fn check(case: &Case, expected: &Expect) {
    let spec = Spec::load("paper").unwrap();
    let published = spec.published.as_ref().unwrap();
    let named = |c: &&PublishedConclusion| c.name == case.conclusion;
    let conclusion = published.conclusions.iter().find(named).unwrap();
    let tables = tables(case, conclusion);
    let evidence = Evidence::of(conclusion, &tables, &spec).unwrap();
    let text = [
        evidence.facts,
        evidence
            .verdicts
            .iter()
            .map(|v| format!("=> {v}"))
            .collect(),
    ];
    expected.assert_eq(&text.concat().join("\n"));
}

fn tables(case: &Case, conclusion: &PublishedConclusion) -> Tables {
    let (model, against) = (conclusion.model.clone(), conclusion.against.clone());
    let scope = if case.runs > 1 {
        OVER_SEEDS
    } else {
        pipelines::tables::metrics::ONE_RUN_EACH
    };
    let p = if case.significant { 0.000_1 } else { 0.4 };
    let comparison = ModelComparison {
        split: "test".to_owned(),
        model_a: against.clone(),
        model_b: model.clone(),
        scope: scope.to_owned(),
        n: 10_000,
        accuracy_a: 0.9,
        accuracy_b: 0.9 + case.difference,
        difference: case.difference,
        only_a_correct: 100.0,
        only_b_correct: 100.0,
        low: case.difference - 0.005,
        high: case.difference + 0.005,
        p_value: p,
        p_value_corrected: p,
        significant: case.significant,
        runs_a: case.runs,
        runs_b: case.runs,
        ..ModelComparison::default()
    };
    let gap = |name: &str, (min, mean, max): (f64, f64, f64)| MetricSummary {
        model: name.to_owned(),
        split: None,
        metric: "overfitting_gap".to_owned(),
        unit: "fraction".to_owned(),
        higher_is_better: false,
        runs: case.runs,
        mean,
        std: None,
        min,
        max,
        sampling_std_error: None,
        seed_std_error: None,
        low: None,
        high: None,
    };
    let rank = |name: &str, champion: bool| RankedModel {
        model: name.to_owned(),
        runs: case.runs,
        validation_rank: if champion { 1 } else { 2 },
        validation_accuracy: 0.9,
        test_rank: 1,
        test_accuracy: 0.9,
        champion,
        distinguishable: (!champion).then_some(case.significant),
        ..RankedModel::default()
    };
    let epoch = |epoch| EpochScores {
        model: model.clone(),
        seed: 0,
        epoch,
        train_loss: 0.1,
        train_accuracy: 0.9,
        validation_loss: Some(0.1),
        validation_accuracy: Some(0.9),
        learning_rate: 0.001,
        train_inference_loss: None,
        train_inference_accuracy: None,
    };
    Tables {
        comparisons: vec![comparison],
        summary: case
            .gaps
            .map(|[ours, base]| vec![gap(&model, ours), gap(&against, base)])
            .unwrap_or_default(),
        ranking: vec![rank(&model, true), rank(&against, false)],
        histories: vec![epoch(1), epoch(2)],
        ..Tables::default()
    }
}

#[test]
fn a_difference_without_evidence_supports_nothing() {
    let case = Case {
        conclusion: "longer-training",
        difference: -0.002,
        significant: false,
        runs: 1,
        gaps: Some([(0.08, 0.08, 0.08), (0.03, 0.03, 0.03)]),
    };
    check(
        &case,
        &expect![[r#"
        Test accuracy −0.20 points against model-2 (−0.70 to +0.30; corrected p = 0.40, one run each).
        Train − validation accuracy is +8.00 points (one run) against +3.00 (one run).
        => lower accuracy: not supported, no evidence at this size
        => in line on overfitting: the gap is larger in these runs"#]],
    );
}

#[test]
fn one_run_each_supports_no_more_than_these_runs() {
    let case = Case {
        conclusion: "simple-model",
        difference: -0.03,
        significant: true,
        runs: 1,
        gaps: None,
    };
    check(
        &case,
        &expect![[r#"
            Test accuracy −3.00 points against model-1 (−3.50 to −2.50; corrected p < 0.001, one run each).
            There is one other model to compare it with.
            Changed at once: dense units, conv2d, max pooling2d, epochs.
            => lower accuracy: supported in these runs
            => worst of the 2 models with runs: supported in these runs"#]],
    );
}

#[test]
fn a_smaller_gap_is_no_absence_of_overfitting() {
    let case = Case {
        conclusion: "augmentation",
        difference: -0.01,
        significant: true,
        runs: 3,
        gaps: Some([(0.01, 0.02, 0.03), (0.025, 0.04, 0.05)]),
    };
    check(
        &case,
        &expect![[r#"
        Test accuracy −1.00 points against model-4 (−1.50 to −0.50; corrected p < 0.001, over seeds).
        Train − validation accuracy is +2.00 points (mean of 3 runs) against +4.00 (mean of 3 runs).
        The gap is still above zero.
        Changed at once: epochs, augmentation.
        => in line on overfitting: the gap is smaller on average, though runs overlap"#]],
    );
}

#[test]
fn a_schedule_that_never_acts_was_not_put_to_the_test() {
    let case = Case {
        conclusion: "schedule",
        difference: 0.02,
        significant: true,
        runs: 3,
        gaps: None,
    };
    check(
        &case,
        &expect![[r#"
        Test accuracy +2.00 points against model-5 (+1.50 to +2.50; corrected p < 0.001, over seeds).
        Changed at once: conv2d filters, dense units, schedule, epochs.
        The schedule never changed the learning rate within the epochs trained.
        => no gain: contradicted
        => the schedule itself was not put to the test"#]],
    );
}

#[test]
fn a_champion_that_is_not_alone_is_not_beyond_doubt() {
    let case = Case {
        conclusion: "champion",
        difference: 0.004,
        significant: false,
        runs: 3,
        gaps: None,
    };
    check(
        &case,
        &expect![[r#"
            Test accuracy +0.40 points against model-2 (−0.10 to +0.90; corrected p = 0.40, over seeds).
            Best on validation is model-7, on the test images not to be told from model-2.
            Changed at once: conv2d filters, dense units, dropout rate, epochs, batch size.
            => higher accuracy: not supported, no evidence at this size
            => champion of the 2 models with runs: in line, not beyond doubt"#]],
    );
}
