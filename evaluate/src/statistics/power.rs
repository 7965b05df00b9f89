//! How much evidence an effect of a given size would need.

use anyhow::Result;

use super::comparison::OverSeeds;
use super::distribution::{
    mean_square_quantile, normal_half_width, normal_quantile, normal_tail, t_critical,
};

/// Probability of finding the effect significant.
pub const POWER: f64 = 0.8;
/// Nobody trains more runs of a model: an effect that would need more counts as out of reach.
const MOST_RUNS: u64 = 10_000;
/// The same for test images.
const MOST_IMAGES: u64 = 1_000_000_000;
/// Points at which the distribution of each estimated variance is evaluated.
const NODES: usize = 48;

/// How many images or runs an effect needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// This many give [`POWER`].
    Number(u64),
    /// The other source of chance alone keeps the power below [`POWER`].
    NoNumberWouldDo,
    /// There is no difference to find.
    NoDifference,
}

/// True values that a comparison of two models with several runs is planned for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    /// Difference of the two accuracies.
    pub difference: f64,
    /// Variance over images of the difference of the two models' expected correctness.
    pub image_variance: f64,
    /// Variance over seeds of each model's accuracy on infinitely many images.
    pub seed_variances: [f64; 2],
    /// Variance of each model's correctness by the interaction of seed and image.
    pub interactions: [f64; 2],
}

impl Design {
    /// From what a comparison on `images` images found.
    pub fn found(difference: f64, over_seeds: &OverSeeds, images: usize) -> Self {
        let images = images as f64;
        let residuals = over_seeds.seeds.map(|seed| seed.residual_of_run());
        let runs = over_seeds.seeds.map(|seed| seed.variance_of_run());
        Self {
            difference,
            image_variance: over_seeds.images.variance * images,
            seed_variances: [0, 1].map(|model| (runs[model] - residuals[model]).max(0.0)),
            interactions: [0, 1].map(|model| residuals[model].min(runs[model]) * images),
        }
    }

    /// Probability that Banerjee's test at `level` finds the difference with `images` images and with
    /// `runs` runs of each model; either may be infinite. The two estimated variances are integrated
    /// over their chi-squared distributions.
    ///
    /// # Errors
    /// Fewer than two runs.
    pub fn power(&self, images: f64, runs: [f64; 2], level: f64) -> Result<f64> {
        let z = normal_half_width(1.0 - level);
        let from_images = self.image_variance / images;
        let mut from_seeds = [0.0; 2];
        let mut factors = [[0.0; NODES]; 2];
        for model in 0..2 {
            if runs[model].is_infinite() {
                continue;
            }
            from_seeds[model] =
                (self.seed_variances[model] + self.interactions[model] / images) / runs[model];
            let degrees_of_freedom = runs[model] - 1.0;
            let t = t_critical(level, degrees_of_freedom)?;
            for (node, factor) in factors[model].iter_mut().enumerate() {
                let probability = (node as f64 + 0.5) / NODES as f64;
                *factor = t * t * mean_square_quantile(probability, degrees_of_freedom)?;
            }
        }
        let std_error = (from_images + from_seeds[0] + from_seeds[1]).sqrt();
        if std_error == 0.0 {
            return Ok(if self.difference == 0.0 { 0.0 } else { 1.0 });
        }
        let mut sum = 0.0;
        for a in factors[0] {
            for b in factors[1] {
                let reach = (z * z * from_images + a * from_seeds[0] + b * from_seeds[1]).sqrt();
                sum += normal_tail((reach - self.difference) / std_error)
                    + normal_tail((reach + self.difference) / std_error);
            }
        }
        Ok(sum / (NODES * NODES) as f64)
    }

    /// Number of runs of each model, at least 2, that give [`POWER`] at `level` on `images` images.
    ///
    /// # Errors
    /// None for a level between 0 and 1.
    pub fn runs_needed(&self, images: usize, level: f64) -> Result<Needed> {
        let images = images as f64;
        self.search(2, MOST_RUNS, f64::INFINITY, |runs| {
            self.power(images, [runs; 2], level)
        })
    }

