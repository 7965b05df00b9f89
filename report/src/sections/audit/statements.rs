//! Sentences with numbers in them.

use pipelines::class::CLASS_NAMES;
use pipelines::spec::published::{Published, PublishedClaim};

use super::{Finding, Verdict};
use crate::number::{decimal, signed};

/// Each sentence whose numbers can be computed again.
pub fn findings(published: &Published) -> Vec<Finding> {
    [
        champion_name(published),
        hits(published),
        f1_in_the_text(published),
        models_above_baseline(published),
        gain_over_classroom(published),
        gain_over_baseline(published),
        two_values(published, "kadam-accuracy", "points"),
        two_values(published, "model-7-dropout", "in the rate"),
    ]
    .into_iter()
    .flatten()
    .collect()
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

fn champion_name(published: &Published) -> Option<Finding> {
    let claim = published.claim("champion-name")?;
    let [number, test_percent] = claim.values[..] else {
        return None;
    };
    let best = published
        .accuracies
        .iter()
        .max_by(|a, b| a.test_percent.total_cmp(&b.test_percent))?;
    let named = format!("model-{number}");
    let right = best.model == named && best.test_percent == test_percent;
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
fn hits(published: &Published) -> Option<Finding> {
    let claim = published.claim("shirt-and-pullover-hits")?;
    let [shirts, pullovers] = claim.values[..] else {
        return None;
    };
    let images = f64::from(published.protocol.test_images_a_class);
    let fits = |class: &str, count: f64, recall: &[f64]| {
        let label = CLASS_NAMES.iter().position(|name| *name == class);
        label.is_some_and(|label| (count / images - recall[label]).abs() <= 0.005 + 1e-9)
    };
    let fitting: Vec<_> = published
        .classification_reports
        .iter()
        .filter(|report| {
            fits("Shirt", shirts, &report.recall) && fits("Pullover", pullovers, &report.recall)
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

fn f1_in_the_text(published: &Published) -> Option<Finding> {
    let claim = published.claim("f1-in-the-text")?;
    let report = published.classification_reports.first()?;
    let classes = ["Shirt", "Pullover", "Coat", "T-shirt/top"];
    let agreeing = classes
        .iter()
        .zip(&claim.values)
        .filter(|(class, percent)| {
            let label = CLASS_NAMES.iter().position(|name| name == *class);
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

fn models_above_baseline(published: &Published) -> Option<Finding> {
    let claim = published.claim("models-above-baseline")?;
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
fn gain_over_classroom(published: &Published) -> Option<Finding> {
    let claim = published.claim("gain-over-classroom")?;
    let base = *published.claim("classroom-accuracy")?.values.first()?;
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

fn gain_over_baseline(published: &Published) -> Option<Finding> {
    let claim = published.claim("gain-over-baseline")?;
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
fn two_values(published: &Published, name: &str, unit: &str) -> Option<Finding> {
    let claim = published.claim(name)?;
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
            "The two differ by {} {unit}.",
            decimal((one - other).abs(), decimals)
        ),
        Verdict::Inconsistent,
    )
}
