//! Metrics over seeds.

use anyhow::{Context, Result};
use pipelines::tables::metrics::{METRICS, MetricSummary};
use pipelines::tables::split::Split;

use super::accuracies::Accuracies;
use super::{calibration, classification_report};
use crate::run::SplitPredictions;
use crate::statistics::accuracy_interval::mean_accuracy;
use crate::statistics::log_loss::log_loss;
use crate::statistics::spread;
use crate::study::{Study, TrainedModel};

/// A metric of one model, run by run.
struct Measured {
    split: Option<Split>,
    metric: &'static str,
    values: Vec<f64>,
}

pub fn rows(study: &Study) -> Result<Vec<MetricSummary>> {
    let mut rows = Vec::new();
    for trained in &study.models {
        for measured in measure(study, trained)? {
            let metric = METRICS
                .iter()
                .find(|metric| metric.name == measured.metric)
                .with_context(|| format!("no metric is called {}", measured.metric))?;
            let mean = match measured.split {
                Some(split) if measured.metric == "accuracy" => Some(mean_accuracy(
                    &trained.correct(split)?,
                    study.spec.evaluation.confidence,
                )?),
                _ => None,
            };
            let values = &measured.values;
            rows.push(MetricSummary {
                model: trained.model.name.clone(),
                split: measured.split.map(|split| split.name().to_owned()),
                metric: metric.name.to_owned(),
                unit: metric.unit.to_owned(),
                higher_is_better: metric.higher_is_better,
                runs: values.len() as u64,
                mean: spread::mean(values),
                std: spread::variance(values).map(f64::sqrt),
                min: values.iter().copied().fold(f64::INFINITY, f64::min),
                max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                sampling_std_error: mean.map(|mean| mean.sampling_std_error),
                seed_std_error: mean.and_then(|mean| mean.seed_std_error),
                low: mean.map(|mean| mean.interval.low),
                high: mean.map(|mean| mean.interval.high),
            });
        }
    }
    Ok(rows)
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
            log_loss(&split.labels, &split.probabilities, split.class_count)
        });
        add("macro_f1", &|split| {
            classification_report::of(split).macro_average.f1
        });
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
