use expect_test::expect;

use super::*;

#[test]
fn published_figures_stand_beside_ours() {
    let spec = Spec::load("paper").unwrap();
    let tables = Tables {
        published: vec![PublishedComparison {
            model: "model-7".to_owned(),
            source: "Table 1".to_owned(),
            metric: "accuracy".to_owned(),
            split: "test".to_owned(),
            published: 0.9173,
            runs: 3,
            ours: 0.9121,
            difference: -0.0052,
            low: Some(0.9021),
            high: Some(0.9221),
            inside: Some(true),
            prediction_low: Some(0.9061),
            prediction_high: Some(0.9164),
            prediction_p_value_corrected: Some(0.021),
            fits: Some(false),
            ..PublishedComparison::default()
        }],
        ..Tables::default()
    };
    let paper = Paper::of(&spec, &tables, &[]).unwrap();
    let mut table = Table::new(["model", "runs", "test", "interval", "misclassified"]);
    table.row(["model-7", "3", "91.21", "90.21 to 92.21", "8.79"]);
    table.row(["model-8", "0", "failed"]);
    paper.add_to_test_accuracies(&mut table, &["model-7", "model-8"]);
    expect![[r#"
        | model | runs | test | interval | paper | difference | agrees | misclassified | paper |
        | --- | --: | --: | --: | --: | --: | --: | --: | --: |
        | model-7 | 3 | 91.21 | 90.21 to 92.21 | 91.73 | −0.52 | no | 8.79 | 8.27 |
        | model-8 | 0 | failed |  |  |  |  |  |  |"#]]
    .assert_eq(&table.markdown());
    expect!["0 of 1 published test accuracies agree with ours: each could be one more run of the model on the same test images, corrected for 1 check (Holm). This does not hold for model-7 (the paper's 91.73, one more run of ours: 90.61 to 91.64)."].assert_eq(&paper.finding().unwrap());
}

#[test]
fn the_paper_stands_beside_its_classification_reports() {
    let spec = Spec::load("paper").unwrap();
    let tables = Tables::default();
    let paper = Paper::of(&spec, &tables, &[]).unwrap();
    let mut table = Table::new(["class", "F1"]);
    table.row(["T-shirt/top", "85.00"]);
    table.row(["macro avg", "84.00"]);
    paper.add_to_classification(&mut table, "model-7", &[(Some(0), 0.85), (None, 0.84)]);
    expect![[r#"
        | class | F1 | paper: precision | recall | F1 | F1: ours − paper |
        | --- | --: | --: | --: | --: | --: |
        | T-shirt/top | 85.00 | 82 | 85 | 84 | +1.0 |
        | macro avg | 84.00 |  |  |  |  |"#]]
    .assert_eq(&table.markdown());
}
