//! Malicious files.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::project::Project;

/// Memory limit of the program, in KiB.
const MEMORY_LIMIT_KIB: u64 = 2 << 20;

/// `bytes` compressed by the system's gzip.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .arg("-9")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[test]
fn a_gzip_bomb_is_rejected_in_bounded_memory() {
    let project = Project::with_spec(
        &include_str!("tiny.toml").replace("source = \"bundled\"", "source = \"fashion-mnist\""),
    );
    let folder = project.path("bombs");
    fs::create_dir(&folder).unwrap();
    // Members of a gzip file follow each other: 16 GiB of zeros in 16 MiB.
    let member = gzip(&vec![0; 64 << 20]);
    let bomb = member.repeat(256);
    for name in [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ] {
        fs::write(folder.join(name), &bomb).unwrap();
    }
    let words = format!("ingest --from {}", folder.display());
    project
        .run_after(&format!("ulimit -v {MEMORY_LIMIT_KIB}"), &words)
        .failed_with(&[
            "bombs/",
            "-ubyte.gz: file size: expected at most ",
            " bytes, found more",
        ]);
}
