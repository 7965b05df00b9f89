use train::kernels::{
    average_pool2d::{backward, forward},
    window::{Padding, Windows},
};

use crate::{finite_difference::assert_slope, numbers::numbers, weighted::weighted};

#[test]
fn every_window_gives_its_mean() {
    let windows = Windows::new(1, [5, 3], [2, 2], [2, 2], Padding::Valid).unwrap();
    let x: Vec<f32> = (0..15).map(|value| value as f32).collect();
    let mut y = vec![0.0; 2];
    forward(&windows, 1, &x, &mut y);
    assert_eq!(y, [(1 + 3 + 4) as f32 / 4.0, (6 + 7 + 9 + 10) as f32 / 4.0]);
}

#[test]
fn the_gradient_is_the_slope_at_odd_sizes() {
    for (input, size, stride) in [([13, 11], 2, 2), ([7, 9], 3, 2), ([5, 5], 2, 3)] {
        let windows =
            Windows::new(2, input, [size, size], [stride, stride], Padding::Valid).unwrap();
        let channels = 3;
        let x = numbers(1, 2 * windows.input_area() * channels);
        let weights = numbers(2, 2 * windows.output_area() * channels);
        let mut dx = vec![f32::NAN; x.len()];
        backward(&windows, channels, &weights, &mut dx);
        assert_slope("dx", &x, &dx, 0.1, 1e-4, |x| {
            let mut y = vec![0.0; weights.len()];
            forward(&windows, channels, x, &mut y);
            weighted(&y, &weights)
        });
    }
}
