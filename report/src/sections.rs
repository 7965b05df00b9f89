//! One section of the report a file, in the order of the paper.

pub mod audit;
pub mod augmentation;
pub mod calibration;
pub mod champion;
pub mod changes;
pub mod choices;
pub mod classification;
pub mod conclusions;
pub mod confusion;
pub mod costs;
pub mod data;
pub mod errors;
pub mod learning_curves;
pub mod models;
pub mod opening;
pub mod overfitting;
pub mod predictions;
pub mod provenance;
pub mod results;
pub mod seeds;
pub mod weights;

use anyhow::Result;

use crate::document::Document;
use crate::inputs::Inputs;

/// What a section says when it has nothing to show.
const NO_RUN: &str = "There is no finished run to show.";

/// The whole report.
///
/// # Errors
/// A figure that cannot be encoded.
pub fn write(inputs: &Inputs) -> Result<Document> {
    let mut document = Document::default();
    opening::write(&mut document, inputs);
    data::write(&mut document, inputs)?;
    models::write(&mut document, inputs)?;
    results::write(&mut document, inputs);
    learning_curves::write(&mut document, inputs);
    champion::write(&mut document, inputs);
    changes::write(&mut document, inputs);
    overfitting::write(&mut document, inputs);
    classification::write(&mut document, inputs);
    confusion::write(&mut document, inputs);
    predictions::write(&mut document, inputs)?;
    errors::write(&mut document, inputs)?;
    calibration::write(&mut document, inputs);
    costs::write(&mut document, inputs);
    seeds::write(&mut document, inputs);
    augmentation::write(&mut document, inputs)?;
    weights::write(&mut document, inputs)?;
    conclusions::write(&mut document, inputs);
    audit::write(&mut document, inputs);
    choices::write(&mut document, inputs);
    provenance::write(&mut document, inputs);
    Ok(document)
}

#[cfg(test)]
mod tests {
    use pipelines::spec::Spec;
    use pipelines::spec::published::Published;
    use pipelines::tables::images::{IMAGE_BYTES, Images, Split};
    use pipelines::tables::overview::Overview;

    use super::*;
    use crate::evaluated::{Failure, Tables};

    fn images(split: Split) -> Images {
        Images {
            ids: vec![0, 1],
            splits: vec![split; 2],
            labels: vec![9, 0],
            pixels: vec![7; 2 * IMAGE_BYTES].into(),
            extra: Vec::new(),
        }
    }

    #[test]
    fn a_study_whose_every_run_failed_still_has_a_report_that_says_so() {
        let spec = Spec::load("smoke").unwrap();
        let failures = spec.models.iter().map(|model| Failure {
            model: model.name.clone(),
            seed: 0,
            reason: "epoch 1, batch 2: expected a finite loss, found NaN".to_owned(),
        });
        let inputs = Inputs {
            models: spec.models.iter().map(|model| model.name.clone()).collect(),
            seeds: vec![0],
            published: Published::load().unwrap(),
            overview: Overview::default(),
            train: images(Split::Train),
            test: images(Split::Test),
            tables: Tables {
                failures: failures.collect(),
                ..Tables::default()
            },
            runs: Vec::new(),
            augmented: Vec::new(),
            manifests: Vec::new(),
            spec,
        };
        let document = write(&inputs).unwrap();
        let text = &document.markdown;
        assert!(text.contains("> 8 of the runs failed"), "{text}");
        assert!(text.contains("| model-7 | 0 | epoch 1, batch 2"), "{text}");
        assert!(text.contains("there is no champion"), "{text}");
        assert!(!text.contains("NaN %"), "{text}");
        for figure in &document.figures {
            assert!(text.contains(&figure.path), "{} is not shown", figure.path);
        }
    }
}
