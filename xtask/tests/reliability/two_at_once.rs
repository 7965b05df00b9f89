//! Two runs at the same time in one folder.

use std::time::Duration;

use nix::sys::signal::Signal;
use pipelines::files::lock::FolderLock;

use crate::project::{Project, Running, assert_same, finished, run};

#[test]
fn two_runs_of_one_spec_take_turns() {
    let project = Project::new();
    let first = Running::start(project.command("run-all"));
    first.wait_for(|line| line.starts_with("$ ")).unwrap();
    // The first one is paused until the second one waits.
    first.signal_all(Signal::SIGSTOP);
    let second = Running::start(project.command("run-all"));
    let waits = second.wait_for(|line| line.contains("waiting for another run"));
    first.signal_all(Signal::SIGCONT);
    let line = waits.unwrap();
    assert!(
        line.contains("(process ") && line.contains(" since 20"),
        "{line}"
    );
    assert_eq!(first.end().0, Some(0));
    let (code, said) = second.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("$ "), "everything was done already:\n{said}");
    assert_same(&project.digest(), &finished().digest());
}

#[test]
fn two_specs_both_finish() {
    let project = Project::new();
    let other = include_str!("tiny.toml").replace("seeds = [0]", "seeds = [1]");
    project.write_spec("other", &other);
    let runs = ["tiny", "other"].map(|spec| Running::start(project.command_of(spec, "run-all")));
    for run in runs {
        let (code, said) = run.end();
        assert_eq!(code, Some(0), "{said}");
    }
    project.run("verify").succeeded();
}

/// By `plan` too, and not by each of its steps.
#[test]
fn a_second_spec_of_the_same_name_is_refused_once() {
    let project = Project::finished();
    std::fs::create_dir(project.path("other")).unwrap();
    project.write_spec("other/tiny", include_str!("tiny.toml"));
    for words in ["run-all", "plan"] {
        let mut command = project.command_of("other/tiny", words);
        let output = run(&mut command).failed_with(&["belongs to tiny.toml"]);
        assert!(output.stages().is_empty(), "{}", output.stderr);
        let said = output.stderr.matches("expected a spec of another name");
        assert_eq!(said.count(), 1, "{}", output.stderr);
    }
}

#[test]
fn a_stage_waits_for_its_folder_and_names_the_process_that_has_it() {
    let project = Project::new();
    let folder = project.path("data/ingested/bundled");
    let lock = FolderLock::acquire(&folder, |_| panic!("nobody holds it")).unwrap();
    let running = Running::start(project.command("ingest"));
    let line = running
        .wait_for(|line| line.contains("waiting for"))
        .unwrap();
    let owner = format!("(process {} since 20", std::process::id());
    assert!(line.contains(&owner), "{line}");
    std::thread::sleep(Duration::from_millis(200));
    assert!(!folder.join("manifest.json").exists());
    drop(lock);
    assert_eq!(running.end().0, Some(0));
}

#[test]
fn two_stages_of_one_spec_train_different_models_at_once() {
    let project = Project::new();
    project.run("ingest").succeeded();
    project.run("augment").succeeded();
    let runs = ["dense", "convolution"]
        .map(|model| Running::start(project.command(&format!("train --models {model}"))));
    for run in runs {
        assert_eq!(run.end().0, Some(0));
    }
    project.run("run-all").succeeded();
    assert_same(&project.digest(), &finished().digest());
}
