//! How much memory a training takes, and whether the want of it ended a program.

use std::env;
use std::fs;
use std::process::ExitStatus;

use pipelines::spec::{Model, Spec};

/// What `train` takes without a network; this and the next two fit what the eight models of the study took on
/// two threads, 26 to 127 MB, to within a fifth.
const PROGRAM_BYTES: u64 = 20 << 20;
/// For each parameter: weight, gradient, two moments, and all of them again while a checkpoint is written.
const PARAMETER_BYTES: u64 = 32;
/// For each value that a layer hands on, of each image of a batch: with its gradient, but fused layers share.
const ACTIVATION_BYTES: u64 = 6;

/// Bytes that training `model` is expected to take, without pixels, which are mapped from a file; `None` while the
/// shape of the images is not known.
pub fn training_bytes(spec: &Spec, model: &Model) -> Option<u64> {
    let architecture = spec.architecture(model).ok()?;
    let activations = architecture.activations() * model.batch_size as u64;
    Some(
        PROGRAM_BYTES
            + PARAMETER_BYTES * architecture.parameters() as u64
            + ACTIVATION_BYTES * activations,
    )
}

/// Bytes in words: "1.5 GiB".
pub fn text(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(value < 10.0);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// What the system says of memory before a program runs.
#[derive(Debug)]
pub struct Watch {
    kills: u64,
}

impl Watch {
    /// Begins to watch.
    pub fn start() -> Self {
        Self { kills: kills() }
    }

    /// Whether the system has ended any program for want of memory since then.
    fn killed(&self) -> bool {
        kills() > self.kills
    }
}

/// Programs that the system has ended for want of memory since it started; 0 where it does not say.
fn kills() -> u64 {
    let text = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    line.and_then(|count| count.trim().parse().ok())
        .unwrap_or(0)
}

/// Says that a program ran out of memory, what it had and what had been expected; `None` for another end.
#[cfg(unix)]
pub fn explain(status: ExitStatus, watch: &Watch, expected_bytes: Option<u64>) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    // An allocation that fails ends a Rust program by SIGABRT, the system's choice of a victim by SIGKILL.
    let how = match status.signal()? {
        6 => "out of memory: the system refused to give it more (SIGABRT)",
        9 if watch.killed() => "out of memory: the system ended it (SIGKILL)",
        9 => "killed (SIGKILL), as systems do when memory runs out, or by somebody",
        _ => return None,
    };
    let mut text = how.to_owned();
    if let Some((bytes, whose)) = limit() {
        text += &format!("; it had {} ({whose})", self::text(bytes));
    }
    if let Some(bytes) = most_used() {
        text += &format!(", the largest program here used {}", self::text(bytes));
    }
    match expected_bytes {
        Some(bytes) => text += &format!(", the plan had forecast {}", self::text(bytes)),
        None => text += ", the plan had no forecast for it",
    }
    Some(text)
}

/// On other systems a program that is ended says why itself.
#[cfg(not(unix))]
pub fn explain(_: ExitStatus, _: &Watch, _: Option<u64>) -> Option<String> {
    None
}

/// The most memory that a program that was started here has used.
#[cfg(unix)]
fn most_used() -> Option<u64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    u64::try_from(usage.max_rss())
        .ok()
        .map(|kibibytes| kibibytes * 1024)
        .filter(|bytes| *bytes > 0)
}

/// The tightest limit on the memory of a program that is started here, and what sets it.
fn limit() -> Option<(u64, &'static str)> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let limits = [
        (address_space(&read("/proc/self/limits")), "ulimit -v"),
        (
            control_group(&read("/proc/self/cgroup")),
            "its control group",
        ),
        (by_slurm(), "--mem of its job"),
        (total(&read("/proc/meminfo")), "all of the machine"),
    ];
    let known = limits
        .into_iter()
        .filter_map(|(bytes, whose)| Some((bytes?, whose)));
    known.min_by_key(|(bytes, _)| *bytes)
}

fn address_space(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn control_group(own: &str) -> Option<u64> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    fs::read_to_string(format!("/sys/fs/cgroup{path}/memory.max"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn by_slurm() -> Option<u64> {
    let number = |name: &str| env::var(name).ok()?.parse::<u64>().ok();
    let mebibytes = number("SLURM_MEM_PER_NODE").or_else(|| {
        Some(number("SLURM_MEM_PER_CPU")? * number("SLURM_CPUS_PER_TASK").unwrap_or(1))
    })?;
    Some(mebibytes << 20).filter(|bytes| *bytes > 0)
}

fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        assert_eq!(text(1536), "1.5 KiB");
        assert_eq!(text(512 << 20), "512 MiB");
        assert_eq!(text(24 << 30), "24 GiB");
    }

    #[test]
    fn limits_are_read_where_the_system_has_them() {
        let limits = "Max address space         536870912            unlimited            bytes\n";
        assert_eq!(address_space(limits), Some(512 << 20));
        assert_eq!(
            address_space("Max address space         unlimited  unlimited bytes"),
            None
        );
        assert_eq!(
            total("MemTotal:       24681234 kB\n"),
            Some(24_681_234 * 1024)
        );
        assert!(limit().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn only_an_end_for_want_of_memory_is_explained() {
        use std::os::unix::process::ExitStatusExt;
        let of =
            |signal: i32| explain(ExitStatus::from_raw(signal), &Watch::start(), Some(1 << 30));
        let aborted = of(6).unwrap();
        assert!(aborted.starts_with("out of memory"), "{aborted}");
        assert!(
            aborted.ends_with("the plan had forecast 1.0 GiB"),
            "{aborted}"
        );
        assert_eq!(of(15), None);
        assert_eq!(
            explain(ExitStatus::from_raw(256), &Watch::start(), None),
            None
        );
    }
}
