//! The tables of `evaluate`, row by row.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use pipelines::spec::Spec;
use pipelines::tables::metrics::read;
pub use pipelines::tables::metrics::{
    CandidateScores, CandidateValue, ClassChange, ClassScores, ConfusedPair, ConfusionCell,
    EpochScores, FailedRun, HardImage, MetricSummary, ModelAgreement, ModelChange, ModelComparison,
    PublishedComparison, PublishedDifference, RankedModel, ReliabilityBin, RunAccuracies,
    RunCalibration, RunScores, SequentialLook, TrainingTime, ViewScores,
};

/// All tables that the report is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    /// Accuracies, run by run.
    pub accuracies: Vec<RunAccuracies>,
    /// Metrics over seeds.
    pub summary: Vec<MetricSummary>,
    /// Models, best on validation first.
    pub ranking: Vec<RankedModel>,
    /// What each change did.
    pub changes: Vec<ModelChange>,
    /// What each change did to each class.
    pub class_changes: Vec<ClassChange>,
    /// What each look of `--seeds until-decided` found; empty without it.
    pub looks: Vec<SequentialLook>,
    /// Every two models on the same images.
    pub comparisons: Vec<ModelComparison>,
    /// Our figures beside published ones; empty for a spec that names no publication.
    pub published: Vec<PublishedComparison>,
    /// Published differences against the noise of single runs; empty without a publication.
    pub published_differences: Vec<PublishedDifference>,
    /// Candidates of sweeps, best first; empty for a spec without sweeps.
    pub candidates: Vec<CandidateScores>,
    /// Their values.
    pub candidate_values: Vec<CandidateValue>,
    /// Accuracy and loss by run and split.
    pub runs: Vec<RunScores>,
    /// Predictions over several views; empty without a model that asks for them.
    pub views: Vec<ViewScores>,
    /// Precision, recall, F1 and support.
    pub classification_report: Vec<ClassScores>,
    /// Confusion matrices in long form.
    pub confusion_matrix: Vec<ConfusionCell>,
    /// Pairs of classes that are taken for each other.
    pub confusions: Vec<ConfusedPair>,
    /// Calibration in single numbers.
    pub calibration: Vec<RunCalibration>,
    /// Reliability diagrams.
    pub reliability: Vec<ReliabilityBin>,
    /// How often models say the same.
    pub agreement: Vec<ModelAgreement>,
    /// Images that most models get wrong.
    pub hardest_images: Vec<HardImage>,
    /// All epochs of all runs.
    pub histories: Vec<EpochScores>,
    /// Durations.
    pub training_times: Vec<TrainingTime>,
    /// Runs that ended without a result.
    pub failures: Vec<FailedRun>,
}

impl Tables {
    /// Reads the tables of `folder` and checks them against its manifest: those of a publication and of
    /// sweeps only where `spec` has them.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn read(folder: &Path, spec: &Spec) -> Result<Self> {
        let (published, sweeps) = (spec.published.is_some(), !spec.sweeps.is_empty());
        Ok(Self {
            accuracies: read(folder)?,
            summary: read(folder)?,
            ranking: read(folder)?,
            changes: read(folder)?,
            class_changes: read(folder)?,
            looks: read(folder)?,
            comparisons: read(folder)?,
            published: if published { read(folder)? } else { Vec::new() },
            published_differences: if published { read(folder)? } else { Vec::new() },
            candidates: if sweeps { read(folder)? } else { Vec::new() },
            candidate_values: if sweeps { read(folder)? } else { Vec::new() },
            runs: read(folder)?,
            views: read(folder)?,
            classification_report: read(folder)?,
            confusion_matrix: read(folder)?,
            confusions: read(folder)?,
            calibration: read(folder)?,
            reliability: read(folder)?,
            agreement: read(folder)?,
            hardest_images: read(folder)?,
            histories: read(folder)?,
            training_times: read(folder)?,
            failures: read(folder)?,
        })
    }

    /// Leaves out what is of other models than `models`, except where a table lists every model or every
    /// run, and except for the effects and training times of those that are `also` wanted.
    pub fn keep_models(&mut self, models: &[String], also: &[&str]) {
        let models: BTreeSet<&str> = models.iter().map(String::as_str).collect();
        let keep = |model: &str| models.contains(model);
        let keep_effect = |model: &str| keep(model) || also.contains(&model);
        self.summary.retain(|row| keep(&row.model));
        self.changes.retain(|row| keep_effect(&row.model));
        self.class_changes.retain(|row| keep_effect(&row.model));
        self.looks.retain(|row| keep(&row.model));
        self.comparisons
            .retain(|row| keep(&row.model_a) && keep(&row.model_b));
        self.runs.retain(|row| keep(&row.model));
        self.classification_report.retain(|row| keep(&row.model));
        self.confusion_matrix.retain(|row| keep(&row.model));
        self.confusions.retain(|row| keep(&row.model));
        self.calibration.retain(|row| keep(&row.model));
        self.reliability.retain(|row| keep(&row.model));
        self.agreement
            .retain(|row| keep(&row.model_a) && keep(&row.model_b));
        self.histories.retain(|row| keep(&row.model));
        self.training_times.retain(|row| keep_effect(&row.model));
    }

    /// The median over a model's runs of what `value` takes from their training times: a run that was
    /// disturbed does not count. `None` without runs.
    pub fn median_time(&self, model: &str, value: fn(&TrainingTime) -> f64) -> Option<f64> {
        let rows = self.training_times.iter().filter(|row| row.model == model);
        let mut values: Vec<f64> = rows.map(value).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
        Some(f64::midpoint(values[low], values[high]))
    }

    /// The metric of a model over its runs.
    pub fn metric(&self, model: &str, split: Option<&str>, metric: &str) -> Option<&MetricSummary> {
        self.summary
            .iter()
            .find(|row| row.model == model && row.split.as_deref() == split && row.metric == metric)
    }

    /// The model that is best on validation.
    pub fn champion(&self) -> Option<&RankedModel> {
        self.ranking.iter().find(|row| row.champion)
    }

    /// The model that a report singles out: the champion or, where nothing chose one, the only model.
    pub fn singled_out(&self) -> Option<&RankedModel> {
        self.champion().or(match &self.ranking[..] {
            [only] => Some(only),
            _ => None,
        })
    }

    /// The comparison of two models on one split, in the order of the table.
    pub fn comparison(&self, split: &str, one: &str, other: &str) -> Option<&ModelComparison> {
        self.comparisons.iter().find(|row| {
            row.split == split
                && ((row.model_a == one && row.model_b == other)
                    || (row.model_a == other && row.model_b == one))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disturbed_run_does_not_count_in_the_time_of_a_model() {
        let time = |model: &str, seed, duration_s| TrainingTime {
            model: model.to_owned(),
            seed,
            duration_s,
            ..TrainingTime::default()
        };
        let tables = Tables {
            training_times: vec![
                time("model-1", 0, 90.0),
                time("model-1", 1, 31.0),
                time("model-1", 2, 30.0),
                time("model-2", 0, 8.0),
                time("model-2", 1, 6.0),
            ],
            ..Tables::default()
        };
        let median = |model| tables.median_time(model, |row| row.duration_s);
        assert_eq!(median("model-1"), Some(31.0));
        assert_eq!(median("model-2"), Some(7.0));
        assert_eq!(median("model-3"), None);
    }
}
