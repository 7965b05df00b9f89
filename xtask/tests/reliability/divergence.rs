//! A loss that becomes NaN ends its run with an error that names epoch and batch, and no other run.

use std::fs;

use crate::project::Project;

#[test]
fn a_diverging_model_is_reported_as_failed_and_the_others_continue() {
    let project = Project::new();
    project.edit_spec("learning_rate = 0.05", "learning_rate = 1e30");
    let output = project.run("run-all").failed_with(&[
        "train convolution seed 0 failed",
        "epoch 1",
        "batch",
    ]);
    assert_eq!(output.stages().last().map(String::as_str), Some("report"));
    let report = fs::read_to_string(project.path("runs/tiny/report/report.md")).unwrap();
    assert!(
        report.contains("convolution") && report.contains("failed"),
        "{report}"
    );

    let again = project
        .run("run-all")
        .failed_with(&["train convolution seed 0: failed before"]);
    assert!(again.stages().is_empty(), "{}", again.stderr);
    let plan = project.run("plan").succeeded().stdout;
    let line = plan
        .lines()
        .find(|line| line.starts_with("train convolution seed 0"));
    assert!(
        line.is_some_and(|line| line.contains("  failed ") && line.contains("epoch 1")),
        "{plan}"
    );
    assert!(
        plan.lines()
            .any(|line| line.starts_with("report ") && line.ends_with("fresh")),
        "{plan}"
    );
    // The others have an answer, each time.
    for said in [output.stdout, again.stdout] {
        assert!(
            said.contains("dense") && said.contains("report: "),
            "{said}"
        );
    }
}
