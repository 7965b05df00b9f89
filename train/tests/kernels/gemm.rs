use proptest::prelude::*;
use train::kernels::{
    gemm::{Batch, Gemm, Left, Segments, Start},
    transpose::transpose,
};

use crate::{assert_close::assert_close, numbers::numbers};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_product_is_the_sum_over_k_whatever_the_blocks(
        m in 1usize..30, n in 1usize..140, k in 0usize..300,
        transposed: bool, relu: bool, start in 0..3, seed: u64,
    ) {
        let (a, b) = (numbers(seed, m * k), numbers(seed ^ 1, k * n));
        let (bias, before) = (numbers(seed ^ 2, n), numbers(seed ^ 3, m * n));
        let mut stored = vec![0.0; m * k];
        if transposed {
            transpose(&a, m, k, &mut stored);
        } else {
            stored.copy_from_slice(&a);
        }
        let mut c = before.clone();
        Gemm {
            shape: (m, n, k),
            a: if transposed { Left::transposed(&stored, m) } else { Left::rows(&stored, k) },
            b: &b,
            b_stride: n,
            c: &mut c,
            c_stride: n,
            segments: Segments::ONE,
            start: match start {
                0 => Start::Zero,
                1 => Start::Accumulate,
                _ => Start::Bias(&bias),
            },
            batch: Batch::ONE,
            relu,
        }
        .run();
        let mut expected = Vec::new();
        for row in 0..m {
            for column in 0..n {
                let mut sum = f64::from(match start {
                    0 => 0.0,
                    1 => before[row * n + column],
                    _ => bias[column],
                });
                for p in 0..k {
                    sum += f64::from(a[row * k + p]) * f64::from(b[p * n + column]);
                }
                expected.push(if relu { sum.max(0.0) } else { sum });
            }
        }
        assert_close("c", &c, &expected, 2e-6);
    }

    #[test]
    fn a_sum_over_segments_is_that_over_their_joined_terms(
        m in 1usize..20, n in 1usize..40, k in 1usize..9, count in 1usize..5, gap in 0usize..7,
        seed: u64,
    ) {
        // A is stored (k, m) and B (k, n), segment after segment with a gap between.
        let (a_stride, b_stride) = (k * m + gap, k * n + 2 * gap);
        let (a, b) = (numbers(seed, count * a_stride), numbers(seed ^ 1, count * b_stride));
        let product = |a: &[f32], b: &[f32], k: usize, segments: Segments| {
            let mut c = vec![f32::NAN; m * n];
            Gemm {
                shape: (m, n, k),
                a: Left::transposed(a, m),
                b,
                b_stride: n,
                c: &mut c,
                c_stride: n,
                segments,
                start: Start::Zero,
                batch: Batch::ONE,
                relu: false,
            }
            .run();
            c
        };
        let found = product(&a, &b, k, Segments { count, a_stride, b_stride });
        let joined = |values: &[f32], stride: usize, len: usize| -> Vec<f32> {
            values.chunks(stride).flat_map(|segment| segment[..len].to_vec()).collect()
        };
        let (a, b) = (joined(&a, a_stride, k * m), joined(&b, b_stride, k * n));
        prop_assert_eq!(found, product(&a, &b, count * k, Segments::ONE));
    }

    #[test]
    fn products_of_a_batch_are_those_one_by_one(
        m in 1usize..20, n in 1usize..40, k in 1usize..9, count in 1usize..5, gap in 0usize..7,
        seed: u64,
    ) {
        let batch = Batch {
            count,
            a_stride: m * k + gap,
            b_stride: k * n + 2 * gap,
            c_stride: m * n + 3 * gap,
        };
        let (a, b) = (numbers(seed, count * batch.a_stride), numbers(seed ^ 1, count * batch.b_stride));
        let multiply = |index: usize, batch: Batch, c: &mut [f32]| {
            Gemm {
                shape: (m, n, k),
                a: Left::rows(&a[index * batch.a_stride..], k),
                b: &b[index * batch.b_stride..],
                b_stride: n,
                c: &mut c[index * batch.c_stride..],
                c_stride: n,
                segments: Segments::ONE,
                start: Start::Zero,
                batch,
                relu: false,
            }
            .run();
        };
        let mut found = vec![-1.0; count * batch.c_stride];
        let mut expected = found.clone();
        multiply(0, batch, &mut found);
        for index in 0..count {
            multiply(index, Batch { count: 1, ..batch }, &mut expected);
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_transpose_has_every_value_at_the_mirrored_place(
        rows in 1usize..200, columns in 1usize..60, seed: u64,
    ) {
        let source = numbers(seed, rows * columns);
        let mut target = vec![f32::NAN; source.len()];
        transpose(&source, rows, columns, &mut target);
        for (index, value) in source.iter().enumerate() {
            prop_assert_eq!(target[index % columns * rows + index / columns], *value);
        }
    }
}
