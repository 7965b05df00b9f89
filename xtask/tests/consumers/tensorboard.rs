//! Event files in TensorBoard's reader.

use nix::sys::signal::Signal;

use crate::project::{Project, Running};
use crate::python;

#[test]
fn tensorboard_reads_one_curve_of_a_run_that_was_interrupted_and_of_one_that_was_killed() {
    let Some(python) = python::python() else {
        return;
    };
    for signal in [Signal::SIGINT, Signal::SIGKILL] {
        let project = Project::new();
        project.edit_spec("epochs = 8", "epochs = 400");
        project.run("ingest").succeeded();
        let running = Running::start(project.command("train --models dense"));
        running
            .wait_for(|line| line.contains("epoch   3/400"))
            .unwrap();
        running.signal_all(signal);
        assert_ne!(running.end().0, Some(0));
        project.run("train --models dense").succeeded();
        let run = project.path("runs/tiny/train/dense/seed-0");
        assert_eq!(python::check(&python, "check_events.py", &[&run]), "");
    }
}

#[test]
fn histograms_stand_at_the_epochs_that_were_asked_for() {
    let Some(python) = python::python() else {
        return;
    };
    let project = Project::new();
    project.run("ingest").succeeded();
    project
        .run("train --models dense --histograms 4")
        .succeeded();
    let run = project.path("runs/tiny/train/dense/seed-0");
    let printed = python::check(&python, "check_events.py", &[&run]);
    let mut expected = String::new();
    for kind in ["gradients", "weights"] {
        for parameter in ["fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight"] {
            expected += &format!("{kind}/{parameter} [4, 8]\n");
        }
    }
    assert_eq!(printed, expected);
}
