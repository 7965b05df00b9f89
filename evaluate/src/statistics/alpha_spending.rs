//! Looking at the results after each seed without more false alarms.
//!
//! K. K. G. Lan and D. L. DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika
//! 70, with their spending function of O'Brien and Fleming's type. Several hypotheses share the level as
//! in Holm's correction: W. Maurer and F. Bretz (2013), Multiple testing in group sequential trials using
//! graphical approaches, Statistics in Biopharmaceutical Research 5.

use super::distribution::{normal_quantile, normal_tail};

/// Points of the density between the boundaries; odd, for Simpson's rule.
const POINTS: usize = 401;

/// The part of a two-sided `level` that is spent when a share `information` (0..=1) of all runs is there.
pub fn spent(level: f64, information: f64) -> f64 {
    4.0 * normal_tail(-normal_quantile(level / 4.0) / information.sqrt())
}

/// The level of the test at each look, so that the looks together have `level`: what each look spends is
/// the probability of crossing its boundary for the first time. `informations` (above 0, ascending, at
/// most 1) are the shares of all runs that are there at each look.
///
/// The density of the score between the boundaries is carried from look to look by numerical
/// integration (P. Armitage, C. K. McPherson and B. C. Rowe, 1969).
pub fn nominal_levels(level: f64, informations: &[f64]) -> Vec<f64> {
    let mut levels = Vec::with_capacity(informations.len());
    // The score, whose variance is the information, and its density times the weight of the point.
    let mut density: Vec<(f64, f64)> = vec![(0.0, 1.0)];
    let (mut information, mut spent_before) = (0.0, 0.0);
    for &next in informations {
        let step = (next - information).sqrt();
        let crossing = |boundary: f64| -> f64 {
            let score = boundary * next.sqrt();
            let tails = density.iter().map(|&(at, weight)| {
                weight * (normal_tail((score - at) / step) + normal_tail((score + at) / step))
            });
            tails.sum()
        };
        let spent = spent(level, next);
        let (mut low, mut high) = (0.0, 38.0);
        for _ in 0..80 {
            let middle = (low + high) / 2.0;
            if crossing(middle) > spent - spent_before {
                low = middle;
            } else {
                high = middle;
            }
        }
        levels.push(2.0 * normal_tail(high));
        density = carried(&density, high * next.sqrt(), step);
        (information, spent_before) = (next, spent);
    }
    levels
}

/// The density after a normal step of standard deviation `step`, within ± `boundary`.
fn carried(density: &[(f64, f64)], boundary: f64, step: f64) -> Vec<(f64, f64)> {
    let width = 2.0 * boundary / (POINTS - 1) as f64;
    let points = (0..POINTS).map(|point| {
        let at = -boundary + width * point as f64;
        let simpson = match point {
            0 => 1.0,
            point if point == POINTS - 1 => 1.0,
            point if point % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let value: f64 = density
            .iter()
            .map(|&(from, weight)| weight * (-((at - from) / step).powi(2) / 2.0).exp())
            .sum();
        let normal = step * (2.0 * std::f64::consts::PI).sqrt();
        (at, value / normal * simpson * width / 3.0)
    });
    points.collect()
}

/// For each hypothesis the first look, from 0, at which it is rejected at `level`, corrected for all of
/// them and for the looks; `None` when it is not rejected. `p_values` has a row for each look so far with
/// the two-sided p-value of each hypothesis; `informations` as in [`nominal_levels`], for all planned
/// looks.
pub fn decided(p_values: &[Vec<f64>], informations: &[f64], level: f64) -> Vec<Option<usize>> {
    let count = p_values.first().map_or(0, Vec::len);
    let mut decided = vec![None; count];
    let mut levels: Option<Vec<f64>> = None;
    for (look, of_look) in p_values.iter().enumerate() {
        loop {
            let left: Vec<usize> = (0..count)
                .filter(|&index| decided[index].is_none())
                .collect();
            let share = level / left.len().max(1) as f64;
            // No look has more than the whole level, so most need no integration.
            let below = |index: &usize| of_look[*index] < share;
            if !left.iter().any(below) {
                break;
            }
            let levels = levels.get_or_insert_with(|| nominal_levels(share, informations));
            let next = left
                .into_iter()
                .find(|&index| of_look[index] < levels[look]);
            let Some(index) = next else {
                break;
            };
            decided[index] = Some(look);
            // The others share what the rejected one leaves.
            let left = decided.iter().filter(|look| look.is_none()).count();
            *levels = nominal_levels(level / left.max(1) as f64, informations);
        }
    }
    decided
}

#[cfg(test)]
mod tests {
    use super::*;

    // library(rpact)  # 3.3.4; the first is also in D. M. Reboussin et al. (2000), table 1
    // getDesignGroupSequential(typeOfDesign="asOF", informationRates=(1:5)/5, alpha=0.05, sided=2)
    // getDesignGroupSequential(typeOfDesign="asOF", informationRates=(3:10)/10, alpha=0.05/7, sided=2)
    #[test]
    fn boundaries_are_rpacts() {
        let fifths: Vec<f64> = (1..=5).map(|look| f64::from(look) / 5.0).collect();
        let tenths: Vec<f64> = (3..=10).map(|look| f64::from(look) / 10.0).collect();
        for (level, informations, expected) in [
            (
                0.05,
                fifths,
                vec![4.876_88, 3.357_01, 2.680_28, 2.289_82, 2.031_03],
            ),
            (
                0.05 / 7.0,
                tenths,
                vec![
                    5.192_16, 4.462_65, 3.966_94, 3.604_47, 3.325_43, 3.102_33, 2.918_77, 2.764_34,
                ],
            ),
        ] {
            let found = nominal_levels(level, &informations);
            for (found, expected) in found.iter().zip(expected) {
                let found = -normal_quantile(found / 2.0);
                assert!((found - expected).abs() < 2e-4, "{found} {expected}");
            }
        }
    }

    // getDesignGroupSequential(…)$alphaSpent
    #[test]
    fn what_is_spent_is_rpacts() {
        assert!((spent(0.05, 0.2) / 1.077_742_5e-6 - 1.0).abs() < 1e-6);
        assert!((spent(0.05, 0.6) - 7.616_126_566e-3).abs() < 1e-9);
        assert!((spent(0.05, 1.0) - 0.05).abs() < 1e-9);
    }

    #[test]
    fn a_rejected_hypothesis_leaves_its_level_to_the_others() {
        let informations = [0.5, 1.0];
        let alone = nominal_levels(0.05, &informations)[1];
        let shared = nominal_levels(0.025, &informations)[1];
        let between = (alone + shared) / 2.0;
        let rejected =
            |first| decided(&[vec![first, 0.9], vec![1.0, between]], &informations, 0.05);
        assert_eq!(rejected(1e-9), [Some(0), Some(1)]);
        assert_eq!(rejected(0.9), [None, None]);
    }
}
