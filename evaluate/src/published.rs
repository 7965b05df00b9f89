//! Our accuracies beside the published ones: everything that `evaluate` knows of a publication.
//!
//! The spec names the publication; without one none of this runs and the table is not written.

use anyhow::Result;
use pipelines::spec::Published;
use pipelines::tables::metrics::PublishedComparison;
use pipelines::tables::split::Split;

use crate::statistics::accuracy_interval::MeanAccuracy;
use crate::statistics::{banerjee, holm, spread};
use crate::study::Study;
use crate::tables::accuracies::Accuracies;

/// Half of the last digit of a percentage that is printed with two decimals, as a fraction.
pub const ROUNDING: f64 = 0.00005;

/// Three rows for each model of `published` that has runs.
///
/// # Errors
/// None for a valid study.
pub fn rows(study: &Study, published: &Published) -> Result<Vec<PublishedComparison>> {
    let mut rows = Vec::new();
    for trained in &study.models {
        let Some(published) = published.accuracy(&trained.model.name) else {
            continue;
        };
        let ours: Vec<Accuracies> = trained
            .runs
            .iter()
            .map(Accuracies::of)
            .collect::<Result<_>>()?;
        let mean = |of: fn(&Accuracies) -> Option<f64>| {
            let values: Option<Vec<f64>> = ours.iter().map(of).collect();
            values.map(|values| spread::mean(&values))
        };
        let test = trained.mean_accuracy(Split::Test, study.spec.evaluation.confidence)?;
        let metrics = [
            (
                "highest_train_accuracy",
                Split::Train,
                published.highest_train_percent,
                mean(|run| Some(run.highest_train)),
                None,
            ),
            (
                "highest_validation_accuracy",
                Split::Validation,
                published.highest_validation_percent,
                mean(|run| run.highest_validation),
                None,
            ),
            (
                "accuracy",
                Split::Test,
                published.test_percent,
                Some(test.accuracy),
                Some(test),
            ),
        ];
        for (metric, split, percent, ours, test) in metrics {
            let Some(ours) = ours else {
                continue;
            };
            let value = percent / 100.0;
            let interval = test.map(|test| test.interval);
            let prediction = test.and_then(|test| test.prediction);
            rows.push(PublishedComparison {
                model: trained.model.name.clone(),
                source: published.source.clone(),
                metric: metric.to_owned(),
                split: split.name().to_owned(),
                published: value,
                runs: trained.runs.len() as u64,
                ours,
                difference: ours - value,
                low: interval.map(|interval| interval.low),
                high: interval.map(|interval| interval.high),
                inside: interval.map(|interval| interval.meets(value, ROUNDING)),
                prediction_low: prediction.map(|interval| interval.low),
                prediction_high: prediction.map(|interval| interval.high),
                inside_prediction: prediction.map(|interval| interval.meets(value, ROUNDING)),
                prediction_p_value: test
                    .map_or(Ok(None), |test| prediction_p_value(&test, value))?,
                prediction_p_value_corrected: None,
                fits: None,
            });
        }
    }
    correct(&mut rows, 1.0 - study.spec.evaluation.confidence);
    Ok(rows)
}

/// p-value of the hypothesis that `published` is one more run; `None` for a mean of one run.
fn prediction_p_value(test: &MeanAccuracy, published: f64) -> Result<Option<f64>> {
    let distance = ((published - test.accuracy).abs() - ROUNDING).max(0.0);
    let p_value = test
        .one_more
        .map(|part| banerjee::p_value(distance, &[part]));
    p_value.transpose()
}

/// The checks of all test accuracies are one family.
fn correct(rows: &mut [PublishedComparison], level: f64) {
    let mut checked: Vec<&mut PublishedComparison> = rows
        .iter_mut()
        .filter(|row| row.prediction_p_value.is_some())
        .collect();
    let p_values: Vec<f64> = checked
        .iter()
        .filter_map(|row| row.prediction_p_value)
        .collect();
    for (row, corrected) in checked.iter_mut().zip(holm::correct(&p_values)) {
        row.prediction_p_value_corrected = Some(corrected);
        row.fits = Some(corrected >= level);
    }
}

#[cfg(test)]
mod tests {
    use pipelines::tables::metrics;

    use super::*;
    use crate::fixture::{self, images};
    use crate::tables;

    fn lines(study: &Study) -> Vec<String> {
        fixture::lines(&rows(study, study.spec.published.as_ref().unwrap()).unwrap())
    }

    #[test]
    fn only_the_test_accuracy_has_an_interval_and_one_run_no_prediction() {
        let wrong = images(0, 38);
        let study = fixture::study(&[("model-1", &[(0, &wrong)])]);
        let found = lines(&study);
        assert_eq!(found.len(), 3);
        assert!(found[0].contains("highest_train_accuracy") && found[0].ends_with(",,,,,,,,,"));
        // 90.49 % published, 90.5 % here.
        assert!(
            found[2].contains(",accuracy,test,") && found[2].ends_with(",true,,,,,,"),
            "{found:?}"
        );
    }

    #[test]
    fn a_published_value_far_off_is_outside() {
        let wrong = images(0, 200);
        let study = fixture::study(&[("model-1", &[(0, &wrong), (1, &wrong)])]);
        let found = lines(&study);
        assert!(
            found[2].contains(",false,") && found[2].ends_with(",0.5,0.5,false,0.0,0.0,false"),
            "{found:?}"
        );
    }

    #[test]
    fn a_spec_without_a_publication_has_no_such_table() {
        let wrong = images(0, 40);
        let mut study = fixture::study(&[("model-1", &[(0, &wrong)])]);
        let names = |study: &Study| -> Vec<&str> {
            let tables = tables::all(study).unwrap().encoded;
            tables.iter().map(|table| table.table.name).collect()
        };
        assert!(names(&study).contains(&"published"));
        study.spec.published = None;
        let found = names(&study);
        assert!(!found.contains(&"published"), "{found:?}");
        // Neither has it those of sweeps.
        assert_eq!(found.len(), metrics::ALL.len() - 4);
    }
}
