//! The threads that a training run uses.

use std::sync::atomic::{AtomicBool, Ordering};

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

/// Runs `work`, a loop of many short steps, while the other threads of the pool look for parts of it without
/// going to sleep. In a small network a thread waits for tens of microseconds at a time, about as long as it takes
/// to wake it. Between two looks a thread lets other programs have its core.
pub fn keep_awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let Some(caller) = rayon::current_thread_index() else {
        return work();
    };
    let is_done = AtomicBool::new(false);
    rayon::scope(|scope| {
        scope.spawn_broadcast(|_, context| {
            while context.index() != caller && !is_done.load(Ordering::Relaxed) {
                if rayon::yield_now() != Some(rayon::Yield::Executed) {
                    std::thread::yield_now();
                }
            }
        });
        // Dropped even if `work` panics: the scope waits until the others have seen it.
        let _done = SetOnDrop(&is_done);
        work()
    })
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    fn squares() -> u64 {
        (0..1000_u64).into_par_iter().map(|i| i * i).sum()
    }

    #[test]
    fn work_ends_with_its_result_on_any_number_of_threads_and_outside_a_pool() {
        for threads in [1, 2, 5] {
            let pool = build_pool(threads).unwrap();
            assert_eq!(pool.install(|| keep_awake(squares)), 332_833_500);
        }
        assert_eq!(keep_awake(squares), 332_833_500);
    }

    #[test]
    fn threads_that_are_kept_awake_take_parts_of_the_work() {
        let pool = build_pool(2).unwrap();
        let [one, other] = pool.install(|| {
            keep_awake(|| {
                let barrier = std::sync::Barrier::new(2);
                let meet = || {
                    // Passed only if two threads have come.
                    barrier.wait();
                    rayon::current_thread_index()
                };
                rayon::join(meet, meet).into()
            })
        });
        assert_ne!(one, other);
    }

    #[test]
    fn a_panic_of_the_work_ends_the_waiting() {
        let pool = build_pool(2).unwrap();
        let work = || pool.install(|| keep_awake(|| panic!("a step failed")));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
        assert_eq!(pool.install(squares), 332_833_500);
    }
}
