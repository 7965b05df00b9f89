//! Sentences with numbers in them.

use pipelines::spec::published::{Published, PublishedClaim};

use super::{Finding, Verdict};
use crate::number::{decimal, signed};

/// Each sentence whose numbers can be computed again.
pub fn findings(published: &Published, class_names: &[String]) -> Vec<Finding> {
    let finding = |claim: &PublishedClaim| match claim.name.as_str() {
        "champion" => champion(published, claim),
        "correct-counts" => correct_counts(published, class_names, claim),
        "f1-scores" => f1_scores(published, class_names, claim),
        "models-above-baseline" => models_above_baseline(published, claim),
        "gain-over-outside-accuracy" => gain_over_outside_accuracy(published, claim),
        "gain-over-baseline" => gain_over_baseline(published, claim),
        "two-values" => two_values(claim),
        _ => None,
    };
    published.claims.iter().filter_map(finding).collect()
}

fn cited(claim: &PublishedClaim) -> String {
    format!("{}: {}", claim.source, claim.statement)
}

fn finding(claim: &PublishedClaim, recomputation: String, verdict: Verdict) -> Option<Finding> {
    Some(Finding {
        claim: cited(claim),
        recomputation,
        verdict,
    })
}

fn champion(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let [test_percent] = claim.values[..] else {
        return None;
    };
    let best = published
        .accuracies
        .iter()
        .max_by(|a, b| a.test_percent.total_cmp(&b.test_percent))?;
    let right = claim.model.as_ref() == Some(&best.model) && best.test_percent == test_percent;
    finding(
        claim,
        format!(
            "The table has {} models; {} % is {}.",
            published.accuracies.len(),
            decimal(best.test_percent, 2),
            best.model
        ),
        if right {
            Verdict::Holds
        } else {
            Verdict::Contradicted
        },
    )
}

/// Which report the counts of right images fit.
fn correct_counts(
    published: &Published,
    class_names: &[String],
    claim: &PublishedClaim,
) -> Option<Finding> {
    let images = f64::from(published.protocol.test_images_a_class);
    let fits = |class: &String, count: f64, recall: &[f64]| {
        let label = class_names.iter().position(|name| name == class);
        label.is_some_and(|label| (count / images - recall[label]).abs() <= 0.005 + 1e-9)
    };
    let fitting: Vec<_> = published
        .classification_reports
        .iter()
        .filter(|report| {
            let mut counts = claim.classes.iter().zip(&claim.values);
            counts.all(|(class, count)| fits(class, *count, &report.recall))
        })
        .collect();
    let [report] = fitting[..] else {
        return finding(
            claim,
            "They fit none of the reports alone.".into(),
            Verdict::Inconsistent,
        );
    };
    let mean = report.recall.iter().sum::<f64>() / report.recall.len() as f64;
    let accuracy = published.accuracy(&report.model)?;
    let contradicts = (mean * 100.0 - accuracy.test_percent).abs() > 0.5;
    finding(
        claim,
        format!(
            "They are {}'s recalls, whose mean is {} %; {} gives {} {} %.",
            report.source,
            decimal(mean * 100.0, 1),
            accuracy.source,
            accuracy.model,
            decimal(accuracy.test_percent, 2)
        ),
        if contradicts {
            Verdict::Inconsistent
        } else {
            Verdict::Holds
        },
    )
}

fn f1_scores(
    published: &Published,
    class_names: &[String],
    claim: &PublishedClaim,
) -> Option<Finding> {
    let report = published.classification_report(claim.model.as_deref()?)?;
    let classes = &claim.classes;
    let agreeing = classes
        .iter()
        .zip(&claim.values)
        .filter(|(class, percent)| {
            let label = class_names.iter().position(|name| name == *class);
            label.is_some_and(|label| (report.f1[label] * 100.0 - **percent).abs() < 1e-6)
        })
        .count();
    let verdict = if agreeing == classes.len() {
        Verdict::Holds
    } else {
        Verdict::Contradicted
    };
    finding(
        claim,
        format!(
            "{agreeing} of {} stand in {}.",
            classes.len(),
            report.source
        ),
        verdict,
    )
}

fn models_above_baseline(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let (baseline, others) = published.accuracies.split_first()?;
    let above: Vec<_> = others
        .iter()
        .filter(|row| row.test_percent > baseline.test_percent)
        .map(|row| row.model.as_str())
        .collect();
    let right = claim.values.first() == Some(&(above.len() as f64));
    finding(
        claim,
        format!("{}: {}.", above.len(), above.join(", ")),
        if right {
            Verdict::Holds
        } else {
            Verdict::Contradicted
        },
    )
}

/// Percentage points are called per cent.
fn gain_over_outside_accuracy(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let base = *published.claim("outside-accuracy")?.values.first()?;
    let tests = || published.accuracies.iter().map(|row| row.test_percent);
    let (low, high) = crate::scale::extent(tests(), 0.0)?;
    let points = [low - base, high - base];
    let relative = points.map(|points| points / base * 100.0);
    let as_stated = claim
        .values
        .iter()
        .zip(points)
        .all(|(stated, points)| (stated - points).abs() <= 0.5);
    finding(
        claim,
        format!(
            "Against {} %: {} to {} percentage points, or {} to {} % more{}",
            decimal(base, 0),
            decimal(points[0], 1),
            decimal(points[1], 1),
            decimal(relative[0], 0),
            decimal(relative[1], 0),
            if as_stated {
                "."
            } else {
                "; the upper figure is cut off, not rounded."
            }
        ),
        Verdict::Imprecise,
    )
}

fn gain_over_baseline(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let baseline = published.accuracies.first()?;
    let best = published
        .accuracies
        .iter()
        .max_by(|a, b| a.test_percent.total_cmp(&b.test_percent))?;
    let fewer_errors = 1.0 - best.misclassified_percent / baseline.misclassified_percent;
    finding(
        claim,
        format!(
            "{} points; {} % fewer errors.",
            signed(best.test_percent - baseline.test_percent, 2),
            decimal(fewer_errors * 100.0, 0)
        ),
        Verdict::Imprecise,
    )
}

/// One quantity with two values.
fn two_values(claim: &PublishedClaim) -> Option<Finding> {
    let [one, other] = claim.values[..] else {
        return None;
    };
    if one == other {
        return finding(claim, "The two agree.".into(), Verdict::Holds);
    }
    let decimals = if one.fract() == 0.0 && other.fract() == 0.0 {
        0
    } else {
        2
    };
    finding(
        claim,
        format!(
            "The two differ by {} {}.",
            decimal((one - other).abs(), decimals),
            claim.unit
        ),
        Verdict::Inconsistent,
    )
}
