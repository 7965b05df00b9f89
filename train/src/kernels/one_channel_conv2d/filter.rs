// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::Simd;

use crate::kernels::{lanes::load, unroll::unroll};

/// One register of channels of the filters.
pub(super) struct Filter<S: Simd> {
    taps: [S::f32s; 9],
    bias: S::f32s,
}

impl<S: Simd> Filter<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, kernel: &[f32], bias: &[f32], channel: usize, count: usize) -> Self {
        let part = |values: &[f32], at: usize| {
            let values = &values[at..at + count];
            // SAFETY: `count` values.
            unsafe { load(simd, values.as_ptr(), count) }
        };
        let mut taps = [simd.splat_f32s(0.0); 9];
        for (tap, register) in taps.iter_mut().enumerate() {
            *register = part(kernel, tap * bias.len() + channel);
        }
        Self {
            taps,
            bias: part(bias, channel),
        }
    }

    /// The four outputs of a pooling window after the ReLU, row-major, from the 4 x 4 patch at
    /// `corner`.
    ///
    /// # Safety
    /// The patch must lie in an image of `width` columns.
    #[inline(always)]
    pub(super) unsafe fn window(&self, simd: S, corner: *const f32, width: usize) -> [S::f32s; 4] {
        let mut outputs = [self.bias; 4];
        unroll!(i < 4, {
            unroll!(j < 4, {
                // SAFETY: as the caller promises.
                let x = simd.splat_f32s(unsafe { *corner.add(i * width + j) });
                unroll!(p < 4, {
                    if i >= p / 2 && i < p / 2 + 3 && j >= p % 2 && j < p % 2 + 3 {
                        let tap = self.taps[(i - p / 2) * 3 + j - p % 2];
                        outputs[p] = simd.mul_add_e_f32s(x, tap, outputs[p]);
                    }
                });
            });
        });
        let zero = simd.splat_f32s(0.0);
        // In this order, x86's maximum keeps what is not a number.
        outputs.map(|output| simd.max_f32s(zero, output))
    }

    /// One output after the ReLU, from the 3 x 3 patch at `corner`.
    ///
    /// # Safety
    /// The patch must lie in an image of `width` columns.
    #[inline(always)]
    pub(super) unsafe fn single(&self, simd: S, corner: *const f32, width: usize) -> S::f32s {
        let mut output = self.bias;
        unroll!(i < 3, {
            unroll!(j < 3, {
                // SAFETY: as the caller promises.
                let x = simd.splat_f32s(unsafe { *corner.add(i * width + j) });
                output = simd.mul_add_e_f32s(x, self.taps[i * 3 + j], output);
            });
        });
        simd.max_f32s(simd.splat_f32s(0.0), output)
    }
}

/// Adds the products of a pooling window's output gradients with its 4 x 4 patch to the sums of
/// the nine taps.
///
/// # Safety
/// The patch must lie in an image of `width` columns.
#[inline(always)]
pub(super) unsafe fn add_window<S: Simd>(
    simd: S,
    corner: *const f32,
    width: usize,
    outputs: &[S::f32s; 4],
    mut sums: [S::f32s; 10],
) -> [S::f32s; 10] {
    unroll!(i < 4, {
        unroll!(j < 4, {
            // SAFETY: as the caller promises.
            let x = simd.splat_f32s(unsafe { *corner.add(i * width + j) });
            unroll!(p < 4, {
                if i >= p / 2 && i < p / 2 + 3 && j >= p % 2 && j < p % 2 + 3 {
                    let tap = (i - p / 2) * 3 + j - p % 2;
                    sums[tap] = simd.mul_add_e_f32s(x, outputs[p], sums[tap]);
                }
            });
        });
    });
    sums
}
