//! Sums and means of arrays, value by value.

use rayon::prelude::*;

use super::simd::arch;

/// Values of a task.
const TASK_LEN: usize = 16_384;

/// y = a + b, all of one length.
pub fn add(a: &[f32], b: &[f32], y: &mut [f32]) {
    assert_eq!(a.len(), y.len());
    assert_eq!(b.len(), y.len());
    y.par_chunks_mut(TASK_LEN)
        .zip(a.par_chunks(TASK_LEN))
        .zip(b.par_chunks(TASK_LEN))
        .for_each(|((y, a), b)| {
            arch().dispatch(|| {
                for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                    *y = a + b;
                }
            });
        });
}

/// y += x, of one length.
pub fn add_to(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    y.par_chunks_mut(TASK_LEN)
        .zip(x.par_chunks(TASK_LEN))
        .for_each(|(y, x)| {
            arch().dispatch(|| {
                for (y, x) in y.iter_mut().zip(x) {
                    *y += x;
                }
            });
        });
}

/// y = y * `kept` + x * (1 - `kept`), of one length.
pub fn average_into(kept: f32, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    let new = 1.0 - kept;
    y.par_chunks_mut(TASK_LEN)
        .zip(x.par_chunks(TASK_LEN))
        .for_each(|(y, x)| {
            arch().dispatch(|| {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = kept * *y + new * x;
                }
            });
        });
}
