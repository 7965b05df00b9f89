//! The program, the libraries and the machine that made a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// Looked up once, although a stage that writes many files records it with each.
static COMMIT: OnceLock<String> = OnceLock::new();

/// Program, versions and machine behind an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeBy {
    /// Version of Atelier.
    pub version: String,
    /// Commit of the checkout, with `-dirty` for one with changes; `unknown` outside a checkout.
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
            commit: COMMIT.get_or_init(commit).clone(),
            libraries: libraries(),
            processor: processor(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            threads,
            instruction_set: None,
        }
    }
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

/// Number of threads that may run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get())
}

fn commit() -> String {
    let folder = env!("CARGO_MANIFEST_DIR");
    // Without the option `git status` refreshes the index and, killed, leaves the checkout locked.
    let start = ["--no-optional-locks", "-C", folder];
    let git = |arguments: &[&str]| output("git", &[&start, arguments].concat());
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return "unknown".to_owned();
    };
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if !changes.is_empty() => format!("{commit}-dirty"),
        _ => commit,
    }
}

/// Standard output of a program that succeeds, trimmed.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Versions of the libraries named in the lock file of the checkout.
fn libraries() -> BTreeMap<String, String> {
    const NAMED: [&str; 4] = ["arrow-array", "dfdx", "parquet", "polars"];
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let text = fs::read_to_string(lock).unwrap_or_default();
    let mut lines = text.lines();
    let mut libraries = BTreeMap::new();
    while let Some(line) = lines.next() {
        let name = line
            .strip_prefix("name = \"")
            .and_then(|l| l.strip_suffix('"'));
        if let Some(name) = name.filter(|name| NAMED.contains(name))
            && let Some(version) = lines
                .next()
                .and_then(|line| line.strip_prefix("version = \""))
                .and_then(|line| line.strip_suffix('"'))
        {
            libraries.insert(name.to_owned(), version.to_owned());
        }
    }
    libraries
}
