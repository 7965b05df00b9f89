//! The mean accuracy of one model's runs, with its standard errors and intervals.

use anyhow::Result;

use super::correct_matrix::CorrectMatrix;
use super::crossed_variance::combine;
use super::distribution::t_half_width;
use super::interval::Interval;
use super::{spread, wilson};

/// Mean accuracy over runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanAccuracy {
    /// Mean over runs.
    pub accuracy: f64,
    /// Standard error by the choice of images, runs held fixed.
    pub sampling_std_error: f64,
    /// Standard error by the choice of seeds, images held fixed; `None` for one run.
    pub seed_std_error: Option<f64>,
    /// For one run Wilson's interval, which leaves out seeds; for more the t interval over images and
    /// seeds.
    pub interval: Interval,
    /// Where one more seed is expected on the same images; `None` for one run.
    pub prediction: Option<Interval>,
}

/// Mean accuracy of the runs of `correct` with intervals of `confidence`.
///
/// # Errors
/// None for a valid matrix.
pub fn mean_accuracy(correct: &CorrectMatrix, confidence: f64) -> Result<MeanAccuracy> {
    let accuracy = correct.accuracy();
    let runs = correct.run_count() as f64;
    let shares: Vec<f64> = correct
        .counts()
        .into_iter()
        .map(|count| f64::from(count) / runs)
        .collect();
    let images = correct.image_count();
    let over_images = spread::variance(&shares).unwrap_or(0.0) / images as f64;
    let Some(seed) = correct.seed_component() else {
        return Ok(MeanAccuracy {
            accuracy,
            sampling_std_error: over_images.sqrt(),
            seed_std_error: None,
            interval: wilson::interval(correct.correct_count(0), images as u64, confidence),
            prediction: None,
        });
    };
    let combined = combine(over_images, images, &[seed]);
    let half_width =
        t_half_width(confidence, combined.degrees_of_freedom)? * combined.variance.sqrt();
    // Variance of the distance between one more run and the mean of these runs.
    let one_more = seed.variance_of_mean * (runs + 1.0);
    let reach = t_half_width(confidence, seed.degrees_of_freedom)? * one_more.sqrt();
    Ok(MeanAccuracy {
        accuracy,
        sampling_std_error: over_images.sqrt(),
        seed_std_error: Some(seed.variance_of_mean.sqrt()),
        interval: Interval::around(accuracy, half_width).clamped(0.0, 1.0),
        prediction: Some(Interval::around(accuracy, reach).clamped(0.0, 1.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // import numpy as np; from scipy import stats  # 2.4.6, 1.17.1
    // x = np.array([0.90, 0.92, 0.93]); half = stats.t.ppf(0.975, 2) * x.std(ddof=1) * np.sqrt(1 + 1/3)
    // x.mean() - half, min(x.mean() + half, 1)
    #[test]
    fn one_more_seed_is_expected_in_the_prediction_interval() {
        let runs: Vec<Vec<bool>> = [90, 92, 93]
            .into_iter()
            .map(|correct| (0..100).map(|image| image < correct).collect())
            .collect();
        let correct = CorrectMatrix::new(runs.iter().map(Vec::as_slice).collect()).unwrap();
        let found = mean_accuracy(&correct, 0.95).unwrap().prediction.unwrap();
        assert!((found.low - 0.8407750059947314).abs() < 1e-9, "{found:?}");
        assert!((found.high - 0.9925583273386018).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn one_run_has_wilsons_interval_and_no_seed_spread() {
        let run: Vec<bool> = (0..10).map(|image| image < 7).collect();
        let found = mean_accuracy(&CorrectMatrix::new(vec![&run]).unwrap(), 0.95).unwrap();
        assert_eq!(found.interval, wilson::interval(7, 10, 0.95));
        assert_eq!((found.seed_std_error, found.prediction), (None, None));
    }
}
