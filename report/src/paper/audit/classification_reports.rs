//! Published classification reports against the published accuracies.

use pipelines::spec::published::{Published, PublishedReport};

use super::{Finding, Verdict};
use crate::number::{decimal, grouped, percent_to};

/// Half a unit of the last digit of the reports.
const ROUNDING: f64 = 0.005;

/// Accuracy, order and F1 of the reports.
pub fn findings(published: &Published) -> Vec<Finding> {
    let mut findings: Vec<Finding> = published
        .classification_reports
        .iter()
        .filter_map(|report| accuracy(published, report))
        .collect();
    findings.extend(order(published));
    findings.extend(published.classification_reports.iter().map(harmonic_means));
    findings
}

/// On a test set with equally many images of each class accuracy is mean recall.
fn accuracy(published: &Published, report: &PublishedReport) -> Option<Finding> {
    let row = published.accuracy(&report.model)?;
    let mean = mean_recall(report);
    let (low, high) = (mean - ROUNDING, mean + ROUNDING);
    let stated = row.test_percent / 100.0;
    Some(Finding {
        claim: format!(
            "{}: {}'s test accuracy is {} %; {} is its classification report.",
            row.source,
            report.model,
            percent_to(stated, 2),
            report.source
        ),
        recomputation: format!(
            "All classes have {} test images, so accuracy is mean recall: {} % in {}, {} to {} % with \
             rounding.",
            grouped(published.protocol.test_images_a_class.into()),
            percent_to(mean, 1),
            report.source,
            percent_to(low, 1),
            percent_to(high, 1)
        ),
        verdict: holds((low..=high).contains(&stated)),
    })
}

/// Whether the report of the better model is the better one.
fn order(published: &Published) -> Option<Finding> {
    let [first, second] = &published.classification_reports[..] else {
        return None;
    };
    let accuracy = |report: &PublishedReport| published.accuracy(&report.model);
    let (first_row, second_row) = (accuracy(first)?, accuracy(second)?);
    let (better, worse) = if first_row.test_percent >= second_row.test_percent {
        (first, second)
    } else {
        (second, first)
    };
    let at_least = worse
        .f1
        .iter()
        .zip(&better.f1)
        .filter(|(worse, better)| worse >= better)
        .count();
    let exchanged = mean_recall(worse) > mean_recall(better);
    Some(Finding {
        claim: format!(
            "{}: {} is better than {}; {} and {} are their reports.",
            first_row.source, better.model, worse.model, better.source, worse.source
        ),
        recomputation: format!(
            "{}'s F1 is at least {}'s in {at_least} of {} classes{}",
            worse.source,
            better.source,
            better.f1.len(),
            if exchanged {
                "; its mean recall is the higher one too. The two figures look exchanged, and from \
                 other runs than the table."
            } else {
                "."
            }
        ),
        verdict: holds(!exchanged),
    })
}

/// F1 is the harmonic mean of precision and recall.
fn harmonic_means(report: &PublishedReport) -> Finding {
    let classes = report.f1.len();
    let agreeing = (0..classes)
        .filter(|&class| {
            let f1 = |precision: f64, recall: f64| 2.0 * precision * recall / (precision + recall);
            let (precision, recall) = (report.precision[class], report.recall[class]);
            let low = f1(precision - ROUNDING, recall - ROUNDING) - ROUNDING;
            let high = f1(precision + ROUNDING, recall + ROUNDING) + ROUNDING;
            (low..=high).contains(&report.f1[class])
        })
        .count();
    Finding {
        claim: format!("{}: F1 of {classes} classes.", report.source),
        recomputation: format!(
            "{} of {classes} are the harmonic mean of their precision and recall, with rounding.",
            decimal(agreeing as f64, 0)
        ),
        verdict: holds(agreeing == classes),
    }
}

/// The mean over classes.
fn mean_recall(report: &PublishedReport) -> f64 {
    report.recall.iter().sum::<f64>() / report.recall.len() as f64
}

fn holds(yes: bool) -> Verdict {
    if yes {
        Verdict::Holds
    } else {
        Verdict::Contradicted
    }
}
