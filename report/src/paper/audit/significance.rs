//! Differences of Table 1 against the noise of its test set.

use pipelines::spec::Spec;
use pipelines::spec::published::{Published, PublishedAccuracy};

use super::{Finding, Verdict};
use crate::number::{grouped, signed};
use crate::sections::models::kinds_of_changes;
use crate::words::join_and;

/// Two-sided 5 % of the normal distribution.
const SIGNIFICANT_Z: f64 = 1.959_964;

/// Each model against the first, and each model against the one before it where a conclusion is
/// drawn from that.
pub fn findings(published: &Published, spec: &Spec) -> Vec<Finding> {
    let rows = &published.accuracies;
    let Some((baseline, others)) = rows.split_first() else {
        return Vec::new();
    };
    let images = f64::from(published.protocol.test_images);
    let mut findings = Vec::new();
    let scored: Vec<(&PublishedAccuracy, f64)> = others
        .iter()
        .map(|row| (row, z(row.test_percent, baseline.test_percent, images)))
        .collect();
    let list = |inside: bool| -> Vec<String> {
        scored
            .iter()
            .filter(|(_, z)| (z.abs() < SIGNIFICANT_Z) == inside)
            .map(|(row, z)| {
                let points = signed(row.test_percent - baseline.test_percent, 2);
                format!("{} ({points} points, z = {})", row.model, signed(*z, 1))
            })
            .collect()
    };
    let (noise, real) = (list(true), list(false));
    findings.push(Finding {
        claim: format!(
            "{}: the models are ranked by one test accuracy each; {} is the baseline.",
            baseline.source, baseline.model
        ),
        recomputation: format!(
            "On {} images, unpaired and without the spread over seeds, the difference to the baseline \
             is within noise for {}; beyond it for {}.",
            grouped(published.protocol.test_images.into()),
            none_or(&join_and(&noise)),
            none_or(&join_and(&real)),
        ),
        verdict: if noise.is_empty() { Verdict::Holds } else { Verdict::Noise },
    });
    findings.extend(
        published
            .conclusions
            .iter()
            .filter(|conclusion| {
                conclusion
                    .claims
                    .contains(&pipelines::spec::published::Claimed::LowerAccuracy)
                    && conclusion.against != baseline.model
            })
            .filter_map(|conclusion| {
                let model = published.accuracy(&conclusion.model)?;
                let against = published.accuracy(&conclusion.against)?;
                let z = z(model.test_percent, against.test_percent, images);
                let noise = z.abs() < SIGNIFICANT_Z;
                let changes = kinds_of_changes(spec, &conclusion.model).len();
                let (remark, verdict) = match (noise, changes) {
                    (true, _) => (", within noise.".to_owned(), Verdict::Noise),
                    (false, 0..=1) => (", beyond noise.".to_owned(), Verdict::Holds),
                    (false, _) => (
                        format!(", beyond noise; but {changes} kinds of things changed at once."),
                        Verdict::Imprecise,
                    ),
                };
                Some(Finding {
                    claim: format!("{}: {}", conclusion.source, conclusion.statement),
                    recomputation: format!(
                        "{} − {} is {} points of test accuracy, z = {}{remark}",
                        model.model,
                        against.model,
                        signed(model.test_percent - against.test_percent, 2),
                        signed(z, 1),
                    ),
                    verdict,
                })
            }),
    );
    findings
}

fn none_or(words: &str) -> String {
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.to_owned()
    }
}

/// Two-proportion z with separate variances, of percentages on `images` each.
fn z(percent_a: f64, percent_b: f64, images: f64) -> f64 {
    let (a, b) = (percent_a / 100.0, percent_b / 100.0);
    (a - b) / ((a * (1.0 - a) + b * (1.0 - b)) / images).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z_is_that_of_two_proportions() {
        // statsmodels 0.14: from statsmodels.stats.proportion import test_proportions_2indep
        // test_proportions_2indep(9173, 10000, 9049, 10000, method="wald").statistic
        assert!((z(91.73, 90.49, 10_000.0) - 3.081_597_146).abs() < 1e-8);
    }
}
