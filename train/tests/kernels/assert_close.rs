/// Fails with the first place where `found` is further from `expected` than `tolerance` times the
/// largest expected value; sums of [`crate::numbers::numbers`] are no more accurate than for a value of 1.
pub fn assert_close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    let largest = expected
        .iter()
        .fold(1.0f64, |largest, value| largest.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(*found) - expected).abs();
        assert!(
            difference <= tolerance * largest,
            "{what}[{index}]: found {found}, expected {expected} (largest {largest})"
        );
    }
}
