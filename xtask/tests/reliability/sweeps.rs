//! A sweep ends in the same model whatever happens on the way.

use std::collections::BTreeMap;

use nix::sys::signal::Signal;
use pipelines::files::manifest::{Manifest, Outcome};

use crate::project::{Project, Running, assert_same};

const SWEEP: &str = r#"
[[sweep]]
name = "rate"
extends = "dense"
seeds = [0, 1]
halving = { factor = 2, min_epochs = 2 }

[sweep.parameters]
"optimizer.learning_rate" = [0.0003, 0.001, 0.003, 0.01]
"#;

/// Two models and a sweep of four candidates that halt after two and four of eight epochs.
fn project(sweep: &str) -> Project {
    let project = Project::new();
    let text = std::fs::read_to_string(project.path("tiny.toml")).unwrap();
    project.write_spec("tiny", &format!("{text}{sweep}"));
    project
}

/// The manifests of all candidates, by their folder.
fn candidates(project: &Project) -> BTreeMap<String, Manifest> {
    let files = project.files().into_iter();
    let folders = files.filter_map(|name| Some(name.strip_suffix("/manifest.json")?.to_owned()));
    folders
        .filter(|folder| folder.contains("/train/rate-"))
        .map(|folder| {
            let manifest = Manifest::read(&project.path(&folder)).unwrap().unwrap();
            (folder, manifest)
        })
        .collect()
}

#[test]
fn survivors_of_halving_have_the_bytes_of_uninterrupted_runs_and_the_best_becomes_a_model() {
    let halved = project(SWEEP);
    let output = halved.run("run-all").succeeded();
    assert!(output.stdout.contains("\nrate "), "{}", output.stdout);
    let candidates_of_halved = candidates(&halved);
    let mut epochs: Vec<usize> = candidates_of_halved
        .values()
        .map(|manifest| manifest.validation_accuracies.len())
        .collect();
    epochs.sort_unstable();
    assert_eq!(epochs, [2, 2, 2, 2, 4, 4, 8, 8]);

    let whole = project(&SWEEP.replace("halving = { factor = 2, min_epochs = 2 }\n", ""));
    whole.run("run-all").succeeded();
    let candidates_of_whole = candidates(&whole);
    assert_eq!(candidates_of_whole.len(), 8);
    for (folder, manifest) in &candidates_of_halved {
        let other = &candidates_of_whole[folder];
        let epochs = manifest.validation_accuracies.len();
        assert_eq!(
            manifest.validation_accuracies,
            other.validation_accuracies[..epochs],
            "{folder}"
        );
        if manifest.outcome == Outcome::Complete {
            for name in [
                "weights.safetensors",
                "history.parquet",
                "predictions.parquet",
            ] {
                assert_eq!(
                    manifest.outputs[name], other.outputs[name],
                    "{folder}/{name}"
                );
            }
        }
    }

    let again = halved.run("run-all").succeeded();
    assert!(again.stages().is_empty(), "{}", again.stderr);
    halved.run("verify").succeeded();
}

#[test]
fn a_value_that_is_added_leaves_the_candidates_that_are_there() {
    let project = project(&SWEEP.replace("halving = { factor = 2, min_epochs = 2 }\n", ""));
    project.run("run-all").succeeded();
    let before = candidates(&project);
    project.edit_spec("[0.0003, 0.001,", "[0.0001, 0.0003, 0.001,");
    let output = project.run("run-all").succeeded();
    let trained = output
        .stages()
        .iter()
        .filter(|stage| *stage == "train")
        .count();
    assert!(
        (2..=3).contains(&trained),
        "two candidates and perhaps another winner: {}",
        output.stderr
    );
    let after = candidates(&project);
    assert_eq!(after.len(), 10);
    assert!(
        before
            .iter()
            .all(|(folder, manifest)| after[folder] == *manifest)
    );
}

#[test]
fn a_sweep_that_is_killed_and_one_that_trains_side_by_side_end_in_the_same_bytes() {
    let expected = project(SWEEP);
    expected.run("run-all").succeeded();
    let killed = project(SWEEP);
    for wanted in [
        "seed 1  epoch   1/8",
        "halts after epoch 4",
        "rate seed 0  epoch   3/8",
    ] {
        let running = Running::start(killed.command("run-all"));
        let found = running.wait_for(|line| line.contains(wanted));
        running.signal_all(Signal::SIGKILL);
        assert!(found.is_some(), "{wanted}");
        running.end();
    }
    killed.run("run-all --jobs 3 --threads 3").succeeded();
    assert_same(&killed.digest(), &expected.digest());
}
