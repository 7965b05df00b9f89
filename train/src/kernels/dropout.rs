//! Dropout (Srivastava et al., 2014), scaled while training as in Keras and PyTorch.

use rayon::prelude::*;

use super::{masked::masked, simd::arch};

/// Values of a task.
const TASK_LEN: usize = 16_384;

/// y = x / (1 - rate) where the mask keeps it, 0 elsewhere. Whether value number i is kept depends
/// on (`key`, i) alone: SplitMix64 (Steele, Lea and Flood, 2014) started at `key`, jumped to i. The
/// gradient of x from that of y is the same function of it, with the same `rate` and `key`.
pub fn apply(rate: f32, key: u64, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    let (scale, dropped) = (scale(rate), dropped(rate));
    y.par_chunks_mut(TASK_LEN)
        .zip(x.par_chunks(TASK_LEN))
        .enumerate()
        .for_each(|(task, (y, x))| {
            let first = task * TASK_LEN;
            arch().dispatch(|| {
                for (index, (y, x)) in y.iter_mut().zip(x).enumerate() {
                    *y = masked(x * scale, bits(key, first + index) >= dropped);
                }
            });
        });
}

/// A key for one layer and step from the keys of both, so that neighbouring ones share no mask.
pub fn mix(layer_key: u64, step_key: u64) -> u64 {
    finalise(finalise(layer_key).wrapping_add(step_key))
}

fn scale(rate: f32) -> f32 {
    if rate < 1.0 { 1.0 / (1.0 - rate) } else { 0.0 }
}

/// Of the 2^[`BITS`] values of [`bits`], the lowest, which drop a value.
fn dropped(rate: f32) -> u64 {
    (f64::from(rate) * f64::from(1u32 << BITS)).ceil() as u64
}

const BITS: u32 = 24;

#[inline(always)]
fn bits(key: u64, index: usize) -> u64 {
    let step = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    finalise(key.wrapping_add(step)) >> (64 - BITS)
}

/// SplitMix64's output function.
#[inline(always)]
fn finalise(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
