use std::hint::black_box;
use std::time::Instant;

use pulp::{Simd, WithSimd};
use train::kernels::simd::arch;

/// Chains of fused multiply-adds that do not wait for one another: enough to keep every unit of a
/// core busy, few enough for AVX2's 16 registers.
const CHAINS: usize = 12;
/// Links of a chain between two looks at the clock.
const LINKS: usize = 100_000;
/// Looks at the clock, of which the fastest counts.
const REPETITIONS: usize = 200;

/// GFLOP/s of fused multiply-adds in registers on every thread of the pool at once: what no program
/// can exceed that does all of its operations.
pub fn gflop_per_s() -> f64 {
    rayon::broadcast(|_| arch().dispatch(Chains)).iter().sum()
}

/// GFLOP/s of one thread.
struct Chains;

impl WithSimd for Chains {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let factor = simd.splat_f32s(black_box(0.5));
        let mut sums = [simd.splat_f32s(black_box(1.0)); CHAINS];
        let operations = 2 * CHAINS * LINKS * S::F32_LANES;
        let mut fastest_s = f64::INFINITY;
        for _ in 0..REPETITIONS {
            let started = Instant::now();
            for _ in 0..LINKS {
                for sum in &mut sums {
                    *sum = simd.mul_add_e_f32s(factor, *sum, factor);
                }
            }
            fastest_s = fastest_s.min(started.elapsed().as_secs_f64());
        }
        let sum = sums
            .into_iter()
            .reduce(|sum, value| simd.add_f32s(sum, value));
        black_box(sum.map(|sum| simd.reduce_sum_f32s(sum)));
        operations as f64 / fastest_s / 1e9
    }
}
