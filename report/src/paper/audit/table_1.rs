//! Table 1 against itself.

use pipelines::spec::published::{Published, PublishedAccuracy};

use super::{Finding, Verdict};
use crate::number::{decimal, p_value};
use crate::words::join_and;

/// Largest difference that rounding explains, in the unit of the table.
const ROUNDING_PERCENT: f64 = 0.005 + 1e-9;

/// Sums of the table, and columns that should differ.
pub fn findings(published: &Published) -> Vec<Finding> {
    let rows = &published.accuracies;
    let Some(source) = rows.first().map(|row| row.source.as_str()) else {
        return Vec::new();
    };
    let mut findings = vec![
        column(
            source,
            rows,
            "misclassification rate",
            "100 − test accuracy",
            |row| (row.misclassified_percent, 100.0 - row.test_percent),
        ),
        column(
            source,
            rows,
            "delta",
            "highest train − test accuracy",
            |row| {
                (
                    row.delta_points,
                    row.highest_train_percent - row.test_percent,
                )
            },
        ),
    ];
    findings.extend(same_figures(published, source));
    findings
}

fn column(
    source: &str,
    rows: &[PublishedAccuracy],
    name: &str,
    formula: &str,
    values: fn(&PublishedAccuracy) -> (f64, f64),
) -> Finding {
    let agreeing = rows
        .iter()
        .map(values)
        .filter(|(printed, computed)| (printed - computed).abs() <= ROUNDING_PERCENT)
        .count();
    Finding {
        claim: format!("{source}: {name} of {} models.", rows.len()),
        recomputation: format!("{agreeing} of {} are {formula}.", rows.len()),
        verdict: if agreeing == rows.len() {
            Verdict::Holds
        } else {
            Verdict::Contradicted
        },
    }
}

/// Validation and test accuracies are of different images: that they agree to two decimals is rare.
fn same_figures(published: &Published, source: &str) -> Option<Finding> {
    let same: Vec<&PublishedAccuracy> = published
        .accuracies
        .iter()
        .filter(|row| row.highest_validation_percent == row.test_percent)
        .collect();
    if same.is_empty() {
        return None;
    }
    let protocol = &published.protocol;
    let validation_images = f64::from(protocol.train_images) * protocol.validation_share;
    let chance: f64 = same
        .iter()
        .map(|row| {
            let p = row.test_percent / 100.0;
            let variance = p * (1.0 - p);
            let variance =
                variance / validation_images + variance / f64::from(protocol.test_images);
            // Two decimals of a per cent, times the density of the difference at zero.
            1e-4 / (variance * 2.0 * std::f64::consts::PI).sqrt()
        })
        .product();
    let names: Vec<_> = same.iter().map(|row| row.model.as_str()).collect();
    Some(Finding {
        claim: format!(
            "{source}: {} of the training images are held out for validation ({}).",
            format_args!("{} %", decimal(protocol.validation_share * 100.0, 0)),
            protocol.source
        ),
        recomputation: format!(
            "{} have the same validation and test accuracy to two decimals. Were they of different \
             images and the network equally good on both, the chance of that would be {} at most: they \
             were almost surely validated on the test images.",
            join_and(&names),
            p_value(chance)
        ),
        verdict: Verdict::Contradicted,
    })
}
