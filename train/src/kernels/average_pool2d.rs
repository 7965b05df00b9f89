//! Mean over windows that lie inside the map. Rows and columns that no window reaches have no
//! gradient.

use rayon::prelude::*;

use super::window::Windows;

/// y = the mean under each window. x (N, H, W, channels), y (N, output height, output width,
/// channels).
pub fn forward(windows: &Windows, channels: usize, x: &[f32], y: &mut [f32]) {
    let (input, output) = (
        windows.input_area() * channels,
        windows.output_area() * channels,
    );
    assert_eq!(x.len(), windows.batch * input);
    assert_eq!(y.len(), windows.batch * output);
    let scale = 1.0 / windows.window_area() as f32;
    y.par_chunks_mut(output)
        .zip(x.par_chunks(input))
        .for_each(|(y, x)| {
            for (at, y) in y.chunks_mut(channels).enumerate() {
                y.fill(0.0);
                for from in positions(windows, at) {
                    let x = &x[from * channels..(from + 1) * channels];
                    for (y, x) in y.iter_mut().zip(x) {
                        *y += x;
                    }
                }
                for y in y {
                    *y *= scale;
                }
            }
        });
}

/// Writes the gradient of [`forward`]'s input to `dx`: each value of `dy`, divided by the window's
/// positions, at each of them.
pub fn backward(windows: &Windows, channels: usize, dy: &[f32], dx: &mut [f32]) {
    let (input, output) = (
        windows.input_area() * channels,
        windows.output_area() * channels,
    );
    assert_eq!(dx.len(), windows.batch * input);
    assert_eq!(dy.len(), windows.batch * output);
    let scale = 1.0 / windows.window_area() as f32;
    dx.par_chunks_mut(input)
        .zip(dy.par_chunks(output))
        .for_each(|(dx, dy)| {
            dx.fill(0.0);
            for (at, dy) in dy.chunks(channels).enumerate() {
                for to in positions(windows, at) {
                    let dx = &mut dx[to * channels..(to + 1) * channels];
                    for (dx, dy) in dx.iter_mut().zip(dy) {
                        *dx += dy * scale;
                    }
                }
            }
        });
}

/// The positions in the map under window number `at`.
fn positions(windows: &Windows, at: usize) -> impl Iterator<Item = usize> {
    let position = [at / windows.output[1], at % windows.output[1]];
    (0..windows.window_area()).filter_map(move |place| {
        windows.position(position, place / windows.size[1], place % windows.size[1])
    })
}
