//! x * scale + offset, value by value.

use rayon::prelude::*;

use super::simd::arch;

/// Values of a task.
const TASK_LEN: usize = 16_384;

/// y = x * `scale` + `offset`, of one length. With an offset of 0 this is its own backward operation.
pub fn rescale(scale: f32, offset: f32, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    y.par_chunks_mut(TASK_LEN)
        .zip(x.par_chunks(TASK_LEN))
        .for_each(|(y, x)| {
            arch().dispatch(|| {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = x * scale + offset;
                }
            });
        });
}
