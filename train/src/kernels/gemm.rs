//! Matrix products of row-major `f32` matrices, blocked in registers.
//!
//! Every value of C is one chain of fused multiply-adds over k from 0 upwards, whatever the
//! blocking, so the same operands give the same bytes wherever they lie in a larger matrix.

// Loads and stores whole registers through pointers.
#![allow(unsafe_code)]

use pulp::{Arch, Simd, WithSimd};

/// What a product begins from.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// C = A · B
    Zero,
    /// C = C + A · B
    Accumulate,
    /// C = bias + A · B, one bias for each column.
    Bias(&'a [f32]),
}

/// The left operand, (m, k): value (i, p) is at `i * row_stride + p * column_stride`, so a
/// transposed matrix is read in place.
#[derive(Clone, Copy, Debug)]
pub struct Left<'a> {
    /// The values.
    pub values: &'a [f32],
    /// From one row to the next.
    pub row_stride: usize,
    /// From one column to the next.
    pub column_stride: usize,
}

impl<'a> Left<'a> {
    /// A row-major matrix of `columns` columns.
    pub fn rows(values: &'a [f32], columns: usize) -> Self {
        Self {
            values,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The transpose of a row-major matrix of `columns` columns.
    pub fn transposed(values: &'a [f32], columns: usize) -> Self {
        Self {
            values,
            row_stride: 1,
            column_stride: columns,
        }
    }
}

/// The sum over k goes over `count` pieces of k terms each; A and B move on by a stride of their own
/// from one piece to the next.
#[derive(Clone, Copy, Debug)]
pub struct Segments {
    /// Pieces.
    pub count: usize,
    /// Values of A from one piece to the next.
    pub a_stride: usize,
    /// Values of B from one piece to the next.
    pub b_stride: usize,
}

impl Segments {
    /// All of k in one piece.
    pub const ONE: Self = Self {
        count: 1,
        a_stride: 0,
        b_stride: 0,
    };
}

/// C (m, n) = start + A (m, k) · B (k, n), then a ReLU if `relu`; B has `b_stride` values from row
/// to row, C `c_stride`.
///
/// # Panics
/// If an operand is too short for its shape.
#[derive(Debug)]
pub struct Gemm<'a> {
    /// (m, n, k)
    pub shape: (usize, usize, usize),
    /// A, (m, k)
    pub a: Left<'a>,
    /// B, (k, n), row-major
    pub b: &'a [f32],
    /// From one row of B to the next.
    pub b_stride: usize,
    /// C, (m, n), row-major
    pub c: &'a mut [f32],
    /// From one row of C to the next.
    pub c_stride: usize,
    /// What the sum begins from.
    pub start: Start<'a>,
    /// k in pieces that lie apart.
    pub segments: Segments,
    /// Whether negative results become zero.
    pub relu: bool,
}

impl Gemm<'_> {
    /// Computes the product on the calling thread.
    pub fn run(self) {
        let (m, n, k) = self.shape;
        if m == 0 || n == 0 {
            return;
        }
        let Segments {
            count,
            a_stride,
            b_stride,
        } = self.segments;
        assert!(count > 0, "a product needs a segment");
        let last = |rows: usize, columns: usize, row: usize, column: usize| {
            if rows == 0 || columns == 0 {
                0
            } else {
                (rows - 1) * row + (columns - 1) * column + 1
            }
        };
        assert!(
            self.a.values.len()
                >= (count - 1) * a_stride + last(m, k, self.a.row_stride, self.a.column_stride),
            "the left operand is too short"
        );
        assert!(
            self.b.len() >= (count - 1) * b_stride + last(k, n, self.b_stride, 1),
            "the right operand is too short"
        );
        assert!(
            self.c.len() >= last(m, n, self.c_stride, 1),
            "the result is too short"
        );
        if let Start::Bias(bias) = self.start {
            assert!(bias.len() >= n, "the bias is too short");
        }
        Arch::new().dispatch(self);
    }
}

impl WithSimd for Gemm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (m, n, k) = self.shape;
        let k_blocks = match self.segments.count == 1 && m > REUSING_ROWS {
            true => k.div_ceil(K_BLOCK).max(1),
            false => 1,
        };
        for k_block in 0..k_blocks {
            let first = k_block * k / k_blocks;
            let last = (k_block + 1) * k / k_blocks;
            let part = Gemm {
                shape: (m, n, last - first),
                a: Left {
                    values: &self.a.values[first * self.a.column_stride..],
                    ..self.a
                },
                b: &self.b[first * self.b_stride..],
                c: &mut *self.c,
                start: match first {
                    0 => self.start,
                    _ => Start::Accumulate,
                },
                relu: self.relu && last == k,
                ..self
            };
            with_registers(simd, part);
        }
    }
}

/// Terms of k whose part of B fits the L1 cache beside A and C: 128 rows of four registers.
const K_BLOCK: usize = 128;

/// With no more rows than these, B is read too few times for blocks of k to pay.
const REUSING_ROWS: usize = 12;

/// Chooses the registers that hold a block of C.
#[inline(always)]
fn with_registers<S: Simd>(simd: S, gemm: Gemm<'_>) {
    let registers = gemm.shape.1.div_ceil(S::F32_LANES);
    if S::REGISTER_COUNT < 32 {
        blocks::<S, 2>(simd, gemm, 6);
    } else if registers.is_multiple_of(4) {
        blocks::<S, 4>(simd, gemm, 6);
    } else if registers <= 2 {
        blocks::<S, 2>(simd, gemm, 12);
    } else {
        blocks::<S, 3>(simd, gemm, 8);
    }
}

/// Walks C in blocks of at most `rows` rows and `NR` registers.
#[inline(always)]
fn blocks<S: Simd, const NR: usize>(simd: S, gemm: Gemm<'_>, rows: usize) {
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
                // SAFETY: row `row < MR` of C.
                BlockStart::Accumulate => {
                    *sum = load(unsafe { block.c.add(row * block.c_row) }, register)
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
