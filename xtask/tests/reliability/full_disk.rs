//! No space, no permission, no file handles: a clear error, exit code 1, and what was finished
//! stays good.

use std::fs;

use crate::project::{Ended, Project, assert_same, finished, run};

/// Whether this machine lets the tests mount file systems of their own.
fn can_mount() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().display();
    let mount = format!("mount -t tmpfs tmpfs {folder} && mount -o remount,ro,bind {folder}");
    let mut command = std::process::Command::new("unshare");
    match command.args(["--mount", "bash", "-c", &mount]).output() {
        Ok(output) => output.status.success(),
        Err(_) => false,
    }
}

/// Runs the words where `folder` is a file system of its own, mounted with `options`.
fn run_mounted(project: &Project, mount: &str, words: &str) -> Ended {
    let inner = project.command(words);
    let mut command = std::process::Command::new("unshare");
    command.args(["--mount", "bash", "-c"]);
    command.arg(format!("{mount} && exec \"$@\"")).arg("bash");
    command.arg(inner.get_program()).args(inner.get_args());
    run(command.env("RUST_LOG", "info"))
}

/// After `ended`, with the fault gone, the run goes on to the usual bytes.
fn goes_on(project: &Project) {
    project.run("verify").succeeded();
    project.run("run-all").succeeded();
    assert_same(&project.digest(), &finished().digest());
}

#[test]
fn a_file_that_may_not_grow_is_named_with_the_space_it_needs() {
    for kibibytes in [16, 64, 300, 600] {
        let project = Project::new();
        // Without the signal that comes with the limit the program sees an error, as on a full disk.
        let limit = format!("trap '' XFSZ; ulimit -f {kibibytes}");
        project.run_after(&limit, "run-all").failed_with(&[
            "cannot write ",
            " bytes needed)",
            "File too large",
        ]);
        goes_on(&project);
    }
}

#[test]
fn a_full_disk_is_an_error_at_any_stage() {
    if !can_mount() {
        eprintln!("not tried: this machine does not let the tests mount a small file system");
        return;
    }
    for kibibytes in [200, 1000, 2200, 3000, 3600] {
        let project = Project::new();
        // What was finished on the small disk comes back with it.
        let small = format!(
            "mount -t tmpfs -o size={kibibytes}k tmpfs {0}/runs && mount -t tmpfs -o size={kibibytes}k tmpfs {0}/data",
            project.root().display()
        );
        fs::create_dir(project.path("runs")).unwrap();
        fs::create_dir(project.path("data")).unwrap();
        let ended = run_mounted(&project, &small, "run-all");
        if ended.code != Some(0) {
            ended.failed_with(&["No space left on device"]);
        }
    }
}

#[test]
fn a_read_only_folder_is_named() {
    if !can_mount() {
        eprintln!("not tried: this machine does not let the tests mount a read-only folder");
        return;
    }
    let project = Project::finished();
    let runs = project.path("runs").display().to_string();
    let read_only = format!("mount --bind {runs} {runs} && mount -o remount,ro,bind {runs}");
    run_mounted(&project, &read_only, "run-all").succeeded();
    run_mounted(&project, &read_only, "train --models dense --force")
        .failed_with(&["/runs/tiny/train/dense/seed-0", "Read-only file system"]);
    goes_on(&project);
}

#[test]
fn a_file_in_place_of_a_folder_is_named() {
    let project = Project::new();
    project.run("ingest").succeeded();
    fs::create_dir_all(project.path("runs/tiny")).unwrap();
    fs::write(project.path("runs/tiny/train"), "in the way").unwrap();
    project
        .run("train --models dense")
        .failed_with(&["runs/tiny/train/dense/seed-0", "Not a directory"]);
    fs::remove_file(project.path("runs/tiny/train")).unwrap();
    goes_on(&project);
}

/// Exit code of a program whose libraries cannot be opened: it never began.
const NOT_LOADED: i32 = 127;

#[test]
fn too_many_open_files_are_an_error() {
    let mut errors = 0;
    for limit in 4..8 {
        let project = Project::new();
        let ended = project.run_after(&format!("ulimit -n {limit}"), "run-all");
        if ended.code == Some(NOT_LOADED) || ended.code == Some(0) {
            continue;
        }
        ended.failed_with(&["Too many open files"]);
        goes_on(&project);
        errors += 1;
    }
    assert!(errors > 0);
}
