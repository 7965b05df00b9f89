/// Fails if `gradient` is not the slope of `loss` at `x`, by central differences of `step`.
pub fn assert_slope(
    what: &str,
    x: &[f32],
    gradient: &[f32],
    step: f32,
    tolerance: f64,
    loss: impl Fn(&[f32]) -> f64,
) {
    assert_eq!(x.len(), gradient.len(), "{what}: length");
    let mut moved = x.to_vec();
    // A few dozen places, spread over all of them.
    for index in (0..x.len()).step_by((x.len() / 48).max(1)) {
        moved[index] = x[index] + step;
        let (above, above_at) = (loss(&moved), moved[index]);
        moved[index] = x[index] - step;
        let (below, below_at) = (loss(&moved), moved[index]);
        moved[index] = x[index];
        let slope = (above - below) / f64::from(above_at - below_at);
        let found = f64::from(gradient[index]);
        assert!(
            (slope - found).abs() <= tolerance * slope.abs().max(1.0),
            "{what}[{index}]: gradient {found}, slope {slope}"
        );
    }
}
