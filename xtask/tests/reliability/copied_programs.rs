//! The programs run on a machine that has neither Rust nor sources.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use pipelines::stage::Stage;

use crate::project::{Project, XTASK, assert_same, finished, run};

/// The programs of a run.
fn programs() -> impl Iterator<Item = &'static str> {
    let stages = Stage::ALL.into_iter().map(Stage::name);
    stages.chain(["xtask"])
}

#[test]
fn copied_programs_make_the_same_files_without_rust_and_sources() {
    let project = Project::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let built = Path::new(XTASK).parent().unwrap();
    for name in programs() {
        fs::copy(built.join(name), elsewhere.path().join(name)).unwrap();
    }
    let mut command = Command::new(elsewhere.path().join("xtask"));
    command.args(["run-all", "--spec", "tiny.toml"]);
    command
        .env_clear()
        .current_dir(project.root())
        .stdin(Stdio::null());
    run(&mut command).succeeded();
    assert_same(&project.digest(), &finished().digest());

    command = Command::new(elsewhere.path().join("xtask"));
    command.args(["run-all", "--spec", "smoke"]);
    command
        .env_clear()
        .current_dir(project.root())
        .stdin(Stdio::null());
    run(&mut command).failed_with(&["the path of a .toml file", "found `smoke`"]);
}

#[test]
fn no_program_knows_where_it_was_built() {
    finished();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let workspace = workspace.to_str().unwrap().as_bytes();
    for name in programs() {
        let path = Path::new(XTASK).with_file_name(name);
        let bytes = fs::read(&path).unwrap();
        let found = bytes
            .windows(workspace.len())
            .position(|window| window == workspace);
        assert_eq!(found, None, "{}", path.display());
    }
}