    /// Number of images that give [`POWER`] at `level` with `runs` runs of each model.
    ///
    /// # Errors
    /// Fewer than two runs.
    pub fn images_needed(&self, runs: [usize; 2], level: f64) -> Result<Needed> {
        let runs = runs.map(|runs| runs as f64);
        self.search(1, MOST_IMAGES, f64::INFINITY, |images| {
            self.power(images, runs, level)
        })
    }

    fn search(
        &self,
        least: u64,
        most: u64,
        limit: f64,
        power: impl Fn(f64) -> Result<f64>,
    ) -> Result<Needed> {
        if self.difference == 0.0 {
            return Ok(Needed::NoDifference);
        }
        if power(limit)? < POWER {
            return Ok(Needed::NoNumberWouldDo);
        }
        let (mut enough, mut short) = (least, least - 1);
        while power(enough as f64)? < POWER {
            if enough >= most {
                return Ok(Needed::NoNumberWouldDo);
            }
            short = enough;
            enough = (enough * 2).min(most);
        }
        while enough - short > 1 {
            let middle = short + (enough - short) / 2;
            if power(middle as f64)? < POWER {
                short = middle;
            } else {
                enough = middle;
            }
        }
        Ok(Needed::Number(enough))
    }

    /// The smallest difference of accuracies, above 0, that is found with [`POWER`] at `level` with
    /// `runs` runs of each model on `images` images; `difference` is not used.
    ///
    /// # Errors
    /// Fewer than two runs.
    pub fn smallest_difference(&self, images: usize, runs: usize, level: f64) -> Result<f64> {
        let power = |difference| {
            Self {
                difference,
                ..*self
            }
            .power(images as f64, [runs as f64; 2], level)
        };
        let (mut low, mut high) = (0.0, 1e-6);
        while power(high)? < POWER {
            low = high;
            high *= 2.0;
        }
        while high - low > 1e-6 * high {
            let middle = (low + high) / 2.0;
            if power(middle)? < POWER {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(high)
    }
}

/// Number of images with which McNemar's test of single runs at `level` finds a `difference` of
/// accuracies with [`POWER`]. `mean_square` is the share of images that only one of the two predicts
/// correctly.
///
/// R. J. Connor (1987), Sample size for testing differences in proportions for the paired-sample
/// design, Biometrics 43.
pub fn images_needed_of_single_runs(difference: f64, mean_square: f64, level: f64) -> Needed {
    if difference == 0.0 {
        return Needed::NoDifference;
    }
    let without_effect = mean_square.sqrt();
    let with_effect = (mean_square - difference * difference).max(0.0).sqrt();
    let reach =
        normal_half_width(1.0 - level) * without_effect + normal_quantile(POWER) * with_effect;
    Needed::Number((reach / difference).powi(2).ceil() as u64)
}

/// Largest standard deviation over seeds with which a `difference` between single runs would still be
/// significant at `level` if that spread were known; `None` when it is not significant even without
/// spread.
pub fn tolerated_seed_std(difference: f64, sampling_std_error: f64, level: f64) -> Option<f64> {
    let std_error = difference.abs() / normal_half_width(1.0 - level);
    let left = std_error.powi(2) - sampling_std_error.powi(2);
    (left > 0.0).then(|| (left / 2.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seeds of one model are the only source of chance.
    fn one_spread(difference: f64) -> Design {
        Design {
            difference,
            image_variance: 0.0,
            seed_variances: [1.0, 0.0],
            interactions: [0.0; 2],
        }
    }

    // from scipy.stats import nct, t  # 1.17.1
    // def power(effect, n, level):
    //     c, nc = t.isf(level / 2, n - 1), effect * n**0.5
    //     return nct.sf(c, n - 1, nc) + nct.cdf(-c, n - 1, nc)
    // power(2, 5, 0.05), power(1, 10, 0.05 / 7), power(3, 3, 0.05)
    #[test]
    fn with_one_source_of_chance_the_power_is_that_of_the_noncentral_t_distribution() {
        for (effect, runs, level, expected) in [
            (2.0, 5.0, 0.05, 0.908_884_868_100_940_2),
            (1.0, 10.0, 0.05 / 7.0, 0.440_670_125_065_284_5),
            (3.0, 3.0, 0.05, 0.745_268_007_006_283_5),
        ] {
            let found = one_spread(effect).power(1.0, [runs; 2], level).unwrap();
            assert!((found - expected).abs() < 0.003, "{found} {expected}");
        }
    }

    // from scipy.stats import binom  # 1.17.1
    // def power(n, b, c):  # exact McNemar, only-a share b, only-b share c
    //     return sum(binom.pmf(m, n, b + c) * sum(
    //         binom.pmf(k, m, c / (b + c)) for k in range(m + 1)
    //         if min(1, 2 * binom.cdf(min(k, m - k), m, 0.5)) < 0.05) for m in range(n + 1))
    // power(29431, 0.028, 0.032), power(4707, 0.025, 0.035)  # 0.7936, 0.7855
    #[test]
    fn the_exact_test_nearly_reaches_the_power_with_the_images_needed() {
        assert_eq!(
            images_needed_of_single_runs(0.004, 0.06, 0.05),
            Needed::Number(29_431)
        );
        assert_eq!(
            images_needed_of_single_runs(-0.01, 0.06, 0.05),
            Needed::Number(4_707)
        );
    }

    #[test]
    fn the_numbers_needed_just_reach_the_power() {
        let design = Design {
            difference: 0.008,
            image_variance: 0.05,
            seed_variances: [1.2e-5, 0.4e-5],
            interactions: [0.03, 0.04],
        };
        let Needed::Number(runs) = design.runs_needed(10_000, 0.05 / 7.0).unwrap() else {
            panic!("a number of runs would do");
        };
        let power = |runs: u64| {
            let runs = runs as f64;
            design.power(10_000.0, [runs; 2], 0.05 / 7.0).unwrap()
        };
        assert!(power(runs - 1) < POWER && POWER <= power(runs), "{runs}");
        let Needed::Number(images) = design.images_needed([8, 8], 0.05).unwrap() else {
            panic!("a number of images would do");
        };
        let power = |images: u64| design.power(images as f64, [8.0; 2], 0.05).unwrap();
        assert!(
            power(images - 1) < POWER && POWER <= power(images),
            "{images}"
        );
        let smallest = design.smallest_difference(10_000, runs as usize, 0.05 / 7.0);
        assert!((0.007..=0.008).contains(&smallest.unwrap()));
    }

    #[test]
    fn what_one_source_of_chance_hides_no_number_of_the_other_shows() {
        let design = Design {
            difference: 0.004,
            image_variance: 0.06,
            seed_variances: [2e-5; 2],
            interactions: [0.03; 2],
        };
        // A standard error of 0.24 points by the images, of 0.28 points by five seeds.
        assert_eq!(
            design.runs_needed(10_000, 0.05).unwrap(),
            Needed::NoNumberWouldDo
        );
        assert_eq!(
            design.images_needed([5, 5], 0.05).unwrap(),
            Needed::NoNumberWouldDo
        );
        let none = Design {
            difference: 0.0,
            ..design
        };
        assert_eq!(
            none.runs_needed(10_000, 0.05).unwrap(),
            Needed::NoDifference
        );
    }

    #[test]
    fn a_tolerated_spread_makes_the_effect_just_significant() {
        let spread = tolerated_seed_std(0.01, 0.003, 0.05).unwrap();
        let std_error = (0.003_f64.powi(2) + 2.0 * spread * spread).sqrt();
        assert!((0.01 / std_error - normal_half_width(0.95)).abs() < 1e-12);
        assert_eq!(tolerated_seed_std(-0.005, 0.003, 0.05), None);
    }
}
