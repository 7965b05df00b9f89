//! Holm's correction for several tests.

/// The p-values corrected so that, with all of them held against one significance level, the
/// probability of even one false alarm stays below it. In the order of `p_values`.
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

    proptest! {
        #[test]
        fn correction_keeps_the_order_and_lies_between_none_and_bonferronis(
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
            let least = p_values.iter().copied().fold(1.0, f64::min);
            let least_corrected = corrected.iter().copied().fold(1.0, f64::min);
            prop_assert!((least_corrected - (least * p_values.len() as f64).min(1.0)).abs() < 1e-12);
        }
    }
}
