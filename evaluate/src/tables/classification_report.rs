//! Precision, recall, F1 and support.

use pipelines::tables::metrics::{ClassScores, MACRO_AVERAGE, WEIGHTED_AVERAGE};

use crate::run::SplitPredictions;
use crate::statistics::classification_report::{ClassificationReport, classification_report};
use crate::study::Study;

/// The report of one run on one split.
pub fn of(predictions: &SplitPredictions) -> ClassificationReport {
    classification_report(
        &predictions.labels,
        &predictions.predicted,
        predictions.class_count,
    )
}

pub fn rows(study: &Study) -> Vec<ClassScores> {
    let mut rows = Vec::new();
    for (model, run, predictions) in study.split_predictions() {
        let report = of(predictions);
        let names = study.info.class_names.iter();
        let classes = names
            .zip(report.classes)
            .zip(0..)
            .map(|((name, scores), label)| (name.as_str(), Some(label), scores));
        let averages = [
            (MACRO_AVERAGE, None, report.macro_average),
            (WEIGHTED_AVERAGE, None, report.weighted_average),
        ];
        rows.extend(
            classes
                .chain(averages)
                .map(|(class, label, scores)| ClassScores {
                    model: model.to_owned(),
                    seed: run.seed,
                    split: predictions.split.name().to_owned(),
                    class: class.to_owned(),
                    label,
                    precision: scores.precision,
                    recall: scores.recall,
                    f1: scores.f1,
                    support: scores.support,
                }),
        );
    }
    rows
}
