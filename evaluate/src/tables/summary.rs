//! Metrics over seeds.

use anyhow::{Context, Result};
use pipelines::tables::images::Split;
use pipelines::tables::metrics::{METRICS, SUMMARY};
use polars::prelude::DataFrame;

use super::calibration;
use super::table_1::Accuracies;
use crate::run::SplitPredictions;
use crate::statistics::accuracy_interval::mean_accuracy;
use crate::statistics::classification_report::classification_report;
use crate::statistics::confusion_matrix::ConfusionMatrix;
use crate::statistics::log_loss::log_loss;
use crate::statistics::spread;
use crate::study::{Study, TrainedModel};
use crate::table_builder::{TableBuilder, row};

/// A metric of one model, run by run.
struct Measured {
    split: Option<Split>,
    metric: &'static str,
    values: Vec<f64>,
}

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(SUMMARY);
    for trained in &study.models {
        for measured in measure(study, trained)? {
            let metric = METRICS
                .iter()
                .find(|metric| metric.name == measured.metric)
                .with_context(|| format!("metric {} is not among the tables'", measured.metric))?;
            let mean = match measured.split {
                Some(split) if measured.metric == "accuracy" => Some(mean_accuracy(
                    &trained.hits(split)?,
                    study.spec.evaluation.confidence,
                )?),
                _ => None,
            };
            let values = &measured.values;
            builder.push(row![
                &trained.model.name,
                measured.split.map(Split::name),
                metric.name,
                metric.unit,
                metric.higher_is_better,
                values.len(),
                spread::mean(values),
                spread::variance(values).map(f64::sqrt),
                values.iter().copied().fold(f64::INFINITY, f64::min),
                values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                mean.map(|mean| mean.sampling_std_error),
                mean.and_then(|mean| mean.seed_std_error),
                mean.map(|mean| mean.interval.low),
                mean.map(|mean| mean.interval.high),
            ])?;
        }
    }
    builder.finish()
}

fn measure(study: &Study, trained: &TrainedModel) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    for split in Split::ALL {
        let predictions: Vec<&SplitPredictions> = trained
            .runs
            .iter()
            .filter_map(|run| run.split(split))
            .collect();
        if predictions.len() < trained.runs.len() {
            continue;
        }
        let mut add = |metric: &'static str, value: &dyn Fn(&SplitPredictions) -> f64| {
            measured.push(Measured {
                split: Some(split),
                metric,
                values: predictions.iter().map(|split| value(split)).collect(),
            });
        };
        add("accuracy", &SplitPredictions::accuracy);
        add("misclassification_rate", &|split| 1.0 - split.accuracy());
        add("log_loss", &|split| {
            log_loss(&split.labels, &split.probabilities)
        });
        add("macro_f1", &macro_f1);
        add("expected_calibration_error", &|split| {
            calibration::of(study, split).expected_error
        });
        add("brier_score", &|split| {
            calibration::of(study, split).brier_score
        });
    }
    let accuracies: Vec<Accuracies> = trained
        .runs
        .iter()
        .map(Accuracies::of)
        .collect::<Result<_>>()?;
    let mut add = |split, metric, value: fn(&Accuracies) -> Option<f64>| {
        let values: Option<Vec<f64>> = accuracies.iter().map(value).collect();
        measured.extend(values.map(|values| Measured {
            split,
            metric,
            values,
        }));
    };
    add(Some(Split::Train), "highest_train_accuracy", |of| {
        Some(of.highest_train)
    });
    add(
        Some(Split::Validation),
        "highest_validation_accuracy",
        |of| Some(of.highest_validation),
    );
    add(None, "delta", |of| Some(of.delta()));
    add(None, "overfitting_gap", Accuracies::overfitting_gap);
    Ok(measured)
}

fn macro_f1(predictions: &SplitPredictions) -> f64 {
    let matrix = ConfusionMatrix::of(&predictions.labels, &predictions.predicted);
    classification_report(&matrix).macro_average.f1
}
