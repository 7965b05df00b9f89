//! The innermost loops: a block of C in registers while k runs.

// Loads and stores whole registers through pointers.
#![allow(unsafe_code)]

use pulp::Simd;

use super::{Gemm, Segments, Start};

/// Walks C in blocks of at most `rows` rows and `NR` registers.
#[inline(always)]
pub(super) fn blocks<S: Simd, const NR: usize>(simd: S, gemm: Gemm<'_>, rows: usize) {
    let (m, n, k) = gemm.shape;
    let lanes = S::F32_LANES;
    let row_blocks = m.div_ceil(rows);
    let mut column = 0;
    while column < n {
        let width = (n - column).min(NR * lanes);
        for row_block in 0..row_blocks {
            // Blocks of nearly the same height: a last one of a row or two would be slow.
            let row = row_block * m / row_blocks;
            let height = (row_block + 1) * m / row_blocks - row;
            let block = Block {
                k,
                segments: gemm.segments,
                // SAFETY: `row < m` and `column < n`, and `Gemm::run` has checked that every
                // operand holds its whole matrix, so all pointers stay inside.
                a: unsafe { gemm.a.values.as_ptr().add(row * gemm.a.row_stride) },
                a_row: gemm.a.row_stride,
                a_column: gemm.a.column_stride,
                // With k = 0 the matrix may be empty; nothing is read then.
                b: gemm.b.as_ptr().wrapping_add(column),
                b_row: gemm.b_stride,
                // SAFETY: as above.
                c: unsafe { gemm.c.as_mut_ptr().add(row * gemm.c_stride + column) },
                c_row: gemm.c_stride,
                start: match gemm.start {
                    Start::Zero => BlockStart::Zero,
                    Start::Accumulate => BlockStart::Accumulate,
                    Start::Bias(bias) => BlockStart::Bias(bias[column..].as_ptr()),
                },
                relu: gemm.relu,
                width,
            };
            // SAFETY: the block covers rows row..row + height and columns column..column + width
            // of matrices that `Gemm::run` has found to be long enough.
            unsafe { block_of_height::<S, NR>(simd, block, height) };
        }
        column += width;
    }
}

#[derive(Clone, Copy)]
struct Block {
    k: usize,
    segments: Segments,
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const f32,
    b_row: usize,
    c: *mut f32,
    c_row: usize,
    start: BlockStart,
    relu: bool,
    width: usize,
}

#[derive(Clone, Copy)]
enum BlockStart {
    Zero,
    Accumulate,
    Bias(*const f32),
}

/// # Safety
/// `height` rows of A and C and `block.width` columns of B and C must lie behind the pointers.
#[inline(always)]
unsafe fn block_of_height<S: Simd, const NR: usize>(simd: S, block: Block, height: usize) {
    // More rows than these would not fit the registers.
    debug_assert!(height <= if NR <= 2 { 12 } else { 24 / NR });
    // SAFETY: as the caller promises.
    unsafe {
        match height {
            1 => block_of_width::<S, 1, NR>(simd, block),
            2 => block_of_width::<S, 2, NR>(simd, block),
            3 => block_of_width::<S, 3, NR>(simd, block),
            4 => block_of_width::<S, 4, NR>(simd, block),
            5 => block_of_width::<S, 5, NR>(simd, block),
            6 => block_of_width::<S, 6, NR>(simd, block),
            7 if NR < 4 => block_of_width::<S, 7, NR>(simd, block),
            8 if NR < 4 => block_of_width::<S, 8, NR>(simd, block),
            9 if NR < 3 => block_of_width::<S, 9, NR>(simd, block),
            10 if NR < 3 => block_of_width::<S, 10, NR>(simd, block),
            11 if NR < 3 => block_of_width::<S, 11, NR>(simd, block),
            12 if NR < 3 => block_of_width::<S, 12, NR>(simd, block),
            _ => unreachable!("blocks are cut to these heights"),
        }
    }
}

