//! Wilson's interval for a proportion.

use super::distribution::normal_half_width;
use super::interval::Interval;

/// Interval of `confidence` (0..1) for the success probability, given `correct` of `n` images; 0..=1
/// without images.
///
/// E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
pub fn interval(correct: u64, n: u64, confidence: f64) -> Interval {
    if n == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    interval_of_share(correct as f64 / n as f64, n as f64, confidence)
}

/// The same for an observed `share` and a number of images `n`, above 0, that need not be whole: the
/// effective size of a sample.
pub fn interval_of_share(share: f64, n: f64, confidence: f64) -> Interval {
    let z = normal_half_width(confidence);
    let shrink = 1.0 + z * z / n;
    let center = (share + z * z / (2.0 * n)) / shrink;
    let half_width = z / shrink * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    // For 0 and n correct images one end is the share itself; rounding may miss it.
    let interval = Interval::around(center, half_width).clamped(0.0, 1.0);
    Interval {
        low: interval.low.min(share),
        high: interval.high.max(share),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // from statsmodels.stats.proportion import proportion_confint  # 0.15.0
    // proportion_confint(correct, n, 0.05, "wilson")
    #[test]
    fn intervals_are_statsmodels() {
        for (correct, n, low, high) in [
            (
                9049,
                10_000,
                0.898_993_907_416_613_3,
                0.910_495_130_702_812_8,
            ),
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (10, 10, 0.722_467_200_137_110_6, 1.0),
            (7, 10, 0.396_778_147_461_145_37, 0.892_208_732_593_699_3),
        ] {
            let found = interval(correct, n, 0.95);
            assert!((found.low - low).abs() < 1e-12, "{found:?}");
            assert!((found.high - high).abs() < 1e-12, "{found:?}");
        }
    }

    proptest! {
        #[test]
        fn the_interval_contains_the_share_and_mirrors(n in 1_u64..20_000, share in 0.0..=1.0_f64) {
            let correct = (share * n as f64) as u64;
            let found = interval(correct, n, 0.95);
            let mirrored = interval(n - correct, n, 0.95);
            let share = correct as f64 / n as f64;
            prop_assert!(0.0 <= found.low && found.low <= share);
            prop_assert!(share <= found.high && found.high <= 1.0);
            prop_assert!((mirrored.low - (1.0 - found.high)).abs() < 1e-12);
        }
    }
}
