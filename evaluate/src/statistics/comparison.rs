//! Two models on the same images.

use anyhow::{Result, bail};
use rand::Rng;

use super::banerjee::{self, VariancePart};
use super::correct_matrix::CorrectMatrix;
use super::crossed_variance::{CrossedVariance, SeedComponent};
use super::distribution::{normal_half_width, normal_tail};
use super::interval::Interval;
use super::{bootstrap, mcnemar, spread};

/// Difference of the accuracies of two models, b − a.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Mean accuracy of a's runs.
    pub accuracy_a: f64,
    /// Mean accuracy of b's runs.
    pub accuracy_b: f64,
    /// b − a.
    pub difference: f64,
    /// Images that only a predicts correctly, mean over pairs of runs.
    pub only_a_correct: f64,
    /// Images that only b predicts correctly, mean over pairs of runs.
    pub only_b_correct: f64,
    /// Standard error by the choice of images, runs held fixed.
    pub sampling_std_error: f64,
    /// Mean over images of the squared difference between the shares of correct runs.
    pub mean_square: f64,
    /// The comparison over seeds; `None` for one run each.
    pub over_seeds: Option<OverSeeds>,
    /// Two-sided, of no difference: McNemar's for one run each, Banerjee's over images and seeds for
    /// more.
    pub p_value: f64,
}

/// The comparison with images and seeds as samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverSeeds {
    /// Part of the variance of the difference by the choice of images alone.
    pub images: VariancePart,
    /// What the seeds of a and of b add.
    pub seeds: [SeedComponent; 2],
}

impl OverSeeds {
    /// The parts of the variance of the difference.
    pub fn parts(&self) -> [VariancePart; 3] {
        let [a, b] = self.seeds.map(|seed| seed.part());
        [self.images, a, b]
    }

    /// Standard error by the choice of seeds, images held fixed.
    pub fn seed_std_error(&self) -> f64 {
        let [a, b] = self.seeds.map(|seed| seed.variance_of_mean);
        (a + b).sqrt()
    }
}

impl Comparison {
    /// The standard error to quote.
    pub fn std_error(&self) -> f64 {
        match self.over_seeds {
            None => self.sampling_std_error,
            Some(seeds) => seeds
                .parts()
                .iter()
                .map(|part| part.variance)
                .sum::<f64>()
                .sqrt(),
        }
    }

    /// The interval of `confidence`: over images and seeds, or over images alone for one run each, for
    /// which the distribution over images is taken as normal.
    ///
    /// # Errors
    /// None for a confidence between 0 and 1.
    pub fn interval_at(&self, confidence: f64) -> Result<Interval> {
        let half_width = match self.over_seeds {
            Some(seeds) => banerjee::half_width(&seeds.parts(), confidence)?,
            None => normal_half_width(confidence) * self.sampling_std_error,
        };
        Ok(Interval::around(self.difference, half_width).clamped(-1.0, 1.0))
    }

    /// p-value of the hypothesis that the true difference is outside of ± `margin` (above 0): the larger
    /// of the two one-sided p-values against − `margin` and + `margin`. For one run each the
    /// distribution over images is taken as normal.
    ///
    /// D. J. Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach
    /// for assessing the equivalence of average bioavailability.
    ///
    /// # Errors
    /// None for a valid comparison.
    pub fn equivalence_p_value(&self, margin: f64) -> Result<f64> {
        // Distance from the nearer margin; negative outside of it.
        let distance = margin - self.difference.abs();
        let outer_half = match self.over_seeds {
            Some(seeds) => banerjee::p_value(distance, &seeds.parts())? / 2.0,
            None if self.sampling_std_error > 0.0 => {
                normal_tail(distance.abs() / self.sampling_std_error)
            }
            None => 0.0,
        };
        Ok(if distance > 0.0 {
            outer_half
        } else {
            1.0 - outer_half
        })
    }
}

/// Images that only `a` and images that only `b` predicts correctly; both (N), true for a correct
/// prediction.
pub fn disagreements(a: &[bool], b: &[bool]) -> (u64, u64) {
    let (mut only_a, mut only_b) = (0, 0);
    for (&a, &b) in a.iter().zip(b) {
        only_a += u64::from(a & !b);
        only_b += u64::from(b & !a);
    }
    (only_a, only_b)
}

