//! What each change of the study did.

use anyhow::Result;
use pipelines::tables::metrics::{
    EQUIVALENT, EQUIVALENT_IN_THIS_RUN, HELPS, HELPS_IN_THIS_RUN, HURTS, HURTS_IN_THIS_RUN,
    ModelChange, NO_EVIDENCE, SequentialLook, UNDECIDED,
};
use pipelines::tables::split::Split;

use super::needed;
use crate::family::{Family, Member};
use crate::overfitting::Gap;
use crate::pairs::Pair;
use crate::sequential::last_verdict;
use crate::statistics::holm;
use crate::statistics::power::tolerated_seed_std;
use crate::study::Study;

/// The changes are one family, on each split and for each question. `looks` has the verdicts of a study
/// whose seeds are added until every change is decided.
///
/// # Errors
/// None for a valid study.
pub fn rows(study: &Study, pairs: &[Pair], looks: &[SequentialLook]) -> Result<Vec<ModelChange>> {
    let evaluation = &study.spec.evaluation;
    let level = 1.0 - evaluation.confidence;
    let on_validation = Family::of_changes(study, pairs, Split::Validation)?;
    let on_test = Family::of_changes(study, pairs, Split::Test)?;
    let equivalences = equivalences(&on_test, evaluation.equivalence_margin)?;
    let gaps = gaps(&on_validation, evaluation.confidence)?;
    let mut rows = Vec::new();
    for (index, test) in on_test.members.iter().enumerate() {
        let (name, extends) = (&test.model.model.name, &test.against.model.name);
        let validation = on_validation.of(name);
        let changes: Vec<String> = study
            .spec
            .changes(&test.model.model)
            .iter()
            .map(ToString::to_string)
            .collect();
        let comparison = &test.pair.comparison;
        let equivalence = equivalences.as_ref().map(|found| found[index]);
        let equivalent = equivalence.is_some_and(|(_, corrected)| corrected < level);
        let images = needed::images(test)?;
        let seeds = needed::seeds(study, test)?;
        let tolerated = match comparison.over_seeds {
            Some(_) => None,
            None => tolerated_seed_std(test.difference, comparison.sampling_std_error, test.level),
        };
        let gap = gaps.iter().find(|gap| gap.model == *name);
        rows.push(ModelChange {
            model: name.clone(),
            extends: extends.clone(),
            changed: changes.join("; "),
            change_count: changes.len() as u64,
            scope: test.pair.scope().to_owned(),
            runs: test.runs().len() as u64,
            extended_runs: test.runs_against().len() as u64,
            validation_difference: validation.map(|member| member.difference),
            validation_low: validation.map(|member| member.interval.low),
            validation_high: validation.map(|member| member.interval.high),
            validation_p_value_corrected: validation.map(|member| member.p_value_corrected),
            test_difference: test.difference,
            test_low: test.interval.low,
            test_high: test.interval.high,
            test_simultaneous_low: test.simultaneous.low,
            test_simultaneous_high: test.simultaneous.high,
            test_p_value: comparison.p_value,
            test_p_value_corrected: test.p_value_corrected,
            family_size: on_test.members.len() as u64,
            level: test.level,
            equivalence_margin: evaluation.equivalence_margin,
            equivalence_p_value: equivalence.map(|(p_value, _)| p_value),
            equivalence_p_value_corrected: equivalence.map(|(_, corrected)| corrected),
            verdict: match study.until_decided {
                true => last_verdict(looks, name).to_owned(),
                false => verdict(test, equivalence.map(|_| equivalent)).to_owned(),
            },
            test_images_needed: images.number,
            images_needed_status: images.status.to_owned(),
            seeds_needed: seeds.needed.number,
            seeds_needed_status: seeds.needed.status.to_owned(),
            seed_std: seeds.std,
            seed_std_from: seeds.from.map(str::to_owned),
            tolerated_seed_std: tolerated,
            gap_difference: gap.map(|gap| gap.difference),
            gap_low: gap.map(|gap| gap.low),
            gap_high: gap.map(|gap| gap.high),
            gap_p_value: gap.map(|gap| gap.p_value),
            gap_p_value_corrected: gap.map(|gap| gap.p_value_corrected),
            gap_significant: gap.map(|gap| gap.p_value_corrected < level),
            mixed_instruction_sets: test.pair.mixed_instruction_sets,
        });
    }
    Ok(rows)
}

