//! The threads that a training run uses.

use anyhow::{Context, Result};

use crate::autograd::flush_denormals_to_zero;

/// A pool of `threads` workers that flush denormal numbers to zero. The kernels use the pool they
/// are called in, so a training run belongs inside `pool.install`.
///
/// # Errors
/// If the operating system cannot start the threads.
pub fn build_pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("train-{index}"))
        .start_handler(|_| flush_denormals_to_zero())
        .build()
        .with_context(|| format!("cannot start {threads} threads"))
}
