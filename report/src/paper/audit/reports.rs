//! Published classification reports against the published accuracies.

use pipelines::spec::published::{Published, PublishedClaim, PublishedReport, Quote};

use super::{Finding, Verdict};
use crate::number::{grouped, percent, percent_to};

/// Half a unit of the last digit of the reports.
const ROUNDING: f64 = 0.005;

/// Whether the reports are of the runs in the table. On a test set with equally many images of each
/// class accuracy is mean recall. All signs of reports that are not are one finding, because they have one
/// cause.
pub fn accuracies(
    published: &Published,
    class_names: &[String],
    claim: &PublishedClaim,
) -> Option<Finding> {
    let reports = &published.classification_reports;
    let mut sentences = vec![format!(
        "Each class has {} test images, so accuracy is mean recall.",
        grouped(published.protocol.test_images_a_class.into())
    )];
    let mut agree = true;
    for report in reports {
        let row = published.accuracy(&report.model)?;
        let mean = mean_recall(report);
        let stated = row.test_percent / 100.0;
        agree &= (stated - mean).abs() <= ROUNDING;
        sentences.push(format!(
            "It is {} % in {} ({} to {} % with rounding), and {} gives {} an accuracy of {} %.",
            percent_to(mean, 1),
            report.source,
            percent_to(mean - ROUNDING, 1),
            percent_to(mean + ROUNDING, 1),
            row.source,
            report.model,
            percent(stated),
        ));
    }
    let exchanged = exchanged(published);
    sentences.extend(exchanged.clone());
    let fitting = reports
        .iter()
        .find(|report| fits(published, report, class_names, claim));
    sentences.extend(fitting.map(|report| {
        format!(
            "The counts in the text are the recalls of {}.",
            report.source
        )
    }));
    if exchanged.is_some() && !agree {
        sentences.push(
            "The two reports may be exchanged and may come from other runs than the table."
                .to_owned(),
        );
    }
    Some(Finding {
        quotes: captions(published).chain(claim.quotes.clone()).collect(),
        recomputation: sentences.join(" "),
        verdict: Verdict::holds(agree),
    })
}

fn captions(published: &Published) -> impl Iterator<Item = Quote> + '_ {
    let reports = published.classification_reports.iter();
    reports.map(|report| Quote {
        source: report.source.clone(),
        text: report.quote.clone(),
    })
}

/// Says so when the less accurate model has the better report.
fn exchanged(published: &Published) -> Option<String> {
    let [first, second] = &published.classification_reports[..] else {
        return None;
    };
    let test = |report: &PublishedReport| Some(published.accuracy(&report.model)?.test_percent);
    let (better, worse) = if test(first)? >= test(second)? {
        (first, second)
    } else {
        (second, first)
    };
    if mean_recall(worse) <= mean_recall(better) {
        return None;
    }
    let pairs = worse.f1.iter().zip(&better.f1);
    Some(format!(
        "{} is the report of the less accurate model, but its F1 is at least as high as that of {} in {} \
         of {} classes.",
        worse.source,
        better.source,
        pairs.filter(|(worse, better)| worse >= better).count(),
        better.f1.len(),
    ))
}

/// Whether the counts of right images in `claim` are the recalls of `report`.
fn fits(
    published: &Published,
    report: &PublishedReport,
    class_names: &[String],
    claim: &PublishedClaim,
) -> bool {
    let images = f64::from(published.protocol.test_images_a_class);
    let mut counts = claim.classes.iter().zip(&claim.values);
    !claim.classes.is_empty()
        && counts.all(|(class, count)| {
            let recall = of_class(&report.recall, class_names, class);
            recall.is_some_and(|recall| (count / images - recall).abs() <= ROUNDING + 1e-9)
        })
}

fn of_class(values: &[f64], class_names: &[String], class: &str) -> Option<f64> {
    let label = class_names.iter().position(|name| name == class)?;
    values.get(label).copied()
}

/// Whether F1 in the text is that of the report, and F1 in the reports the harmonic mean of precision
/// and recall.
pub fn f1_scores(
    published: &Published,
    class_names: &[String],
    claim: &PublishedClaim,
) -> Option<Finding> {
    let report = published.classification_report(claim.model.as_deref()?)?;
    let classes = claim.classes.iter().zip(&claim.values);
    let stated = classes
        .filter(|(class, percent)| {
            let f1 = of_class(&report.f1, class_names, class);
            f1.is_some_and(|f1| (f1 * 100.0 - **percent).abs() < 1e-6)
        })
        .count();
    let reports = &published.classification_reports;
    let means: usize = reports.iter().map(harmonic_means).sum();
    let printed: usize = reports.iter().map(|report| report.f1.len()).sum();
    let sources: Vec<_> = reports
        .iter()
        .map(|report| report.source.as_str())
        .collect();
    Some(Finding::of(
        claim,
        format!(
            "{stated} of {} are those of {}. {means} of {printed} F1 values in {} are the harmonic mean of \
             their precision and recall, with rounding.",
            claim.values.len(),
            report.source,
            sources.join(" and "),
        ),
        Verdict::holds(stated == claim.values.len() && means == printed),
    ))
}

/// In how many classes F1 is the harmonic mean of precision and recall.
fn harmonic_means(report: &PublishedReport) -> usize {
    let f1 = |precision: f64, recall: f64| 2.0 * precision * recall / (precision + recall);
    let values = report.precision.iter().zip(&report.recall).zip(&report.f1);
    values
        .filter(|&((precision, recall), printed)| {
            let low = f1(precision - ROUNDING, recall - ROUNDING) - ROUNDING;
            let high = f1(precision + ROUNDING, recall + ROUNDING) + ROUNDING;
            (low..=high).contains(printed)
        })
        .count()
}

/// The mean over classes.
fn mean_recall(report: &PublishedReport) -> f64 {
    report.recall.iter().sum::<f64>() / report.recall.len() as f64
}
