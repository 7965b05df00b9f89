//! Fresh steps are skipped, changed steps run.

use crate::project::Project;

#[test]
fn no_stage_is_started_when_everything_is_fresh() {
    let project = Project::finished();
    let output = project.run("run-all").succeeded();
    assert!(output.stages().is_empty(), "{}", output.stderr);
    assert!(
        output.stderr.contains("train dense seed 0: fresh"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_changed_model_is_the_only_one_trained_again() {
    let project = Project::finished();
    project.edit_spec("units = 16", "units = 12");
    let plan = project.run("plan").succeeded();
    for line in [
        "train dense seed 0        run    spec changed: model.layers.1.units: 16 → 12",
        "train convolution seed 0  fresh",
        "evaluate                  later  after train dense seed 0",
    ] {
        assert!(plan.stdout.contains(line), "{}", plan.stdout);
    }
    let output = project.run("run-all").succeeded();
    assert_eq!(
        output.stages(),
        ["train", "evaluate", "report"],
        "{}",
        output.stderr
    );
}

#[test]
fn a_single_stage_rejects_inputs_of_another_spec() {
    let project = Project::finished();
    project.edit_spec("validation_split = 0.2", "validation_split = 0.25");
    project.run("train --models dense").failed_with(&[
        "train dense seed 0 needs `ingest`, which is not up to date",
        "validation_split: 0.2 → 0.25",
        "cargo xtask ingest --spec",
    ]);
}

#[test]
fn there_is_a_report_after_each_seed() {
    let project = Project::new();
    let output = project
        .run("run-all --models dense --seeds 0..2")
        .succeeded();
    let expected = [
        "ingest", "train", "evaluate", "report", "train", "evaluate", "report",
    ];
    assert_eq!(output.stages(), expected, "{}", output.stderr);
    let again = project
        .run("run-all --models dense --seeds 0..2")
        .succeeded();
    assert!(again.stages().is_empty(), "{}", again.stderr);
}
