//! Transposition of row-major matrices.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use rayon::prelude::*;

use super::shared_slice::SharedSlice;

/// Rows of a task.
const ROWS: usize = 128;

/// Writes the transpose of a row-major (rows, columns) matrix.
pub fn transpose(source: &[f32], rows: usize, columns: usize, target: &mut [f32]) {
    assert_eq!(source.len(), rows * columns);
    assert_eq!(target.len(), rows * columns);
    let target = SharedSlice::new(target);
    (0..rows.div_ceil(ROWS)).into_par_iter().for_each(|task| {
        let first = task * ROWS;
        let last = rows.min(first + ROWS);
        for row in (first..last).step_by(BLOCK) {
            for column in (0..columns).step_by(BLOCK) {
                if row + BLOCK <= last && column + BLOCK <= columns {
                    // SAFETY: the block lies inside both matrices; each task has rows of its own,
                    // so it writes to columns of its own.
                    unsafe {
                        block(
                            source.as_ptr().add(row * columns + column),
                            columns,
                            target.at(column * rows + row, 0),
                            rows,
                        );
                    }
                } else {
                    for row in row..last.min(row + BLOCK) {
                        for column in column..columns.min(column + BLOCK) {
                            // SAFETY: a position of the target, in a column of this task.
                            unsafe {
                                *target.at(column * rows + row, 1) = source[row * columns + column];
                            }
                        }
                    }
                }
            }
        }
    });
}

/// Side of a block: the values of a cache line.
const BLOCK: usize = 16;

/// Transposes a block.
///
/// # Safety
/// A block of rows `source_stride` apart must lie behind `source`, one of rows `target_stride`
/// apart behind `target`.
unsafe fn block(source: *const f32, source_stride: usize, target: *mut f32, target_stride: usize) {
    // SAFETY: as the caller promises.
    unsafe {
        for row in (0..BLOCK).step_by(4) {
            for column in (0..BLOCK).step_by(4) {
                four_by_four(
                    source.add(row * source_stride + column),
                    source_stride,
                    target.add(column * target_stride + row),
                    target_stride,
                );
            }
        }
    }
}

/// # Safety
/// As [`block`], for 4 x 4 values.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn four_by_four(
    source: *const f32,
    source_stride: usize,
    target: *mut f32,
    target_stride: usize,
) {
    use std::arch::x86_64::{_MM_TRANSPOSE4_PS, _mm_loadu_ps, _mm_storeu_ps};
    // SAFETY: as the caller promises; every x86-64 processor has SSE.
    unsafe {
        let mut rows = [_mm_loadu_ps(source); 4];
        for (index, row) in rows.iter_mut().enumerate() {
            *row = _mm_loadu_ps(source.add(index * source_stride));
        }
        let [mut a, mut b, mut c, mut d] = rows;
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        for (index, row) in [a, b, c, d].into_iter().enumerate() {
            _mm_storeu_ps(target.add(index * target_stride), row);
        }
    }
}

/// # Safety
/// As [`block`], for 4 x 4 values.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
unsafe fn four_by_four(
    source: *const f32,
    source_stride: usize,
    target: *mut f32,
    target_stride: usize,
) {
    // SAFETY: as the caller promises.
    unsafe {
        for row in 0..4 {
            for column in 0..4 {
                *target.add(column * target_stride + row) =
                    *source.add(row * source_stride + column);
            }
        }
    }
}
