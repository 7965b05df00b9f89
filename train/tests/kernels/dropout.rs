use train::kernels::dropout::{apply, mix};

/// Whether each of the first eight outputs of SplitMix64 seeded with 9 is at least 0.3 of its range,
/// calculated apart from this code.
const FIRST_KEPT: [bool; 8] = [true, true, false, true, false, false, true, true];

#[test]
fn the_kept_share_is_one_minus_the_rate_and_the_mean_stays() {
    for rate in [0.0, 0.2, 0.5, 0.9] {
        let x = vec![1.0; 100_000];
        let mut y = vec![0.0; x.len()];
        apply(rate, 7, &x, &mut y);
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
fn what_is_kept_depends_on_the_place_alone() {
    let x = vec![1.0; 50_001];
    let (mut all, mut first) = (vec![f32::NAN; 50_001], vec![f32::NAN; 20_000]);
    apply(0.3, 9, &x, &mut all);
    apply(0.3, 9, &x[..20_000], &mut first);
    assert_eq!(all[..20_000], first);
    let kept: Vec<bool> = all[..8].iter().map(|y| *y != 0.0).collect();
    assert_eq!(kept, FIRST_KEPT);
}

#[test]
fn what_is_dropped_is_zero_whatever_it_was() {
    let (x, mut y) = ([f32::NAN, f32::INFINITY, -1.0].repeat(100), vec![1.0; 300]);
    let mut kept = vec![0.0; 300];
    apply(0.5, 3, &[1.0; 300], &mut kept);
    apply(0.5, 3, &x, &mut y);
    for ((x, y), kept) in x.iter().zip(&y).zip(&kept) {
        match *kept == 0.0 {
            true => assert_eq!(y.to_bits(), 0),
            false => assert_eq!(y.to_bits(), (x * kept).to_bits()),
        }
    }
}

#[test]
fn other_keys_give_other_masks() {
    let x = vec![1.0; 64];
    let mask = |key| {
        let mut y = vec![0.0; x.len()];
        apply(0.5, key, &x, &mut y);
        y
    };
    assert_ne!(mask(1), mask(2));
    assert_eq!(mask(1), mask(1));
    assert_ne!(mix(1, 2), mix(2, 1));
    // A neighbour's mask is not this one shifted by one place.
    assert_ne!(mask(mix(3, 4))[1..], mask(mix(3, 5))[..63]);
}