/// For each member the p-value of equivalence within `margin`, and Holm's over the family; `None`
/// without a margin.
fn equivalences(family: &Family, margin: Option<f64>) -> Result<Option<Vec<(f64, f64)>>> {
    let Some(margin) = margin else {
        return Ok(None);
    };
    let p_values = family
        .members
        .iter()
        .map(|member| member.pair.comparison.equivalence_p_value(margin))
        .collect::<Result<Vec<f64>>>()?;
    let corrected = holm::correct(&p_values);
    Ok(Some(p_values.into_iter().zip(corrected).collect()))
}

/// How a change moved the overfitting gap.
struct GapChange {
    model: String,
    difference: f64,
    low: f64,
    high: f64,
    p_value: f64,
    p_value_corrected: f64,
}

/// Of the changes whose runs all measured their gap.
fn gaps(family: &Family, confidence: f64) -> Result<Vec<GapChange>> {
    let mut gaps = Vec::new();
    for member in &family.members {
        if let Some(gap) = Gap::of_difference(member)? {
            let interval = gap.interval(confidence)?;
            gaps.push(GapChange {
                model: member.model.model.name.clone(),
                difference: gap.estimate,
                low: interval.low,
                high: interval.high,
                p_value: gap.p_value()?,
                p_value_corrected: 1.0,
            });
        }
    }
    let p_values: Vec<f64> = gaps.iter().map(|gap| gap.p_value).collect();
    for (gap, corrected) in gaps.iter_mut().zip(holm::correct(&p_values)) {
        gap.p_value_corrected = corrected;
    }
    Ok(gaps)
}

/// The verdict of the corrected tests; `equivalent` is `None` without a margin. Without several seeds it
/// is about these two networks alone. An effect that is both significant and within the margin is an
/// effect.
fn verdict(test: &Member, equivalent: Option<bool>) -> &'static str {
    let over_seeds = test.pair.comparison.over_seeds.is_some();
    match (test.significant, test.difference > 0.0) {
        (true, true) if over_seeds => HELPS,
        (true, false) if over_seeds => HURTS,
        (true, true) => HELPS_IN_THIS_RUN,
        (true, false) => HURTS_IN_THIS_RUN,
        (false, _) => match equivalent {
            None => NO_EVIDENCE,
            Some(false) => UNDECIDED,
            Some(true) if over_seeds => EQUIVALENT,
            Some(true) => EQUIVALENT_IN_THIS_RUN,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};
    use crate::pairs;

    /// The row of `model`.
    fn change(study: &Study, model: &str) -> ModelChange {
        let pairs = pairs::compare(study).unwrap();
        let rows = rows(study, &pairs, &[]).unwrap();
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
        assert_eq!(
            change(&study, "model-2").seeds_needed_status,
            "no spread known"
        );
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
        assert_eq!(
            change(&study, "model-2").images_needed_status,
            "no difference"
        );
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
        assert_eq!(rows(&study, &pairs, &[]).unwrap(), []);
    }

    #[test]
    fn with_a_margin_no_evidence_is_either_equivalence_or_undecided() {
        let (a, b, c) = (images(0, 40), images(1, 41), images(2, 39));
        let mut study = fixture::study(&[
            ("model-1", &[(0, &a), (1, &b), (2, &a)]),
            ("model-2", &[(0, &c), (1, &b), (2, &c)]),
        ]);
        assert_eq!(change(&study, "model-2").verdict, NO_EVIDENCE);
        study.spec.evaluation.equivalence_margin = Some(0.05);
        assert_eq!(change(&study, "model-2").verdict, EQUIVALENT);
        study.spec.evaluation.equivalence_margin = Some(0.0001);
        assert_eq!(change(&study, "model-2").verdict, UNDECIDED);
    }

    #[test]
    fn only_the_changes_of_the_study_share_a_correction() {
        let wrong = [images(0, 40), images(0, 60), images(20, 60), images(5, 70)];
        let study = fixture::study(&[
            ("model-1", &[(0, &wrong[0])]),
            ("model-2", &[(0, &wrong[1])]),
            ("model-3", &[(0, &wrong[2])]),
            ("model-8", &[(0, &wrong[3])]),
        ]);
        let change = change(&study, "model-2");
        assert_eq!(change.family_size, 3);
        assert!(change.test_p_value_corrected <= 3.0 * change.test_p_value);
    }
}
