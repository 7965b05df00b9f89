//! Matrix products of row-major `f32` matrices, blocked in registers.
//!
//! Every value of C is one chain of fused multiply-adds over k from 0 upwards, whatever the
//! blocking, so the same operands give the same bytes wherever they lie in a larger matrix.

mod registers;

use pulp::{Simd, WithSimd};

use super::simd::arch;
use registers::blocks;

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

/// Products of one shape whose operands lie at equal distances.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Products.
    pub count: usize,
    /// Values of A from one product to the next.
    pub a_stride: usize,
    /// Values of B from one product to the next.
    pub b_stride: usize,
    /// Values of C from one product to the next.
    pub c_stride: usize,
}

impl Batch {
    /// One product.
    pub const ONE: Self = Self {
        count: 1,
        a_stride: 0,
        b_stride: 0,
        c_stride: 0,
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
    /// The product, or several.
    pub batch: Batch,
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
        if self.batch.count == 0 {
            return;
        }
        let others = self.batch.count - 1;
        let last = |rows: usize, columns: usize, row: usize, column: usize| {
            if rows == 0 || columns == 0 {
                0
            } else {
                (rows - 1) * row + (columns - 1) * column + 1
            }
        };
        assert!(
            self.a.values.len()
                >= others * self.batch.a_stride
                    + (count - 1) * a_stride
                    + last(m, k, self.a.row_stride, self.a.column_stride),
            "the left operand is too short"
        );
        assert!(
            self.b.len()
                >= others * self.batch.b_stride
                    + (count - 1) * b_stride
                    + last(k, n, self.b_stride, 1),
            "the right operand is too short"
        );
        assert!(
            self.c.len() >= others * self.batch.c_stride + last(m, n, self.c_stride, 1),
            "the result is too short"
        );
        if let Start::Bias(bias) = self.start {
            assert!(bias.len() >= n, "the bias is too short");
        }
        arch().dispatch(self);
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
        for index in 0..self.batch.count {
            for k_block in 0..k_blocks {
                let first = k_block * k / k_blocks;
                let last = (k_block + 1) * k / k_blocks;
                let a = index * self.batch.a_stride + first * self.a.column_stride;
                let b = index * self.batch.b_stride + first * self.b_stride;
                let part = Gemm {
                    shape: (m, n, last - first),
                    a: Left {
                        values: &self.a.values[a..],
                        ..self.a
                    },
                    b: &self.b[b..],
                    c: &mut self.c[index * self.batch.c_stride..],
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

/// Columns of C that a product holds in registers at once, if C has as many: its widest block above.
pub fn columns_in_registers() -> usize {
    struct Columns;
    impl WithSimd for Columns {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            let registers = if S::REGISTER_COUNT < 32 { 2 } else { 4 };
            registers * S::F32_LANES
        }
    }
    arch().dispatch(Columns)
}
