//! The overfitting gap, train − validation accuracy of the trained network, over seeds and validation
//! images.
//!
//! The training rows are given: the gap asks how far the network's accuracy on them is from that on
//! other images. So chance enters by the validation images and by the seeds.

use anyhow::Result;
use pipelines::tables::split::Split;

use crate::family::Member;
use crate::run::Run;
use crate::statistics::banerjee::{self, VariancePart};
use crate::statistics::correct_matrix::CorrectMatrix;
use crate::statistics::crossed_variance::{CrossedVariance, SeedComponent};
use crate::statistics::interval::Interval;
use crate::statistics::spread;
use crate::study::correct;
use crate::tables::accuracies::Accuracies;

/// A mean gap or a difference of two.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Its estimate.
    pub estimate: f64,
    /// Standard error by the choice of validation images, runs held fixed.
    pub sampling_std_error: f64,
    /// Standard error by the choice of seeds, images held fixed; `None` for one run.
    pub seed_std_error: Option<f64>,
    /// The parts of its variance.
    pub parts: Vec<VariancePart>,
}

impl Gap {
    /// The mean gap of `runs`; `None` when one of them did not measure it.
    ///
    /// # Errors
    /// None for valid runs.
    pub fn of_runs(model: &str, runs: &[&Run]) -> Result<Option<Self>> {
        let Some(gaps) = gaps(runs)? else {
            return Ok(None);
        };
        let validation = correct(model, runs.iter().copied(), Split::Validation)?;
        let shares: Vec<f64> = shares(&validation).collect();
        let labels = runs.first().and_then(|run| run.split(Split::Validation));
        let labels = labels.map_or(&[][..], |split| &split.labels);
        Ok(Some(Self::new(
            spread::mean(&gaps),
            spread::stratified_variance_of_mean(&shares, labels),
            validation.image_count(),
            &[(&gaps, &validation)],
        )))
    }

    /// The difference of two models' mean gaps; `None` when a run did not measure its gap.
    ///
    /// # Errors
    /// None for valid runs.
    pub fn of_difference(member: &Member) -> Result<Option<Self>> {
        let (runs, against) = (member.runs(), member.runs_against());
        let (Some(gaps), Some(gaps_against)) = (self::gaps(&runs)?, self::gaps(&against)?) else {
            return Ok(None);
        };
        let name = &member.model.model.name;
        let validation = correct(name, runs.iter().copied(), Split::Validation)?;
        let name = &member.against.model.name;
        let validation_against = correct(name, against.iter().copied(), Split::Validation)?;
        let differences: Vec<f64> = shares(&validation)
            .zip(shares(&validation_against))
            .map(|(a, b)| a - b)
            .collect();
        let images = validation.image_count();
        let over_images = spread::variance(&differences).unwrap_or(0.0) / images as f64;
        Ok(Some(Self::new(
            spread::mean(&gaps) - spread::mean(&gaps_against),
            over_images,
            images,
            &[(&gaps, &validation), (&gaps_against, &validation_against)],
        )))
    }

    fn new(
        estimate: f64,
        over_images: f64,
        images: usize,
        models: &[(&[f64], &CorrectMatrix)],
    ) -> Self {
        let seeds: Option<Vec<SeedComponent>> = models
            .iter()
            .map(|(gaps, validation)| {
                Some(SeedComponent {
                    variance_of_mean: spread::variance(gaps)? / gaps.len() as f64,
                    // Only validation images interact with the seeds.
                    residual_of_mean: validation.seed_component()?.residual_of_mean,
                    degrees_of_freedom: gaps.len() as f64 - 1.0,
                })
            })
            .collect();
        let over_seeds = seeds.as_ref().map(|seeds| {
            let variance: f64 = seeds.iter().map(|seed| seed.variance_of_mean).sum();
            variance.sqrt()
        });
        let variance = CrossedVariance::new(over_images, images, &seeds.unwrap_or_default());
        Self {
            estimate,
            sampling_std_error: over_images.sqrt(),
            seed_std_error: over_seeds,
            parts: variance.parts(),
        }
    }

    /// The interval of `confidence`.
    ///
    /// # Errors
    /// None for a confidence between 0 and 1.
    pub fn interval(&self, confidence: f64) -> Result<Interval> {
        let half_width = banerjee::half_width(&self.parts, confidence)?;
        Ok(Interval::around(self.estimate, half_width))
    }

    /// Two-sided p-value of no gap or no difference.
    ///
    /// # Errors
    /// None for a gap of valid runs.
    pub fn p_value(&self) -> Result<f64> {
        banerjee::p_value(self.estimate, &self.parts)
    }
}

fn gaps(runs: &[&Run]) -> Result<Option<Vec<f64>>> {
    runs.iter()
        .map(|run| Ok(Accuracies::of(run)?.overfitting_gap()))
        .collect()
}

/// For each image the share of runs that predict it correctly.
fn shares(correct: &CorrectMatrix) -> impl Iterator<Item = f64> {
    let runs = correct.run_count() as f64;
    correct
        .counts()
        .into_iter()
        .map(move |count| f64::from(count) / runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::Family;
    use crate::fixture::{self, images};
    use crate::pairs;

    // from scipy import stats  # 1.17.1; x = [0.90, 0.80, 0.85] are validation accuracies, gaps 1 - x
    // stats.ttest_1samp([0.10, 0.20, 0.15], 0).pvalue, when images add nothing
    #[test]
    fn a_gap_over_seeds_is_students_when_the_images_add_nothing() {
        let runs = [images(0, 40), images(0, 80), images(0, 60)];
        let study = fixture::study(&[("model-1", &[(0, &runs[0]), (1, &runs[1]), (2, &runs[2])])]);
        let runs: Vec<&Run> = study.models[0].runs.iter().collect();
        let gap = Gap::of_runs("model-1", &runs).unwrap().unwrap();
        assert!((gap.estimate - 0.15).abs() < 1e-12);
        assert!((gap.seed_std_error.unwrap() - 0.05 / 3.0_f64.sqrt()).abs() < 1e-12);
        let seeds_only = banerjee::p_value(gap.estimate, &gap.parts[1..]).unwrap();
        assert!(
            (seeds_only - 0.035_098_718_645_985_6).abs() < 1e-9,
            "{seeds_only}"
        );
        assert!(gap.p_value().unwrap() > seeds_only);
    }

    #[test]
    fn a_change_of_the_gap_is_tested_and_a_gap_that_was_not_measured_is_missing() {
        let (few, many) = (images(0, 20), images(0, 80));
        let mut study = fixture::study(&[
            ("model-1", &[(0, &few), (1, &few)]),
            ("model-2", &[(0, &many), (1, &many)]),
        ]);
        let difference = |study: &_| {
            let pairs = pairs::compare(study).unwrap();
            let family = Family::of_changes(study, &pairs, Split::Validation).unwrap();
            Gap::of_difference(&family.members[0]).unwrap()
        };
        let found = difference(&study).unwrap();
        assert!((found.estimate - 0.15).abs() < 1e-12);
        assert!(found.p_value().unwrap() < 1e-6);
        study.models[0].runs[1].history[0].train_inference_accuracy = None;
        assert_eq!(difference(&study), None);
    }
}
