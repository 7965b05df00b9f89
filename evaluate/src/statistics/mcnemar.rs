//! McNemar's exact test.

use anyhow::{Context, Result};
use statrs::distribution::{Binomial, DiscreteCDF};

/// Two-sided p-value of the hypothesis that two networks are equally accurate, from the numbers of
/// images that only one of them predicts correctly. Under the hypothesis each such image is a fair
/// coin toss: twice the smaller tail of Binomial(only a + only b, 1/2), at most 1.
///
/// Q. McNemar (1947), Note on the sampling error of the difference between correlated proportions;
/// exact form as in statsmodels' `mcnemar(exact=True)`.
///
/// # Errors
/// None for counts of images.
pub fn p_value(only_a_correct: u64, only_b_correct: u64) -> Result<f64> {
    let disagreements = only_a_correct + only_b_correct;
    let coins = Binomial::new(0.5, disagreements)
        .with_context(|| format!("no binomial distribution of {disagreements} images"))?;
    Ok((2.0 * coins.cdf(only_a_correct.min(only_b_correct))).min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // from statsmodels.stats.contingency_tables import mcnemar  # 0.15.0
    // mcnemar([[0, b], [c, 0]], exact=True).pvalue
    #[test]
    fn p_values_are_statsmodels() {
        for (b, c, expected) in [
            (5, 15, 0.041_389_465_332_031_25),
            (0, 0, 1.0),
            (1, 0, 1.0),
            (300, 250, 0.036_578_745_549_102_676),
            (12, 40, 0.000_127_538_783_855_740_7),
            (1000, 700, 3.585_261_571_938_489e-13),
        ] {
            let found = p_value(b, c).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-9, "{b} {c}: {found}");
        }
    }

    proptest! {
        #[test]
        fn the_test_is_symmetric_and_p_values_fall_as_disagreement_grows_one_sided(
            few in 0_u64..500,
            more in 0_u64..500,
        ) {
            let found = p_value(few, few + more).unwrap();
            prop_assert_eq!(found, p_value(few + more, few).unwrap());
            prop_assert!((0.0..=1.0).contains(&found));
            prop_assert!(p_value(few, few + more + 1).unwrap() <= found + 1e-12);
        }
    }
}
