//! The single changes of what the paper changed at once, as this study or one of its follow-ups made them.

use crate::evaluated::ModelChange;
use crate::number::{p_equals, points, points_interval};
use crate::paper::Paper;

/// What is told of each change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Its effect on test accuracy.
    Accuracy,
    /// That, and what it does to the gap between training and validation images.
    AccuracyAndGap,
}

/// The effects of the models `names`, in the study that has them; a sentence for each study, none where
/// no model has runs.
pub fn sentences(paper: &Paper<'_>, names: &[String], told: Told) -> Vec<String> {
    let here = (None, &paper.tables.changes);
    let follow_ups = paper.follow_ups.iter();
    let there = follow_ups.map(|study| (Some(study.spec.as_str()), &study.changes));
    let mut left: Vec<&String> = names.iter().collect();
    let mut sentences = Vec::new();
    for (spec, changes) in std::iter::once(here).chain(there) {
        let mut effects = Vec::new();
        left.retain(|name| {
            let change = changes.iter().find(|change| change.model == **name);
            effects.extend(change.map(|change| effect(change, told)));
            change.is_none()
        });
        if !effects.is_empty() {
            let place = spec.map_or(String::new(), |spec| format!(", in {spec}"));
            sentences.push(format!("Made alone{place}: {}.", effects.join("; ")));
        }
    }
    sentences
}

fn effect(change: &ModelChange, told: Told) -> String {
    let mut text = format!(
        "{} {} points ({}; {})",
        change.model,
        points(change.test_difference),
        points_interval(change.test_low, change.test_high),
        change.verdict
    );
    let gap = change
        .gap_difference
        .zip(change.gap_low)
        .zip(change.gap_high)
        .zip(change.gap_p_value_corrected);
    if let (Told::AccuracyAndGap, Some((((difference, low), high), p))) = (told, gap) {
        text.push_str(&format!(
            ", the gap {} points ({}; corrected p {})",
            points(difference),
            points_interval(low, high),
            p_equals(p)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use pipelines::spec::Spec;
    use pipelines::tables::metrics::NO_EVIDENCE;

    use super::*;
    use crate::evaluated::Tables;
    use crate::inputs::FollowUpChanges;

    #[test]
    fn each_step_is_told_from_the_study_that_has_it() {
        let change = |model: &str, difference: f64| ModelChange {
            model: model.to_owned(),
            extends: "model-2".to_owned(),
            test_difference: difference,
            test_low: difference - 0.004,
            test_high: difference + 0.004,
            verdict: NO_EVIDENCE.to_owned(),
            gap_difference: Some(0.01),
            gap_low: Some(0.005),
            gap_high: Some(0.015),
            gap_p_value_corrected: Some(0.012),
            ..ModelChange::default()
        };
        let spec = Spec::load("paper").unwrap();
        let tables = Tables {
            changes: vec![change("model-2-batch", 0.001)],
            ..Tables::default()
        };
        let follow_ups = [FollowUpChanges {
            spec: "paper-steps".to_owned(),
            changes: vec![change("model-2-norm", -0.002), change("model-2-batch", 0.5)],
        }];
        let paper = Paper::of(&spec, &tables, &follow_ups).unwrap();
        let names = ["model-2-norm", "model-2-batch", "model-2-units"].map(str::to_owned);
        assert_eq!(
            sentences(&paper, &names, Told::Accuracy),
            [
                "Made alone: model-2-batch +0.10 points (−0.30 to +0.50; no evidence at this size).",
                "Made alone, in paper-steps: model-2-norm −0.20 points (−0.60 to +0.20; no evidence at \
                 this size)."
            ]
        );
        assert_eq!(
            sentences(&paper, &names[..1], Told::AccuracyAndGap),
            [
                "Made alone, in paper-steps: model-2-norm −0.20 points (−0.60 to +0.20; no evidence at this \
                 size), the gap +1.00 points (+0.50 to +1.50; corrected p = 0.012)."
            ]
        );
        assert!(sentences(&paper, &names[2..], Told::Accuracy).is_empty());
    }
}
