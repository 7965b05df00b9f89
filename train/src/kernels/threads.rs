//! The pool that the kernels run in.

use anyhow::{Context, Result};

/// A pool of `threads` workers that flush denormal numbers to zero. The kernels use the pool they
/// are called in, so a training run belongs inside `pool.install`.
///
/// # Errors
/// If the operating system gives no such threads.
pub fn build_pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("train-{index}"))
        .start_handler(|_| dfdx::flush_denormals_to_zero())
        .build()
        .with_context(|| format!("starting {threads} threads"))
}
