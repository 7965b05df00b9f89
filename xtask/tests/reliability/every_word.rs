//! A small residual network with every newer word of a spec, from the spec to the report.

use std::fs;

use crate::project::Project;

#[test]
fn a_residual_network_with_every_newer_word_goes_from_spec_to_report() {
    let project = Project::with_spec(include_str!("every_word.toml"));
    project.run("run-all").succeeded();
    let read = |below: &str| fs::read_to_string(project.path(below)).unwrap();

    let views = read("runs/tiny/evaluate/views.csv");
    let rows: Vec<&str> = views.lines().skip(1).collect();
    assert_eq!(rows.len(), 2, "{views}");
    for (row, split) in rows.iter().zip(["validation", "test"]) {
        let start = format!("trained-well,0,{split},mirror-and-shifts,");
        assert!(row.starts_with(&start), "{row}");
    }
    let summary = read("runs/tiny/evaluate/summary.csv");
    assert!(
        summary.contains("trained-well,test,view_accuracy,"),
        "{summary}"
    );
    assert!(!summary.contains("plain,test,view_accuracy,"), "{summary}");

    let report = read("runs/tiny/report/report.md");
    for text in [
        "| trained-well | mirror and shifts |",
        "label_smoothing 0.0 → 0.1",
        "optimizer: weight_decay 0.0005",
        "weights averaged with 0.9",
        "Every layer of plain",
        "4 sequence: 1 residual: 4 depthwise_conv2d",
    ] {
        assert!(report.contains(text), "expected `{text}` in:\n{report}");
    }
    let figures = fs::read_dir(project.path("runs/tiny/report/figures")).unwrap();
    let names: Vec<_> = figures.map(|file| file.unwrap().file_name()).collect();
    assert!(names.contains(&"layers-plain.svg".into()), "{names:?}");
    let diagram = read("runs/tiny/report/figures/layers-plain.svg");
    assert!(
        diagram.contains("× 2"),
        "no bracket around what is repeated"
    );

    let copies = read("runs/tiny/report/figures/augmentation-cropped.svg");
    assert!(copies.contains("erased width"), "{copies}");

    // Nothing is left to do, and what was written is what was recorded.
    let plan = project.run("plan").succeeded().stdout;
    assert!(!plan.contains("will run"), "{plan}");
    project.run("verify").succeeded();
}
