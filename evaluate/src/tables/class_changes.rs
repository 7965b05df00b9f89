//! What each change of the study did to each class.

use anyhow::Result;
use pipelines::tables::metrics::{ClassChange, PRECISION, RECALL};
use pipelines::tables::split::Split;

use crate::family::Family;
use crate::pairs::Pair;
use crate::run::Run;
use crate::statistics::class_score::{ClassScore, ScoreDifference};
use crate::statistics::{banerjee, holm, interval::Interval};
use crate::study::Study;

/// Recall and precision of every class with test images. All rows are one family.
///
/// # Errors
/// None for a valid study.
pub fn rows(study: &Study, pairs: &[Pair]) -> Result<Vec<ClassChange>> {
    let confidence = study.spec.evaluation.confidence;
    let mut rows = Vec::new();
    for member in &Family::of_changes(study, pairs, Split::Test)?.members {
        let labels = member.model.labels(Split::Test);
        let (runs, runs_against) = (member.runs(), member.runs_against());
        let (predicted, predicted_against) = (predicted(&runs), predicted(&runs_against));
        for (label, class) in (0..).zip(&study.info.class_names) {
            if !labels.contains(&label) {
                continue;
            }
            for (metric, score) in SCORES {
                let ours = score(label, labels, &predicted);
                let base = score(label, labels, &predicted_against);
                let ScoreDifference { estimate, parts } = ours.minus(&base);
                let half_width = banerjee::half_width(&parts, confidence)?;
                let interval = Interval::around(estimate, half_width).clamped(-1.0, 1.0);
                rows.push(ClassChange {
                    model: member.model.model.name.clone(),
                    extends: member.against.model.name.clone(),
                    class: class.clone(),
                    label: u64::from(label),
                    metric: metric.to_owned(),
                    scope: member.pair.scope().to_owned(),
                    value: ours.mean(),
                    extended_value: base.mean(),
                    difference: estimate,
                    low: interval.low,
                    high: interval.high,
                    p_value: banerjee::p_value(estimate, &parts)?,
                    p_value_corrected: 1.0,
                    significant: false,
                });
            }
        }
    }
    let p_values: Vec<f64> = rows.iter().map(|row| row.p_value).collect();
    for (row, corrected) in rows.iter_mut().zip(holm::correct(&p_values)) {
        row.p_value_corrected = corrected;
        row.significant = corrected < 1.0 - confidence;
    }
    Ok(rows)
}

/// A score of one class, from labels and the predictions of runs.
type Score = fn(u16, &[u16], &[&[u16]]) -> ClassScore;

/// The scores of a class by their names.
const SCORES: [(&str, Score); 2] = [
    (RECALL, ClassScore::recall),
    (PRECISION, ClassScore::precision),
];

/// What each of `runs` predicts of the test images.
fn predicted<'a>(runs: &[&'a Run]) -> Vec<&'a [u16]> {
    let splits = runs.iter().filter_map(|run| run.split(Split::Test));
    splits.map(|split| &split.predicted[..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::pairs;

    /// The images of class 3, every tenth of them.
    fn of_class_3(count: usize) -> Vec<usize> {
        (0..count).map(|image| 3 + 10 * image).collect()
    }

    #[test]
    fn a_change_that_finds_one_class_raises_its_recall_and_the_precision_of_what_it_was_taken_for()
    {
        let runs = |first: usize| [0, 1, 2].map(|seed| of_class_3(first + seed));
        let (many, few) = (runs(30), runs(2));
        let study = fixture::study(&[
            ("model-1", &[(0, &many[0]), (1, &many[1]), (2, &many[2])]),
            ("model-2", &[(0, &few[0]), (1, &few[1]), (2, &few[2])]),
        ]);
        let pairs = pairs::compare(&study).unwrap();
        let rows = rows(&study, &pairs).unwrap();
        assert_eq!(rows.len(), 20);
        let row = |label: u64, metric: &str| {
            let mut found = rows.iter();
            found
                .find(|row| row.label == label && row.metric == metric)
                .unwrap()
        };
        // 28 of the class's 40 images more.
        assert!((row(3, RECALL).difference - 0.7).abs() < 1e-12);
        assert!(row(3, RECALL).significant, "{:?}", row(3, RECALL));
        // Wrong images of class 3 are predicted as class 4.
        assert!(row(4, PRECISION).difference > 0.3);
        assert_eq!(row(4, RECALL).difference, 0.0);
        assert_eq!(row(5, PRECISION).difference, 0.0);
        assert_eq!(row(5, PRECISION).p_value, 1.0);
    }
}
