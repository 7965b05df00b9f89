//! Maximum over windows. Rows and columns that no window reaches have no gradient.

use rayon::prelude::*;

use super::{masked::masked, window::Windows};

/// y = the largest value under each window, and in `winner` its position in the window (row-major,
/// the first of equals). x (N, H, W, channels); y and winner (N, output height, output width,
/// channels).
pub fn forward(windows: &Windows, channels: usize, x: &[f32], y: &mut [f32], winner: &mut [u8]) {
    assert!(
        windows.window_area() <= 256,
        "the position must fit one byte"
    );
    let (input, output) = (
        windows.input_area() * channels,
        windows.output_area() * channels,
    );
    assert_eq!(x.len(), windows.batch * input);
    assert_eq!(y.len(), windows.batch * output);
    assert_eq!(winner.len(), y.len());
    y.par_chunks_mut(output)
        .zip(winner.par_chunks_mut(output))
        .zip(x.par_chunks(input))
        .for_each(|((y, winner), x)| {
            let cells = y.chunks_mut(channels).zip(winner.chunks_mut(channels));
            for (at, (y, winner)) in cells.enumerate() {
                let position = [at / windows.output[1], at % windows.output[1]];
                y.fill(f32::NEG_INFINITY);
                winner.fill(0);
                for place in 0..windows.window_area() {
                    let (down, right) = (place / windows.size[1], place % windows.size[1]);
                    let Some(from) = windows.position(position, down, right) else {
                        continue;
                    };
                    let x = &x[from * channels..(from + 1) * channels];
                    for ((y, winner), x) in y.iter_mut().zip(&mut *winner).zip(x) {
                        // All values are read and written, so that the compiler needs no branch.
                        let (new, old, before) = (*x, *y, *winner);
                        // A NaN must reach the loss, not hide.
                        let is_better = (new > old) | new.is_nan();
                        *y = if is_better { new } else { old };
                        *winner = if is_better { place as u8 } else { before };
                    }
                }
            }
        });
}

/// Writes the gradient of [`forward`]'s input to `dx`: each value of `dy` at the position of its winner.
pub fn backward(windows: &Windows, channels: usize, winner: &[u8], dy: &[f32], dx: &mut [f32]) {
    let (input, output) = (
        windows.input_area() * channels,
        windows.output_area() * channels,
    );
    assert_eq!(dx.len(), windows.batch * input);
    assert_eq!(dy.len(), windows.batch * output);
    assert_eq!(winner.len(), dy.len());
    dx.par_chunks_mut(input)
        .zip(dy.par_chunks(output))
        .zip(winner.par_chunks(output))
        .for_each(|((dx, dy), winner)| {
            dx.fill(0.0);
            let cells = dy.chunks(channels).zip(winner.chunks(channels));
            for (at, (dy, winner)) in cells.enumerate() {
                let position = [at / windows.output[1], at % windows.output[1]];
                for place in 0..windows.window_area() {
                    let (down, right) = (place / windows.size[1], place % windows.size[1]);
                    let Some(to) = windows.position(position, down, right) else {
                        continue;
                    };
                    let dx = &mut dx[to * channels..(to + 1) * channels];
                    for ((dx, dy), winner) in dx.iter_mut().zip(dy).zip(winner) {
                        *dx += masked(*dy, usize::from(*winner) == place);
                    }
                }
            }
        });
}
