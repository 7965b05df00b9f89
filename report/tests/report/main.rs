//! Whole reports: of networks that were really trained on the bundled subset, and of invented studies
//! with other images and other numbers of classes.

mod checks;
mod chromium;
mod hostile;
mod invented;
mod network;
mod picture;
mod project;

use pipelines::spec::dataset_info::ImageShape;

use project::Project;

#[test]
fn a_study_of_the_bundled_subset_becomes_a_report() {
    let project = Project::trained();
    let report = project.report();
    checks::check(&report);
    let headings: Vec<_> = report
        .markdown
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    expect_test::expect![[r#"
        ## In short
        ## What was proposed, and what came of it
        ## Results
        ## Champion
        ## Possible rankings
        ## Every two models
        ## Overfitting
        ## Learning curves
        ## Classification reports
        ## What each change did to the hardest classes
        ## Confusion matrices
        ## First predictions and first errors
        ## Errors
        ## Calibration
        ## Accuracy and cost
        ## Spread over seeds
        ## Data
        ## Models
        ## Augmentation
        ## What the networks look at
        ## Choices
        ## How it was made"#]]
    .assert_eq(&headings.join("\n"));
    let text = &report.markdown;
    assert!(text.contains("1,600 training, 400 validation and 1,000 test images"));
    assert!(
        text.contains("- **wide**: two kernels are too few"),
        "{text}"
    );
    let proposed = "- **1** A test: \"four kernels should see more than edges\"\n\n| change |";
    assert!(text.contains(proposed), "{text}");
    assert!(text.contains("![Effect of each change on test accuracy: filters: wide minus small"));
    assert!(!text.to_lowercase().contains("paper"));
    assert!(report.page.contains("Ankle boot"));
}

#[test]
fn a_study_of_a_hundred_classes_in_colour_stays_readable() {
    let shape = ImageShape::new(20, 48, 3);
    let project = Project::invented(shape, 100);
    let report = project.report();
    checks::check(&report);
    checks::has_nothing_of_the_paper(&report);
    let text = &report.markdown;
    assert!(text.contains("## Confusions\n"), "{text}");
    assert!(text.contains("| true class | predicted class | images |"));
    assert!(text.contains("20×48 colour images of 100 classes"));
    let longest = text.lines().map(str::len).max();
    assert!(longest < Some(6_000), "{longest:?}");
    let rows = text.lines().filter(|line| line.starts_with("| ")).count();
    assert!(rows < 500, "{rows} rows of tables");
}

#[test]
fn a_study_of_two_classes_becomes_a_report() {
    let shape = ImageShape::new(9, 5, 1);
    let project = Project::invented(shape, 2);
    let report = project.report();
    checks::check(&report);
    checks::has_nothing_of_the_paper(&report);
    assert!(report.markdown.contains("## Confusion matrices\n"));
    assert!(
        report
            .files
            .iter()
            .any(|(path, _)| path == "figures/confusion-small.svg")
    );
}

#[test]
fn images_with_opacity_are_shown_on_white() {
    for channels in [2, 4] {
        let shape = ImageShape::new(6, 6, channels);
        let project = Project::invented(shape, 3);
        let report = project.report();
        checks::check(&report);
        assert!(report.markdown.contains("with opacity, shown on white"));
    }
}
