//! The program, the libraries and the machine that made a file.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// Set by a stage's `main.rs`.
static COMMIT: OnceLock<&str> = OnceLock::new();

/// The versions of all libraries that this program is compiled with.
const LOCK_FILE: &str = include_str!("../../../Cargo.lock");

/// Program, versions and machine behind an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeBy {
    /// Version of Atelier.
    pub version: String,
    /// Commit that the program was built from, with `-dirty` if it was built from changed files;
    /// `unknown` if it was not built in a git checkout, and in tests that call a stage's library.
    pub commit: String,
    /// Versions of the libraries that matter to the numbers, by crate.
    pub libraries: BTreeMap<String, String>,
    /// Processor, as the system names it.
    pub processor: String,
    /// Operating system and architecture.
    pub system: String,
    /// Threads that the step was allowed.
    pub threads: usize,
    /// Instructions that the kernels used, such as `avx512`; `None` of a step without kernels.
    pub instruction_set: Option<String>,
}

impl MadeBy {
    /// This program, here and now.
    pub fn here(threads: usize) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: (*COMMIT.get().unwrap_or(&"unknown")).to_owned(),
            libraries: libraries(),
            processor: processor(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            threads,
            instruction_set: None,
        }
    }
}

/// Says from which commit this program was built; only the first call counts.
pub fn set_commit(commit: &'static str) {
    COMMIT.get_or_init(|| commit);
}

/// The processor's name.
pub fn processor() -> String {
    let from_linux = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        text.lines()
            .find_map(|line| line.strip_prefix("model name"))
            .and_then(|rest| rest.split_once(':'))
            .map(|(_, name)| name.trim().to_owned())
    });
    from_linux
        .or_else(|| output("sysctl", &["-n", "machdep.cpu.brand_string"]))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// This machine's name in its network.
pub fn host() -> String {
    let from_linux = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = from_linux
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty());
    name.or_else(|| output("hostname", &[]))
        .unwrap_or_else(|| "this machine".to_owned())
}

/// Number of threads that may run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get())
}

/// Standard output of a program that succeeds, trimmed.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Versions of the libraries that matter to the numbers.
fn libraries() -> BTreeMap<String, String> {
    const NAMED: [&str; 4] = ["arrow-array", "dfdx", "parquet", "polars"];
    let value = |line: &str, key: &str| {
        let quoted = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        Some(quoted.strip_suffix('"')?.to_owned())
    };
    let lines = LOCK_FILE.lines().zip(LOCK_FILE.lines().skip(1));
    lines
        .filter_map(|(name, version)| Some((value(name, "name")?, value(version, "version")?)))
        .filter(|(name, _)| NAMED.contains(&name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_that_matters_has_a_version() {
        let libraries = libraries();
        let names: Vec<_> = libraries.keys().collect();
        assert_eq!(names, ["arrow-array", "dfdx", "parquet", "polars"]);
        assert!(libraries.values().all(|version| version.contains('.')));
    }
}