/// Compares two models with one run each or with at least two runs each.
///
/// # Errors
/// Different numbers of images, or one run against several: the spread over seeds of one side would
/// be unknown.
pub fn compare(a: &CorrectMatrix, b: &CorrectMatrix) -> Result<Comparison> {
    let images = a.image_count();
    if b.image_count() != images {
        bail!(
            "expected {images} images of both models, found {}",
            b.image_count()
        );
    }
    let (runs_a, runs_b) = (a.run_count() as i64, b.run_count() as i64);
    if (runs_a == 1) != (runs_b == 1) {
        bail!("expected one run or several of both models, found {runs_a} and {runs_b}");
    }
    let denominator = (runs_a * runs_b) as f64;
    let (counts_a, counts_b) = (a.counts(), b.counts());
    let only_a_pairs: i64 = counts_a
        .iter()
        .zip(&counts_b)
        .map(|(&a, &b)| i64::from(a) * (runs_b - i64::from(b)))
        .sum();
    let differences = differences((&counts_a, runs_a), (&counts_b, runs_b));
    let difference_sum: i64 = differences.iter().sum();
    let shares: Vec<f64> = differences
        .iter()
        .map(|&difference| difference as f64 / denominator)
        .collect();
    let over_images = spread::variance(&shares).unwrap_or(0.0) / images as f64;
    let difference = difference_sum as f64 / (denominator * images as f64);
    let over_seeds = match (a.seed_component(), b.seed_component()) {
        (Some(seed_a), Some(seed_b)) => {
            let seeds = [seed_a, seed_b];
            let images = CrossedVariance::new(over_images, images, &seeds).images;
            Some(OverSeeds { images, seeds })
        }
        _ => None,
    };
    let only_a_correct = only_a_pairs as f64 / denominator;
    let only_b_correct = (only_a_pairs + difference_sum) as f64 / denominator;
    let p_value = match over_seeds {
        None => mcnemar::p_value(only_a_correct as u64, only_b_correct as u64)?,
        Some(seeds) => banerjee::p_value(difference, &seeds.parts())?,
    };
    Ok(Comparison {
        accuracy_a: a.accuracy(),
        accuracy_b: b.accuracy(),
        difference,
        only_a_correct,
        only_b_correct,
        sampling_std_error: over_images.sqrt(),
        mean_square: spread::mean(&shares.iter().map(|share| share * share).collect::<Vec<_>>()),
        over_seeds,
        p_value,
    })
}

/// The paired bootstrap's interval for the difference b − a: images are resampled `resamples` times,
/// runs are held fixed.
///
/// # Errors
/// None for matrices of the same images.
pub fn sampling_interval(
    a: &CorrectMatrix,
    b: &CorrectMatrix,
    confidence: f64,
    resamples: u32,
    generator: &mut impl Rng,
) -> Result<Interval> {
    let denominator = (a.run_count() * b.run_count()) as f64;
    let (counts_a, counts_b) = (a.counts(), b.counts());
    let differences = differences(
        (&counts_a, a.run_count() as i64),
        (&counts_b, b.run_count() as i64),
    );
    let interval = bootstrap::mean_interval(&differences, resamples, confidence, generator)?;
    Ok(Interval {
        low: interval.low / denominator,
        high: interval.high / denominator,
    })
}

/// For each image the difference of the shares of correct runs, b − a, times the runs of a and of b;
/// from the numbers of runs that are correct and the numbers of runs.
fn differences((a, runs_a): (&[u32], i64), (b, runs_b): (&[u32], i64)) -> Vec<i64> {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| runs_a * i64::from(b) - runs_b * i64::from(a))
        .collect()
}

#[cfg(test)]
mod tests {
    use pipelines::random::Streams;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    fn generator(id: u64) -> ChaCha8Rng {
        Streams::new(0, "comparison test", 0).id(id)
    }

    fn compare_runs(a: &[Vec<bool>], b: &[Vec<bool>]) -> Result<Comparison> {
        let a = CorrectMatrix::new(a.iter().map(Vec::as_slice).collect())?;
        let b = CorrectMatrix::new(b.iter().map(Vec::as_slice).collect())?;
        compare(&a, &b)
    }

    /// The bootstrap over images.
    fn sampling(a: &[Vec<bool>], b: &[Vec<bool>]) -> Interval {
        let a = CorrectMatrix::new(a.iter().map(Vec::as_slice).collect()).unwrap();
        let b = CorrectMatrix::new(b.iter().map(Vec::as_slice).collect()).unwrap();
        sampling_interval(&a, &b, 0.95, 500, &mut generator(0)).unwrap()
    }

    fn over_seeds(comparison: &Comparison) -> Interval {
        comparison.interval_at(0.95).unwrap()
    }

    /// A run on 200 images that predicts image `i` correctly when `correct(i)`.
    fn run(correct: impl Fn(usize) -> bool) -> Vec<bool> {
        (0..200).map(correct).collect()
    }

    #[test]
    fn one_run_each_is_mcnemars_test_and_the_bootstrap() {
        let (a, b) = ([run(|image| image >= 15)], [run(|image| image < 195)]);
        let found = compare_runs(&a, &b).unwrap();
        assert_eq!((found.only_a_correct, found.only_b_correct), (5.0, 15.0));
        assert_eq!(found.difference, 0.05);
        assert_eq!(found.p_value, mcnemar::p_value(5, 15).unwrap());
        assert!(found.over_seeds.is_none());
        assert!(sampling(&a, &b).low < 0.05 && 0.05 < sampling(&a, &b).high);
    }

