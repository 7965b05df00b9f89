//! The mean accuracy of one model's runs, with its standard errors and intervals.

use anyhow::Result;

use super::banerjee::{self, VariancePart};
use super::correct_matrix::CorrectMatrix;
use super::crossed_variance::CrossedVariance;
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
    /// For one run Wilson's interval, which leaves out seeds; for more Banerjee's interval over images
    /// and seeds. Where neither varies, Wilson's too: that every image is right in every run does not
    /// show that every other image would be.
    pub interval: Interval,
    /// Where one more seed is expected on the same images; `None` for one run.
    pub prediction: Option<Interval>,
    /// Variance of the distance between one more seed and this mean, on the same images; `None` for one
    /// run.
    pub one_more: Option<VariancePart>,
}

/// Mean accuracy of the runs of `correct` with intervals of `confidence`. `labels`, (N), are the true
/// classes: the variance over images is that within classes, because another test set would have as
/// many images of each class as this one (W. G. Cochran, 1977, Sampling techniques, section 5.3).
///
/// # Errors
/// None for a valid matrix and one label for each image.
pub fn mean_accuracy(
    correct: &CorrectMatrix,
    labels: &[u16],
    confidence: f64,
) -> Result<MeanAccuracy> {
    let accuracy = correct.accuracy();
    let runs = correct.run_count() as f64;
    let shares: Vec<f64> = correct
        .counts()
        .into_iter()
        .map(|count| f64::from(count) / runs)
        .collect();
    let images = correct.image_count();
    let over_images = spread::stratified_variance_of_mean(&shares, labels);
    let effective = effective_images(accuracy, over_images, images);
    let wilson = wilson::interval_of_share(accuracy, effective, confidence);
    let Some(seed) = correct.seed_component() else {
        return Ok(MeanAccuracy {
            accuracy,
            sampling_std_error: over_images.sqrt(),
            seed_std_error: None,
            interval: wilson,
            prediction: None,
            one_more: None,
        });
    };
    let variance = CrossedVariance::new(over_images, images, &[seed]);
    let half_width = banerjee::half_width(&variance.parts(), confidence)?;
    let one_more = VariancePart {
        variance: seed.variance_of_mean * (runs + 1.0),
        degrees_of_freedom: seed.degrees_of_freedom,
    };
    let reach = banerjee::half_width(&[one_more], confidence)?;
    Ok(MeanAccuracy {
        accuracy,
        sampling_std_error: over_images.sqrt(),
        seed_std_error: Some(seed.variance_of_mean.sqrt()),
        interval: match half_width > 0.0 {
            true => Interval::around(accuracy, half_width).clamped(0.0, 1.0),
            false => wilson,
        },
        prediction: Some(Interval::around(accuracy, reach).clamped(0.0, 1.0)),
        one_more: Some(one_more),
    })
}

/// Number of images of an unstratified sample whose share `accuracy` would have the variance
/// `over_images`, for Wilson's interval; all `images` where no image or every image is correct.
///
/// E. L. Korn and B. I. Graubard (1998), Confidence intervals for proportions with small expected number
/// of positive counts estimated from survey data.
fn effective_images(accuracy: f64, over_images: f64, images: usize) -> f64 {
    let binomial = accuracy * (1.0 - accuracy);
    if binomial > 0.0 && over_images > 0.0 {
        (binomial / over_images).max(images as f64)
    } else {
        images as f64
    }
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
        let found = mean_accuracy(&correct, &[0; 100], 0.95).unwrap();
        let found = found.prediction.unwrap();
        assert!((found.low - 0.8407750059947314).abs() < 1e-9, "{found:?}");
        assert!((found.high - 0.9925583273386018).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn one_run_has_wilsons_interval_and_no_seed_spread() {
        let run: Vec<bool> = (0..10).map(|image| image < 7).collect();
        let correct = CorrectMatrix::new(vec![&run]).unwrap();
        let found = mean_accuracy(&correct, &[0; 10], 0.95).unwrap();
        assert_eq!(found.interval, wilson::interval(7, 10, 0.95));
        assert_eq!((found.seed_std_error, found.prediction), (None, None));
    }

    #[test]
    fn runs_that_get_every_image_right_have_wilsons_interval() {
        let run = [true; 24];
        let correct = CorrectMatrix::new(vec![&run, &run, &run]).unwrap();
        let found = mean_accuracy(&correct, &[0; 24], 0.95).unwrap();
        assert_eq!(found.interval, wilson::interval(24, 24, 0.95));
        assert!(found.interval.low < 0.9, "{found:?}");
    }

    /// 100 images of each of ten classes, of which one is hard.
    #[test]
    fn classes_that_differ_in_accuracy_make_the_interval_narrower() {
        let labels: Vec<u16> = (0..1000).map(|image| image / 100).collect();
        let run: Vec<bool> = (0..1000).map(|image| image >= 80).collect();
        let correct = CorrectMatrix::new(vec![&run]).unwrap();
        let found = mean_accuracy(&correct, &labels, 0.95).unwrap();
        // One class with 20 of 100 correct: 0.01² · 0.2 · 0.8 · 100 / 99.
        let expected = (0.01 * 0.2 * 0.8 / 99.0_f64).sqrt();
        assert!((found.sampling_std_error - expected).abs() < 1e-12);
        let wilson = wilson::interval(920, 1000, 0.95);
        assert!(found.interval.low > wilson.low && found.interval.high < wilson.high);
    }
}
