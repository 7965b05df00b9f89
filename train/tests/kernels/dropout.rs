use train::kernels::dropout::{backward, forward, mix};

#[test]
fn the_kept_share_is_one_minus_the_rate_and_the_mean_stays() {
    for rate in [0.0, 0.2, 0.5, 0.9] {
        let x = vec![1.0; 100_000];
        let mut y = vec![0.0; x.len()];
        forward(rate, 7, &x, &mut y);
        let kept = y.iter().filter(|&&y| y != 0.0).count() as f32 / x.len() as f32;
        assert!(
            (kept - (1.0 - rate)).abs() < 0.01,
            "rate {rate}: kept {kept}"
        );
        let scale = 1.0 / (1.0 - rate);
        assert!(y.iter().all(|&y| y == 0.0 || y == scale));
    }
}

#[test]
fn the_gradient_goes_where_the_values_went() {
    let x = vec![1.0; 1000];
    let (mut y, mut dx) = (vec![0.0; 1000], vec![f32::NAN; 1000]);
    forward(0.3, 9, &x, &mut y);
    backward(0.3, 9, &x, &mut dx);
    assert_eq!(y, dx);
}

#[test]
fn other_keys_give_other_masks() {
    let x = vec![1.0; 64];
    let mask = |key| {
        let mut y = vec![0.0; x.len()];
        forward(0.5, key, &x, &mut y);
        y
    };
    assert_ne!(mask(1), mask(2));
    assert_eq!(mask(1), mask(1));
    assert_ne!(mix(1, 2), mix(2, 1));
    // A neighbour's mask is not this one shifted by one place.
    assert_ne!(mask(mix(3, 4))[1..], mask(mix(3, 5))[..63]);
}
