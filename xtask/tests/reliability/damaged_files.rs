//! Files that change on disk are detected and named with the command that makes them again.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use pipelines::files::layout::is_events_file;

use crate::project::{Project, Running, assert_same, finished};

/// Where a byte is flipped: file header, a page in the middle, file footer.
const POSITIONS: [&str; 3] = ["header", "page", "footer"];

fn flip(path: &Path, position: &str) {
    let mut bytes = fs::read(path).unwrap();
    let index = match position {
        "header" => 1.min(bytes.len() - 1),
        "page" => bytes.len() / 2,
        _ => bytes.len().saturating_sub(6),
    };
    bytes[index] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

fn is_artifact(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    !file.starts_with('.') && !is_events_file(file) && file != "manifest.json"
}

#[test]
fn verify_names_every_damaged_file_and_the_command_that_makes_it_again() {
    for position in POSITIONS {
        let project = Project::finished();
        let files = project.files();
        for name in files.iter().filter(|name| is_artifact(name)) {
            flip(&project.path(name), position);
        }
        let output = project.run("verify");
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        for name in files.iter().filter(|name| is_artifact(name)) {
            let line = output
                .stdout
                .lines()
                .find(|line| line.starts_with(&format!("damaged: {name}: expected SHA-256 ")))
                .unwrap_or_else(|| panic!("{position} of {name}:\n{}", output.stdout));
            assert!(
                line.contains("; run `cargo xtask ") && line.ends_with("--force`"),
                "{line}"
            );
        }
    }
}

#[test]
fn verify_finds_nothing_in_an_intact_folder() {
    let output = Project::finished().run("verify").succeeded();
    assert!(output.stdout.contains("; 0 damaged"), "{}", output.stdout);
    assert!(!output.stdout.contains("note:"), "{}", output.stdout);
}

#[test]
fn verify_names_damaged_manifests() {
    for position in POSITIONS {
        let project = Project::finished();
        let files = project.files();
        let manifests = || files.iter().filter(|name| name.ends_with("manifest.json"));
        for name in manifests() {
            flip(&project.path(name), position);
        }
        let output = project.run("verify");
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        for name in manifests() {
            let path = project.path(name).display().to_string();
            assert!(
                output.stdout.contains(&path),
                "{position} of {name}:\n{}",
                output.stdout
            );
        }
    }
}

/// Damages `file` at each position; `reader` must name it and the command that makes it again.
fn check_reader(reader: &str, file: &str, remedy: &str) {
    let project = Project::finished();
    let path = project.path(file);
    let intact = fs::read(&path).unwrap();
    let check_rejected = |expected: &str| {
        project.run(&format!("{reader} --force")).failed_with(&[
            &path.display().to_string(),
            expected,
            &format!("cargo xtask {remedy} --spec "),
        ]);
    };
    for position in POSITIONS {
        flip(&path, position);
        check_rejected("is damaged: expected SHA-256");
        fs::write(&path, &intact).unwrap();
    }
    fs::write(&path, &intact[..intact.len() / 2]).unwrap();
    project.run(&format!("{reader} --force")).failed_with(&[
        path.file_name().unwrap().to_str().unwrap(),
        " is missing or cut short",
        &format!("cargo xtask {remedy} --spec "),
    ]);
    fs::write(&path, vec![7; intact.len()]).unwrap();
    check_rejected("is damaged: expected SHA-256");

    project.run(&format!("{remedy} --force")).succeeded();
    project.run("run-all").succeeded();
    assert_same(&project.digest(), &finished().digest());
}

#[test]
fn augment_rejects_damaged_images() {
    check_reader("augment", "data/ingested/bundled/train.parquet", "ingest");
}

#[test]
fn train_rejects_damaged_images_and_shards() {
    check_reader(
        "train --models dense",
        "data/ingested/bundled/test.parquet",
        "ingest",
    );
    check_reader(
        "train --models convolution",
        "runs/tiny/augment/warps/copy-001.parquet",
        "augment",
    );
}

#[test]
fn evaluate_rejects_damaged_runs() {
    for file in ["predictions.parquet", "history.parquet", "timings.parquet"] {
        let file = format!("runs/tiny/train/dense/seed-0/{file}");
        check_reader("evaluate", &file, "train");
    }
}

#[test]
fn a_damaged_checkpoint_is_named_and_not_used() {
    // Long enough that it is never done before it is killed.
    let project = Project::new();
    project.edit_spec("epochs = 8", "epochs = 5000");
    project.run("ingest").succeeded();
    let path = project.path("runs/tiny/train/dense/seed-0/checkpoint.safetensors");
    for position in POSITIONS {
        let running = Running::start(project.command("train --models dense"));
        running.wait_for(|line| line.contains("/5000")).unwrap();
        running.signal_all(Signal::SIGKILL);
        running.end();
        flip(&path, position);
        let running = Running::start(project.command("train --models dense"));
        let line = running.wait_for(|line| line.contains("begins again"));
        running.signal_all(Signal::SIGKILL);
        running.end();
        let line = line.unwrap();
        assert!(
            line.contains("checkpoint.safetensors"),
            "{position}: {line}"
        );
        fs::remove_file(&path).unwrap();
    }
}
