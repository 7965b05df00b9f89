//! Holm's correction for several tests.

/// Corrected p-values in the order of `p_values`. Comparing all of them with one significance level
/// keeps the probability of at least one false positive below that level.
///
/// S. Holm (1979), A simple sequentially rejective multiple test procedure.
pub fn correct(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        let tests_left = (p_values.len() - rank) as f64;
        largest = largest.max((p_values[index] * tests_left).min(1.0));
        corrected[index] = largest;
    }
    corrected
}

/// The level that the correction leaves each test of `p_values`, which are given without correction:
/// `level` divided by the number of tests less those that are significant with a smaller p-value.
pub fn levels(p_values: &[f64], level: f64) -> Vec<f64> {
    let rejected = correct(p_values).into_iter().zip(p_values);
    let rejected: Vec<f64> = rejected
        .filter(|(corrected, _)| *corrected < level)
        .map(|(_, &p_value)| p_value)
        .collect();
    let levels = p_values.iter().map(|&p_value| {
        let before = rejected.iter().filter(|&&other| other < p_value).count();
        level / (p_values.len() - before) as f64
    });
    levels.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // from statsmodels.stats.multitest import multipletests  # 0.15.0
    // multipletests([0.01, 0.04, 0.03, 0.005, 0.6], method="holm")[1]
    #[test]
    fn corrected_p_values_are_statsmodels() {
        let found = correct(&[0.01, 0.04, 0.03, 0.005, 0.6]);
        for (found, expected) in found.iter().zip([0.04, 0.09, 0.09, 0.025, 0.6]) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn each_test_has_the_level_that_the_significant_ones_leave() {
        let found = levels(&[0.01, 0.6, 0.001, 0.3], 0.05);
        assert_eq!(found, [0.05 / 3.0, 0.05 / 2.0, 0.05 / 4.0, 0.05 / 2.0]);
    }

    proptest! {
        #[test]
        fn a_test_is_significant_exactly_below_its_level(
            p_values in prop::collection::vec(0.0..=0.2_f64, 1..20),
        ) {
            let corrected = correct(&p_values);
            for (index, level) in levels(&p_values, 0.05).into_iter().enumerate() {
                prop_assert_eq!(p_values[index] < level, corrected[index] < 0.05);
            }
        }


        #[test]
        fn corrected_p_values_keep_their_order_and_stay_below_bonferronis(
            p_values in prop::collection::vec(0.0..=1.0_f64, 1..40),
        ) {
            let corrected = correct(&p_values);
            for (a, &p_a) in p_values.iter().enumerate() {
                let bonferroni = (p_a * p_values.len() as f64).min(1.0);
                prop_assert!(p_a <= corrected[a] && corrected[a] <= 1.0);
                prop_assert!(corrected[a] <= bonferroni + 1e-12);
                for (b, &p_b) in p_values.iter().enumerate() {
                    prop_assert!(p_a > p_b || corrected[a] <= corrected[b]);
                }
            }
            let smallest = p_values.iter().copied().fold(1.0, f64::min);
            let smallest_corrected = corrected.iter().copied().fold(1.0, f64::min);
            prop_assert!((smallest_corrected - (smallest * p_values.len() as f64).min(1.0)).abs() < 1e-12);
        }
    }
}