    #[test]
    fn exchanging_the_models_changes_the_sign() {
        let a = [run(|image| image % 7 != 0), run(|image| image % 6 != 0)];
        let b = [run(|image| image % 9 != 0), run(|image| image % 5 != 0)];
        let (ab, ba) = (compare_runs(&a, &b).unwrap(), compare_runs(&b, &a).unwrap());
        assert_eq!(ab.difference, -ba.difference);
        assert_eq!(ab.only_a_correct, ba.only_b_correct);
        assert_eq!(ab.p_value, ba.p_value);
        assert_eq!(ab.std_error(), ba.std_error());
        assert!((over_seeds(&ab).low + over_seeds(&ba).high).abs() < 1e-12);
    }

    #[test]
    fn the_same_runs_do_not_differ() {
        let runs = [run(|image| image % 7 != 0), run(|image| image % 7 != 0)];
        let found = compare_runs(&runs, &runs).unwrap();
        assert_eq!((found.difference, found.p_value), (0.0, 1.0));
        assert_eq!(
            over_seeds(&found),
            Interval {
                low: 0.0,
                high: 0.0
            }
        );
    }

    // from statsmodels.stats.weightstats import DescrStatsW  # 0.15.0
    // x = DescrStatsW([0.001, 0.003, -0.0005, 0.002]); x.ttost_mean(-margin, margin)[0]
    #[test]
    fn with_the_spread_of_one_model_alone_equivalence_is_statsmodels() {
        let seeds = |variance_of_mean| SeedComponent {
            variance_of_mean,
            residual_of_mean: 0.0,
            degrees_of_freedom: 3.0,
        };
        let comparison = Comparison {
            difference: 0.001_375,
            over_seeds: Some(OverSeeds {
                images: VariancePart {
                    variance: 0.0,
                    degrees_of_freedom: 9_999.0,
                },
                seeds: [seeds(0.0), seeds(2.229_166_666_666_666_8e-6 / 4.0)],
            }),
            ..compare_runs(&[run(|_| true)], &[run(|_| true)]).unwrap()
        };
        for (margin, expected) in [
            (0.005, 0.008_337_035_096_916_38),
            (0.001, 0.675_005_522_926_977_6),
        ] {
            let found = comparison.equivalence_p_value(margin).unwrap();
            assert!((found - expected).abs() < 1e-9, "{margin}: {found}");
        }
    }

    #[test]
    fn one_run_against_several_and_different_images_are_refused() {
        let one = [run(|_| true)];
        let two = [run(|_| true), run(|_| false)];
        let found = compare_runs(&one, &two).unwrap_err().to_string();
        assert_eq!(
            found,
            "expected one run or several of both models, found 1 and 2"
        );
        let short = [vec![true; 10]];
        let found = compare_runs(&one, &short).unwrap_err().to_string();
        assert_eq!(found, "expected 200 images of both models, found 10");
    }

    /// Simulated runs of a model. A prediction is correct when the sum of four normal numbers is above
    /// 0: how easy the image is, how easy it is for this model, how good the seed is, and noise.
    fn draw_runs(easy: &[f64], seeds: usize, generator: &mut ChaCha8Rng) -> Vec<Vec<bool>> {
        let mut normal = || -> f64 { StandardNormal.sample(generator) };
        let own: Vec<f64> = easy.iter().map(|easy| easy + 0.5 * normal()).collect();
        (0..seeds)
            .map(|_| {
                let seed = 0.1 * normal();
                own.iter()
                    .map(|own| own + seed + 0.7 * normal() > 0.0)
                    .collect()
            })
            .collect()
    }

    #[test]
    fn the_interval_over_images_and_seeds_covers_and_that_over_images_alone_does_not() {
        const SIMULATIONS: u64 = 400;
        let (mut covered, mut covered_by_images) = (0, 0);
        for simulation in 0..SIMULATIONS {
            let generator = &mut generator(simulation);
            let easy: Vec<f64> = (0..2_000)
                .map(|_| 3.0 + 2.2 * Distribution::<f64>::sample(&StandardNormal, generator))
                .collect();
            // Both models are equally good on average, so the true difference is 0.
            let a = draw_runs(&easy, 3, generator);
            let b = draw_runs(&easy, 3, generator);
            let found = compare_runs(&a, &b).unwrap();
            covered += u64::from(over_seeds(&found).meets(0.0, 0.0));
            covered_by_images += u64::from(sampling(&a, &b).meets(0.0, 0.0));
        }
        let share = |count: u64| count as f64 / SIMULATIONS as f64;
        assert!((0.94..=1.0).contains(&share(covered)), "{}", share(covered));
        assert!(
            share(covered_by_images) < 0.85,
            "{}",
            share(covered_by_images)
        );
    }
}