/// # Safety
/// As [`block_of_height`], for `MR` rows.
#[inline(always)]
unsafe fn block_of_width<S: Simd, const MR: usize, const NR: usize>(simd: S, block: Block) {
    let lanes = S::F32_LANES;
    // SAFETY: as the caller promises.
    unsafe {
        if block.width == NR * lanes {
            registers::<S, MR, NR, false>(simd, block);
        } else if block.width == lanes {
            registers::<S, MR, 1, false>(simd, block);
        } else if NR >= 4 && block.width > 3 * lanes {
            registers::<S, MR, 4, true>(simd, block);
        } else if NR >= 3 && block.width > 2 * lanes {
            registers::<S, MR, 3, true>(simd, block);
        } else if block.width > lanes {
            registers::<S, MR, 2, true>(simd, block);
        } else {
            registers::<S, MR, 1, true>(simd, block);
        }
    }
}

/// `MR` rows times `NR` registers of C stay in registers while k runs. With `MASKED`, the last
/// register of a row is a part of one.
///
/// # Safety
/// As [`block_of_height`], for `MR` rows; `block.width` needs `NR` registers.
#[inline(always)]
unsafe fn registers<S: Simd, const MR: usize, const NR: usize, const MASKED: bool>(
    simd: S,
    block: Block,
) {
    let lanes = S::F32_LANES;
    let tail = (block.width - (NR - 1) * lanes) as u32;
    let mask = simd.mask_between_m32s(0, tail);
    // SAFETY: `load` and `store` touch `lanes` values of a full register and `tail` of the last
    // when it is masked: columns below `block.width` only, which the caller promises to exist.
    let load = |row: *const f32, register: usize| unsafe {
        let at = row.add(register * lanes);
        if MASKED && register == NR - 1 {
            simd.mask_load_ptr_f32s(mask, at)
        } else {
            at.cast::<S::f32s>().read_unaligned()
        }
    };
    // SAFETY: as above.
    let store = |row: *mut f32, register: usize, value: S::f32s| unsafe {
        let at = row.add(register * lanes);
        if MASKED && register == NR - 1 {
            simd.mask_store_ptr_f32s(mask, at, value);
        } else {
            at.cast::<S::f32s>().write_unaligned(value);
        }
    };
    let mut sums = [[simd.splat_f32s(0.0); NR]; MR];
    for (row, sums) in sums.iter_mut().enumerate() {
        for (register, sum) in sums.iter_mut().enumerate() {
            match block.start {
                BlockStart::Zero => {}
                BlockStart::Accumulate => {
                    // SAFETY: row `row < MR` of C.
                    let row = unsafe { block.c.add(row * block.c_row) };
                    *sum = load(row, register);
                }
                BlockStart::Bias(bias) => *sum = load(bias, register),
            }
        }
    }
    for segment in 0..block.segments.count {
        let mut a = block.a.wrapping_add(segment * block.segments.a_stride);
        let mut b = block.b.wrapping_add(segment * block.segments.b_stride);
        for _ in 0..block.k {
            let mut columns = [simd.splat_f32s(0.0); NR];
            for (register, column) in columns.iter_mut().enumerate() {
                *column = load(b, register);
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: value (row, p) of A with row < MR and p < k.
                let left = simd.splat_f32s(unsafe { *a.add(row * block.a_row) });
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = simd.mul_add_e_f32s(left, column, *sum);
                }
            }
            a = a.wrapping_add(block.a_column);
            b = b.wrapping_add(block.b_row);
        }
    }
    let zero = simd.splat_f32s(0.0);
    for (row, sums) in sums.into_iter().enumerate() {
        for (register, sum) in sums.into_iter().enumerate() {
            let value = if block.relu {
                // In this order, x86's maximum gives the sum when it is not a number.
                simd.max_f32s(zero, sum)
            } else {
                sum
            };
            // SAFETY: row `row < MR` of C.
            store(unsafe { block.c.add(row * block.c_row) }, register, value);
        }
    }
}
