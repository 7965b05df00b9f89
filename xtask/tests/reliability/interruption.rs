//! After Ctrl-C a run finishes its current epoch, shard or file, says where it will continue, and exits
//! with code 130.

use nix::sys::signal::Signal;

use crate::project::{Project, Running, assert_same, finished, run};

/// A project whose training takes long enough to be interrupted.
fn long_project() -> Project {
    let project = Project::new();
    project.edit_spec("epochs = 8", "epochs = 5000");
    project.run("ingest").succeeded();
    project
}

fn in_second_epoch(line: &str) -> bool {
    line.contains("epoch   2/5000")
}

#[test]
fn ctrl_c_stops_after_the_epoch_and_says_where_the_next_run_continues() {
    let project = long_project();
    let running = Running::start(project.command("train --models dense"));
    running.wait_for(in_second_epoch).unwrap();
    running.signal_all(Signal::SIGINT);
    let (code, said) = running.end();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("dense seed 0 goes on after epoch"), "{said}");
    assert_eq!(said.matches("finishing the current").count(), 1, "{said}");
    let plan = project.run("plan --models dense").succeeded().stdout;
    assert!(plan.contains("goes on after epoch"), "{plan}");
    let verified = project.run("verify").succeeded().stdout;
    assert!(verified.contains("goes on from it"), "{verified}");

    let running = Running::start(project.command("train --models dense"));
    let line = running.wait_for(|line| line.contains("goes on after epoch"));
    running.signal_all(Signal::SIGKILL);
    assert!(line.is_some());
}

#[test]
fn sigterm_to_xtask_alone_stops_the_stage() {
    let project = long_project();
    let running = Running::start(project.command("train --models dense --jobs 2"));
    running.wait_for(in_second_epoch).unwrap();
    running.signal(Signal::SIGTERM);
    let (code, said) = running.end();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("goes on after epoch"), "{said}");
}

#[test]
fn an_interrupted_run_ends_in_the_same_bytes() {
    let project = Project::new();
    let mut interruptions = 0;
    for (stage, line) in [
        ("augment", "$ "),
        ("dense", "epoch   3/8"),
        ("convolution", "epoch   1/5"),
    ] {
        let running = Running::start(project.command("run-all"));
        if running
            .wait_for(|found| found.contains(stage) && found.contains(line))
            .is_some()
        {
            running.signal_all(Signal::SIGINT);
        }
        if running.end().0 == Some(130) {
            interruptions += 1;
        }
    }
    assert!(interruptions > 0);
    project.run("run-all").succeeded();
    assert_same(&project.digest(), &finished().digest());
}

#[test]
fn a_closed_output_stops_nothing() {
    let project = Project::new();
    let inner = project.command("run-all");
    let mut command = std::process::Command::new("bash");
    command.args(["-c", "set -o pipefail; \"$@\" | true", "bash"]);
    command.arg(inner.get_program()).args(inner.get_args());
    run(&mut command).succeeded();
    assert_same(&project.digest(), &finished().digest());
}
