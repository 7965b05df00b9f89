//! Without space, permission or file handles there is a clear error and exit code 1, and finished
//! files stay valid.

use std::fs;

use crate::project::{ProgramOutput, Project, assert_same, finished, run};

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

/// Runs the words after the command `mount`, which only they and their stages see.
fn run_mounted(project: &Project, mount: &str, words: &str) -> ProgramOutput {
    let inner = project.command(words);
    let mut command = std::process::Command::new("unshare");
    command.args(["--mount", "bash", "-c"]);
    command.arg(format!("{mount} && exec \"$@\"")).arg("bash");
    command.arg(inner.get_program()).args(inner.get_args());
    run(command.env("RUST_LOG", "info"))
}

/// With its cause gone, a failed run continues to the bytes of an undisturbed run.
fn continues(project: &Project) {
    project.run("verify").succeeded();
    project.run("run-all").succeeded();
    assert_same(&project.digest(), &finished().digest());
}

#[test]
fn an_error_at_the_file_size_limit_names_the_file_and_its_size() {
    for kibibytes in [16, 64, 300, 600] {
        let project = Project::new();
        // With the signal of this limit ignored, the program gets an error, as on a full disk.
        let limit = format!("trap '' XFSZ; ulimit -f {kibibytes}");
        project.run_after(&limit, "run-all").failed_with(&[
            "cannot write ",
            " bytes needed)",
            "File too large",
        ]);
        continues(&project);
    }
}

#[test]
fn a_full_disk_is_an_error_in_every_stage() {
    if !can_mount() {
        eprintln!("skipped: this machine does not let the tests mount a small file system");
        return;
    }
    for kibibytes in [200, 1000, 2200, 3000, 3600] {
        let project = Project::new();
        // Both folders are on small disks.
        let small = format!(
            "mount -t tmpfs -o size={kibibytes}k tmpfs {0}/runs && mount -t tmpfs -o size={kibibytes}k tmpfs {0}/data",
            project.root().display()
        );
        fs::create_dir(project.path("runs")).unwrap();
        fs::create_dir(project.path("data")).unwrap();
        let output = run_mounted(&project, &small, "run-all");
        if output.code != Some(0) {
            output.failed_with(&["No space left on device"]);
        }
    }
}

#[test]
fn an_error_in_a_read_only_folder_names_it() {
    if !can_mount() {
        eprintln!("skipped: this machine does not let the tests mount a read-only folder");
        return;
    }
    let project = Project::finished();
    let runs = project.path("runs").display().to_string();
    let read_only = format!("mount --bind {runs} {runs} && mount -o remount,ro,bind {runs}");
    run_mounted(&project, &read_only, "run-all").succeeded();
    run_mounted(&project, &read_only, "train --models dense --force")
        .failed_with(&["/runs/tiny/train/dense/seed-0", "Read-only file system"]);
    continues(&project);
}

#[test]
fn an_error_at_a_file_instead_of_a_folder_names_it() {
    let project = Project::new();
    project.run("ingest").succeeded();
    fs::create_dir_all(project.path("runs/tiny")).unwrap();
    fs::write(project.path("runs/tiny/train"), "in the way").unwrap();
    project
        .run("train --models dense")
        .failed_with(&["runs/tiny/train/dense/seed-0", "Not a directory"]);
    fs::remove_file(project.path("runs/tiny/train")).unwrap();
    continues(&project);
}

/// Exit code of a program that did not start because its libraries could not be opened.
const NOT_LOADED: i32 = 127;

#[test]
fn too_many_open_files_are_an_error() {
    let mut errors = 0;
    for limit in 4..8 {
        let project = Project::new();
        let output = project.run_after(&format!("ulimit -n {limit}"), "run-all");
        if output.code == Some(NOT_LOADED) || output.code == Some(0) {
            continue;
        }
        output.failed_with(&["Too many open files"]);
        continues(&project);
        errors += 1;
    }
    assert!(errors > 0);
}
