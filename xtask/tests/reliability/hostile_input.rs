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

/// A TIFF file that claims `side` x `side` grey pixels and holds none: one strip of 16 bytes.
fn tiff_bomb(side: u32) -> Vec<u8> {
    let entries = [
        (256, side),
        (257, side),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (278, side),
        (279, 16),
    ];
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        bytes.extend(u16::to_le_bytes(tag));
        bytes.extend(u16::to_le_bytes(4));
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn images_that_claim_to_be_huge_are_rejected_in_bounded_memory() {
    let source = "source = { kind = \"image-folder\", path = \"leaves\" }\ntest_split = 0.5\nvalidation = \"stratified\"";
    let tiny = include_str!("tiny.toml").replace("source = \"bundled\"", source);
    let classes = tiny.lines().find(|line| line.starts_with("classes"));
    let project = Project::with_spec(&tiny.replace(classes.unwrap(), ""));
    for class in 0..10 {
        let folder = project.path(&format!("leaves/{class}"));
        fs::create_dir_all(&folder).unwrap();
        for (number, side) in [60_000, 30_000, 20_000, 20_000].into_iter().enumerate() {
            fs::write(folder.join(format!("{number}.tif")), tiff_bomb(side)).unwrap();
        }
    }
    project
        .run_after(&format!("ulimit -v {MEMORY_LIMIT_KIB}"), "ingest")
        .failed_with(&[
            "expected images that can be decoded, found 40 that cannot, the first 10 of which are:",
            "leaves/",
        ]);
    let ingested = project.path("data/ingested/bundled");
    assert!(!ingested.join("train.parquet").exists());
}
