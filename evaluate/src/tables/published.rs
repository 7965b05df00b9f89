//! Ours against the paper's.

use anyhow::Result;
use pipelines::tables::images::Split;
use pipelines::tables::metrics::PUBLISHED;
use polars::prelude::DataFrame;

use super::table_1::Accuracies;
use crate::statistics::accuracy_interval::mean_accuracy;
use crate::statistics::spread;
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

/// Half of the last digit of a percentage that is printed with two decimals, as a fraction.
const ROUNDING: f64 = 0.00005;

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(PUBLISHED);
    for trained in &study.models {
        let Some(published) = study.published.accuracy(&trained.model.name) else {
            continue;
        };
        let ours: Vec<Accuracies> = trained
            .runs
            .iter()
            .map(Accuracies::of)
            .collect::<Result<_>>()?;
        let mean =
            |of: fn(&Accuracies) -> f64| spread::mean(&ours.iter().map(of).collect::<Vec<_>>());
        let test = mean_accuracy(
            &trained.hits(Split::Test)?,
            study.spec.evaluation.confidence,
        )?;
        let metrics = [
            (
                "highest_train_accuracy",
                Split::Train,
                published.highest_train_percent,
                mean(|run| run.highest_train),
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
                test.accuracy,
                Some(test),
            ),
        ];
        for (metric, split, percent, ours, test) in metrics {
            let value = percent / 100.0;
            let interval = test.map(|test| test.interval);
            let prediction = test.and_then(|test| test.prediction);
            builder.push(row![
                &trained.model.name,
                &published.source,
                metric,
                split.name(),
                value,
                trained.runs.len(),
                ours,
                ours - value,
                interval.map(|interval| interval.low),
                interval.map(|interval| interval.high),
                interval.map(|interval| interval.meets(value, ROUNDING)),
                prediction.map(|interval| interval.low),
                prediction.map(|interval| interval.high),
                prediction.map(|interval| interval.meets(value, ROUNDING)),
            ])?;
        }
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};

    #[test]
    fn only_the_test_accuracy_has_an_interval_and_one_run_no_prediction() {
        let wrong = images(0, 38);
        let study = fixture::study(&[("model-1", &[(0, &wrong)])]);
        let found = fixture::rows(&mut table(&study).unwrap());
        assert_eq!(found.len(), 3);
        assert!(found[0].contains("highest_train_accuracy") && found[0].ends_with(",,,,,,"));
        // 90.49 % published, 90.5 % here.
        assert!(
            found[2].contains(",accuracy,test,") && found[2].ends_with(",true,,,"),
            "{found:?}"
        );
    }

    #[test]
    fn a_published_value_far_off_is_outside() {
        let wrong = images(0, 200);
        let study = fixture::study(&[("model-1", &[(0, &wrong), (1, &wrong)])]);
        let found = fixture::rows(&mut table(&study).unwrap());
        assert!(
            found[2].contains(",false,") && found[2].ends_with(",0.5,0.5,false"),
            "{found:?}"
        );
    }
}
