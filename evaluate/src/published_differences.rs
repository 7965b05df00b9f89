//! Differences of published test accuracies against the noise of single runs.

use anyhow::Result;
use pipelines::spec::Published;
use pipelines::spec::published::Claimed;
use pipelines::tables::metrics::PublishedDifference;
use pipelines::tables::split::Split;

use crate::pairs::Pair;
use crate::published::ROUNDING;
use crate::statistics::banerjee::{self, VariancePart};
use crate::statistics::holm;
use crate::study::Study;

/// One row for each other published model against the first one, and for each two models whose
/// accuracies a conclusion compares, where ours have runs.
///
/// # Errors
/// None for a valid study.
pub fn rows(
    study: &Study,
    published: &Published,
    pairs: &[Pair],
) -> Result<Vec<PublishedDifference>> {
    let mut rows = Vec::new();
    for (model, against) in compared(published) {
        let (Some(accuracy), Some(base)) = (published.accuracy(model), published.accuracy(against))
        else {
            continue;
        };
        let Some(pair) = pairs.iter().find(|pair| is_of(pair, model, against)) else {
            continue;
        };
        let difference = (accuracy.test_percent - base.test_percent) / 100.0;
        let parts = noise(pair, f64::from(published.protocol.test_images));
        let std_error = parts.iter().map(|part| part.variance).sum::<f64>().sqrt();
        // Both are rounded.
        let distance = (difference.abs() - 2.0 * ROUNDING).max(0.0);
        rows.push(PublishedDifference {
            model: model.to_owned(),
            against: against.to_owned(),
            published_difference: difference,
            scope: pair.scope().to_owned(),
            noise_std_error: std_error,
            z: if std_error > 0.0 {
                difference / std_error
            } else {
                0.0
            },
            p_value: banerjee::p_value(distance, &parts)?,
            p_value_corrected: 1.0,
            beyond_noise: false,
        });
    }
    let p_values: Vec<f64> = rows.iter().map(|row| row.p_value).collect();
    for (row, corrected) in rows.iter_mut().zip(holm::correct(&p_values)) {
        row.p_value_corrected = corrected;
        row.beyond_noise = corrected < 1.0 - study.spec.evaluation.confidence;
    }
    Ok(rows)
}

/// Model and baseline of each comparison.
fn compared(published: &Published) -> Vec<(&str, &str)> {
    let mut compared: Vec<(&str, &str)> = Vec::new();
    if let Some((first, others)) = published.accuracies.split_first() {
        compared.extend(others.iter().map(|row| (&*row.model, &*first.model)));
    }
    let of_accuracy =
        |claimed: &Claimed| matches!(claimed, Claimed::HigherAccuracy | Claimed::LowerAccuracy);
    for conclusion in &published.conclusions {
        let pair = (&*conclusion.model, &*conclusion.against);
        if conclusion.claims.iter().any(of_accuracy) && !compared.contains(&pair) {
            compared.push(pair);
        }
    }
    compared
}

fn is_of(pair: &Pair, model: &str, against: &str) -> bool {
    let names = (pair.a.model.name.as_str(), pair.b.model.name.as_str());
    pair.split == Split::Test && (names == (model, against) || names == (against, model))
}

/// Parts of the variance of the difference of one run each on `images` images. For single runs the
/// variance over images includes the interaction with their seeds and nothing else of them.
fn noise(pair: &Pair, images: f64) -> Vec<VariancePart> {
    let ratio = pair.images as f64 / images;
    let comparison = &pair.comparison;
    match &comparison.over_seeds {
        None => vec![VariancePart {
            variance: comparison.sampling_std_error.powi(2) * ratio,
            degrees_of_freedom: (pair.images as f64 - 1.0).max(1.0),
        }],
        Some(seeds) => {
            let mut parts = vec![VariancePart {
                variance: seeds.images.variance * ratio,
                ..seeds.images
            }];
            parts.extend(seeds.seeds.map(|seed| VariancePart {
                variance: seed.variance_of_run(),
                degrees_of_freedom: seed.degrees_of_freedom,
            }));
            parts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};
    use crate::pairs;

    #[test]
    fn the_noise_of_single_runs_has_the_spread_of_our_seeds() {
        let wrong: Vec<_> = [30, 50, 40, 36, 44, 40]
            .map(|count| images(0, count))
            .into();
        let study = fixture::study(&[
            ("model-1", &[(0, &wrong[0]), (1, &wrong[1]), (2, &wrong[2])]),
            ("model-8", &[(0, &wrong[3]), (1, &wrong[4]), (2, &wrong[5])]),
        ]);
        let pairs = pairs::compare(&study).unwrap();
        let published = study.spec.published.as_ref().unwrap();
        let rows = rows(&study, published, &pairs).unwrap();
        assert_eq!(rows.len(), 1, "the conclusion compares the same two");
        let row = &rows[0];
        assert!((row.published_difference + 0.0327).abs() < 1e-12);
        // Standard deviations over seeds of 2.5 and 1 points.
        let seeds = 0.025_f64.hypot(0.01);
        assert!(row.noise_std_error >= seeds, "{row:?}");
        assert!(
            row.z < 0.0 && row.p_value > 0.05 && !row.beyond_noise,
            "{row:?}"
        );
    }
}
