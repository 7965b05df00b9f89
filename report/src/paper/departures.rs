//! What makes a run another study than the published one: fewer images, other training.

use pipelines::spec::{Model, Spec};

use super::Paper;
use crate::inputs::Inputs;
use crate::markdown::{Markdown, markdown};
use crate::number::grouped;
use crate::words::join_and;

/// A warning for each departure.
pub fn departures(paper: &Paper<'_>, inputs: &Inputs) -> Vec<Markdown> {
    let mut departures = Vec::new();
    let protocol = &paper.published.protocol;
    let (train, test) = (inputs.train.len(), inputs.test.len());
    if train != protocol.train_images as usize || test != protocol.test_images as usize {
        departures.push(markdown!(
            "Only {} training and {} test images instead of the paper's {} and {}: the accuracies below \
             show that the pipeline works and say nothing about the models. `cargo xtask run-all` \
             fetches the full data.",
            grouped(train as u64),
            grouped(test as u64),
            grouped(protocol.train_images.into()),
            grouped(protocol.test_images.into())
        ));
    }
    if let Ok(study) = Spec::load(&paper.published.spec) {
        departures.extend(other_training(inputs.spec_models(), &study));
    }
    departures
}

/// The models that are trained otherwise than in `study`, the spec of the whole study.
fn other_training<'a>(models: impl Iterator<Item = &'a Model>, study: &Spec) -> Option<Markdown> {
    let other: Vec<String> = models
        .filter_map(|model| {
            let full = study.model(&model.name).ok()?;
            let same_epochs = Model {
                epochs: full.epochs,
                ..model.training_part()
            };
            if model.training_part() == full.training_part() {
                None
            } else if same_epochs == full.training_part() {
                Some(format!(
                    "{} ({} of {} epochs)",
                    model.name, model.epochs, full.epochs
                ))
            } else {
                Some(format!("{} (other settings)", model.name))
            }
        })
        .collect();
    (!other.is_empty()).then(|| {
        markdown!(
            "Not trained as in the full study: {}. {} trains them so.",
            join_and(&other),
            Markdown::code(&format!("--spec {}", study.name))
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_training_is_a_departure_and_the_study_itself_has_none() {
        let study = Spec::load("paper").unwrap();
        assert_eq!(other_training(study.models.iter(), &study), None);
        let quick = Spec::load("quick").unwrap();
        let models = ["model-7", "model-8"].map(|name| quick.model(name).unwrap());
        assert_eq!(
            other_training(models.into_iter(), &study).unwrap().as_str(),
            "Not trained as in the full study: model-7 (1 of 10 epochs) and model-8 (3 of 15 epochs). \
             `--spec paper` trains them so."
        );
    }
}
