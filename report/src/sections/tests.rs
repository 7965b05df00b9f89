use pipelines::spec::Spec;
use pipelines::tables::images::Images;
use pipelines::tables::split::Split;

use super::*;
use crate::evaluated::{FailedRun, Tables};

fn images(spec: &Spec, split: Split) -> Images {
    let info = spec.data.info().unwrap();
    Images {
        ids: vec![0, 1],
        splits: vec![split; 2],
        labels: vec![1, 0],
        pixels: vec![7; 2 * info.shape.len()].into(),
        info,
        extra: Vec::new(),
    }
}

#[test]
fn a_study_whose_every_run_failed_still_has_a_report_that_says_so() {
    let spec = Spec::load("smoke").unwrap();
    let failures = spec.models.iter().map(|model| FailedRun {
        model: model.name.clone(),
        seed: 0,
        reason: "epoch 1, batch 2: expected a finite loss, found NaN".to_owned(),
    });
    let inputs = Inputs {
        models: spec.models.iter().map(|model| model.name.clone()).collect(),
        selected: spec.models.iter().map(|model| model.name.clone()).collect(),
        seeds: vec![0],
        overview: Vec::new(),
        duplicates: Vec::new(),
        train: images(&spec, Split::Train),
        test: images(&spec, Split::Test),
        tables: Tables {
            failures: failures.collect(),
            ..Tables::default()
        },
        runs: Vec::new(),
        champion: None,
        augmented: Vec::new(),
        follow_ups: Vec::new(),
        manifests: Vec::new(),
        spec,
    };
    let document = write(&inputs).unwrap();
    let text = &document.markdown;
    assert!(text.contains("> 9 runs failed"), "{text}");
    assert!(text.contains("| model-7 | 0 | epoch 1, batch 2"), "{text}");
    assert!(text.contains("there is no champion"), "{text}");
    assert!(!text.contains("NaN %"), "{text}");
    for figure in &document.figures {
        assert!(text.contains(&figure.path), "{} is not shown", figure.path);
    }
}
