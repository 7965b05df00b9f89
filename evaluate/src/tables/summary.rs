//! Metrics over seeds.

use anyhow::{Context, Result};
use pipelines::tables::metrics::{METRICS, MetricSummary};
use pipelines::tables::split::Split;

use super::accuracies::Accuracies;
use super::{calibration, classification_report};
use crate::overfitting::Gap;
use crate::run::{Run, SplitPredictions, Views};
use crate::statistics::accuracy_interval::mean_accuracy;
use crate::statistics::correct_matrix::CorrectMatrix;
use crate::statistics::interval::Interval;
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
            let errors = errors(study, trained, &measured)?;
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
                sampling_std_error: errors.map(|errors| errors.sampling),
                seed_std_error: errors.and_then(|errors| errors.seed),
                low: errors.map(|errors| errors.interval.low),
                high: errors.map(|errors| errors.interval.high),
            });
        }
    }
    Ok(rows)
}

/// Standard errors and interval of a mean.
#[derive(Clone, Copy)]
struct Errors {
    sampling: f64,
    seed: Option<f64>,
    interval: Interval,
}

/// Of accuracies and of the overfitting gap; other metrics have none.
fn errors(study: &Study, trained: &TrainedModel, measured: &Measured) -> Result<Option<Errors>> {
    let confidence = study.spec.evaluation.confidence;
    let name = &trained.model.name;
    match (measured.split, measured.metric) {
        (Some(split), "accuracy") => {
            let mean = trained.mean_accuracy(split, confidence)?;
            Ok(Some(Errors {
                sampling: mean.sampling_std_error,
                seed: mean.seed_std_error,
                interval: mean.interval,
            }))
        }
        (Some(split), "view_accuracy") => {
            let views = trained
                .runs
                .iter()
                .filter_map(|run| run.split(split)?.views.as_ref());
            let correct = CorrectMatrix::new(views.map(|views| &views.correct[..]).collect())?;
            let mean = mean_accuracy(&correct, trained.labels(split), confidence)?;
            Ok(Some(Errors {
                sampling: mean.sampling_std_error,
                seed: mean.seed_std_error,
                interval: mean.interval,
            }))
        }
        (None, "overfitting_gap") => {
            let runs: Vec<&Run> = trained.runs.iter().collect();
            let Some(gap) = Gap::of_runs(name, &runs)? else {
                return Ok(None);
            };
            Ok(Some(Errors {
                sampling: gap.sampling_std_error,
                seed: gap.seed_std_error,
                interval: gap.interval(confidence)?,
            }))
        }
        _ => Ok(None),
    }
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
        if predictions.iter().all(|split| split.views.is_some()) {
            add("view_accuracy", &|split| {
                split.views.as_ref().map_or(f64::NAN, Views::accuracy)
            });
        }
        add("misclassification_rate", &|split| 1.0 - split.accuracy());
        add("log_loss", &|split| split.log_loss);
        add("macro_f1", &|split| {
            classification_report::of(split).macro_average.f1
        });
        add("balanced_accuracy", &|split| {
            classification_report::of(split).balanced_accuracy()
        });
        add("expected_calibration_error", &|split| {
            calibration::of(study, split).expected_error
        });
        add("brier_score", &|split| split.brier_score);
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
        |of| of.highest_validation,
    );
    add(None, "delta", |of| Some(of.delta()));
    add(None, "overfitting_gap", Accuracies::overfitting_gap);
    Ok(measured)
}
