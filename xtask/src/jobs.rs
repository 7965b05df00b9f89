//! How many trainings run at once.

use std::fs;

/// Training the largest model needs less than this.
const BYTES_PER_JOB: u64 = 1 << 30;
/// Small batches leave further cores idle.
const THREADS_PER_JOB: usize = 4;

/// Trainings at once on a machine of `threads` threads: as many as fit into its free memory and keep
/// its threads busy, but at least one.
pub fn default_jobs(threads: usize) -> usize {
    jobs(threads, available_memory_bytes())
}

fn jobs(threads: usize, memory_bytes: Option<u64>) -> usize {
    let by_memory = memory_bytes.map_or(usize::MAX, |bytes| (bytes / BYTES_PER_JOB) as usize);
    (threads / THREADS_PER_JOB).min(by_memory).max(1)
}

/// Memory available to programs; `None` on systems that do not report it.
fn available_memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_bounded_by_threads_and_memory() {
        let gibibytes = |count: u64| Some(count << 30);
        assert_eq!(jobs(2, gibibytes(24)), 1);
        assert_eq!(jobs(16, gibibytes(24)), 4);
        assert_eq!(jobs(16, gibibytes(2)), 2);
        assert_eq!(jobs(64, Some(0)), 1);
        assert_eq!(jobs(64, None), 16);
    }
}
