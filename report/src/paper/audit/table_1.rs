//! The table of accuracies against itself.

use pipelines::spec::published::{Published, PublishedAccuracy, PublishedClaim};

use super::{Finding, Verdict};
use crate::words::join_and;

/// Largest difference that rounding explains, in the unit of the table.
const ROUNDING_PERCENT: f64 = 0.005 + 1e-9;
/// Below this chance a coincidence is called unlikely.
const UNLIKELY: f64 = 0.05;

/// Columns that are computed from others.
pub fn columns(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let rows = &published.accuracies;
    let agreeing = |values: fn(&PublishedAccuracy) -> (f64, f64)| {
        rows.iter()
            .map(values)
            .filter(|(printed, computed)| (printed - computed).abs() <= ROUNDING_PERCENT)
            .count()
    };
    let rates = agreeing(|row| (row.misclassified_percent, 100.0 - row.test_percent));
    let deltas = agreeing(|row| {
        (
            row.delta_points,
            row.highest_train_percent - row.test_percent,
        )
    });
    let all = rows.len();
    Some(Finding::of(
        claim,
        format!(
            "{rates} of {all} rates are 100 % − test accuracy; {deltas} of {all} deltas are highest train − \
             test accuracy."
        ),
        Verdict::holds(rates == all && deltas == all),
    ))
}

/// Validation and test accuracies are of different images, so they seldom agree to two decimals.
pub fn validation_split(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let same: Vec<&str> = published
        .accuracies
        .iter()
        .filter(|row| row.highest_validation_percent == row.test_percent)
        .map(|row| row.model.as_str())
        .collect();
    let chances: Vec<f64> = published
        .accuracies
        .iter()
        .map(|row| coincidence(published, row))
        .collect();
    let chance = at_least(&chances, same.len());
    let names = match same[..] {
        [] => "No model has".to_owned(),
        [one] => format!("{one} has"),
        _ => format!("{} have", join_and(&same)),
    };
    Some(Finding::of(
        claim,
        format!(
            "{names} the same validation and test accuracy to two decimals. If the two are of different \
             images and the network is equally good on both, the chance of {} such coincidences or more \
             among {} models is {chance:.4}.{}",
            same.len(),
            published.accuracies.len(),
            if chance < UNLIKELY {
                " The paper does not say how these models were validated; the test images are one \
                 possibility."
            } else {
                ""
            }
        ),
        match chance < UNLIKELY {
            true => Verdict::Unlikely,
            false => Verdict::Holds,
        },
    ))
}

/// Chance that two accuracies like those of `row` agree to two decimals of a per cent: that width times
/// the density of their difference at zero.
fn coincidence(published: &Published, row: &PublishedAccuracy) -> f64 {
    let protocol = &published.protocol;
    let validation_images = f64::from(protocol.train_images) * protocol.validation_share;
    let p = row.test_percent / 100.0;
    let variance =
        p * (1.0 - p) * (1.0 / validation_images + 1.0 / f64::from(protocol.test_images));
    1e-4 / (variance * 2.0 * std::f64::consts::PI).sqrt()
}

/// Chance that at least `count` of independent events with these chances happen.
fn at_least(chances: &[f64], count: usize) -> f64 {
    let mut exactly = vec![0.0; chances.len() + 1];
    exactly[0] = 1.0;
    for (index, p) in chances.iter().enumerate() {
        for happened in (0..=index).rev() {
            exactly[happened + 1] += exactly[happened] * p;
            exactly[happened] *= 1.0 - p;
        }
    }
    exactly[count..].iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_of_several_events_is_that_of_a_poisson_binomial() {
        // Binomial with equal chances: 1 - 0.99**8 - 8 * 0.01 * 0.99**7 in Python.
        assert!((at_least(&[0.01; 8], 2) - 0.002_690_077_740).abs() < 1e-12);
        assert!((at_least(&[0.5, 0.25], 1) - 0.625).abs() < 1e-12);
        assert!((at_least(&[0.3, 0.4], 0) - 1.0).abs() < 1e-12);
    }
}
