use proptest::prelude::*;
use train::kernels::{
    max_pool2d::{backward, forward},
    window::{Padding, Windows},
};

use crate::{finite_difference::assert_slope, numbers::numbers, weighted::weighted};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_window_gives_its_largest_value(
        batch in 1usize..4, height in 4usize..14, width in 4usize..14, channels in 1usize..20,
        size in 1usize..4, stride in 1usize..4, seed: u64,
    ) {
        let windows = Windows::new(
            batch, [height, width], [size, size], [stride, stride], Padding::Valid,
        ).unwrap();
        let x = numbers(seed, batch * height * width * channels);
        let mut y = vec![f32::NAN; batch * windows.output_area() * channels];
        let mut winner = vec![0; y.len()];
        forward(&windows, channels, &x, &mut y, &mut winner);
        let mut at = 0;
        for image in 0..batch {
            for row in 0..windows.output[0] {
                for column in 0..windows.output[1] {
                    for channel in 0..channels {
                        let value = |place: usize| {
                            let down = row * stride + place / size;
                            let right = column * stride + place % size;
                            x[((image * height + down) * width + right) * channels + channel]
                        };
                        let largest = (0..size * size).map(value).fold(f32::MIN, f32::max);
                        prop_assert_eq!(y[at], largest);
                        prop_assert_eq!(value(winner[at].into()), largest);
                        at += 1;
                    }
                }
            }
        }
    }
}

#[test]
fn the_gradient_is_the_slope_at_odd_sizes() {
    for (input, size) in [([13, 13], 2), ([11, 11], 2), ([7, 9], 3)] {
        let windows = Windows::new(2, input, [size, size], [size, size], Padding::Valid).unwrap();
        let channels = 3;
        // Values apart by more than the step, so that no winner changes.
        let len = 2 * windows.input_area() * channels;
        let x: Vec<f32> = (0..len).map(|i| (i * 7919 % len) as f32 * 0.1).collect();
        let weights = numbers(1, 2 * windows.output_area() * channels);
        let pool = |x: &[f32]| {
            let mut y = vec![0.0; weights.len()];
            let mut winner = vec![0; weights.len()];
            forward(&windows, channels, x, &mut y, &mut winner);
            (y, winner)
        };
        let (_, winner) = pool(&x);
        let mut dx = vec![f32::NAN; len];
        backward(&windows, channels, &winner, &weights, &mut dx);
        assert_slope("dx", &x, &dx, 0.01, 1e-2, |x| {
            weighted(&pool(x).0, &weights)
        });
    }
}

#[test]
fn the_last_row_and_column_of_an_odd_map_have_no_gradient() {
    let windows = Windows::new(1, [5, 5], [2, 2], [2, 2], Padding::Valid).unwrap();
    let mut x = vec![0.0; 25];
    for (position, x) in x.iter_mut().enumerate() {
        if position / 5 == 4 || position % 5 == 4 {
            *x = 9.0;
        }
    }
    let (mut y, mut winner) = (vec![0.0; 4], vec![0; 4]);
    forward(&windows, 1, &x, &mut y, &mut winner);
    assert_eq!(y, [0.0; 4]);
    let mut dx = vec![f32::NAN; 25];
    backward(&windows, 1, &winner, &[1.0; 4], &mut dx);
    // Of equals, the first.
    let expected: Vec<f32> = (0..25)
        .map(|position| f32::from([0, 2, 10, 12].contains(&position)))
        .collect();
    assert_eq!(dx, expected);
}

#[test]
fn nan_is_not_hidden() {
    let windows = Windows::new(1, [2, 2], [2, 2], [2, 2], Padding::Valid).unwrap();
    for place in 0..4 {
        let mut x = [1.0; 4];
        x[place] = f32::NAN;
        let (mut y, mut winner) = ([0.0], [0]);
        forward(&windows, 1, &x, &mut y, &mut winner);
        assert!(y[0].is_nan(), "at {place}");
    }
}
