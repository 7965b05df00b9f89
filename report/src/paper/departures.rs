//! What makes a run another study than the published one: fewer images, other training.

use pipelines::spec::{Model, Spec};

use super::Paper;
use crate::inputs::Inputs;
use crate::markdown::{Markdown, markdown};
use crate::number::grouped;
use crate::words::{count, join_and};

/// A warning for each departure.
pub fn departures(paper: &Paper<'_>, inputs: &Inputs) -> Vec<Markdown> {
    let mut departures = Vec::new();
    let protocol = &paper.published.protocol;
    let (train, test) = (inputs.train.len(), inputs.test.len());
    if train != protocol.train_images as usize || test != protocol.test_images as usize {
        departures.push(markdown!(
            "Trained on {} and tested on {} images, not on the paper's {} and {}. The accuracies show that the \
             pipeline works; they say nothing about the models.",
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
    let (mut shorter, mut other) = (Vec::new(), Vec::new());
    for model in models {
        let Ok(full) = study.model(&model.name) else {
            continue;
        };
        let same_epochs = Model {
            epochs: full.epochs,
            ..model.training_part()
        };
        if model.training_part() == full.training_part() {
            continue;
        } else if same_epochs == full.training_part() {
            shorter.push(model.name.as_str());
        } else {
            other.push(model.name.as_str());
        }
    }
    let parts: Vec<String> = [
        ("for other numbers of epochs", shorter),
        ("with other settings", other),
    ]
    .into_iter()
    .filter(|(_, models)| !models.is_empty())
    .map(|(how, models)| format!("{} {how}", some_of(&models)))
    .collect();
    (!parts.is_empty()).then(|| {
        markdown!(
            "Not trained as in the study: {}. {} trains every model as it was.",
            parts.join("; "),
            Markdown::code(&format!("--spec {}", study.name))
        )
    })
}

/// The names of a few models, the number of many.
fn some_of(models: &[&str]) -> String {
    match models.len() {
        0..=3 => join_and(models),
        many => count(many, "model"),
    }
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
            "Not trained as in the study: model-7 and model-8 for other numbers of epochs. `--spec paper` \
             trains every model as it was."
        );
    }
}
