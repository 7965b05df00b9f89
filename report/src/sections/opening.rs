//! Title, warnings and what came out, in a few lines.

use std::collections::BTreeSet;

use pipelines::spec::{Model, Spec};
use pipelines::tables::metrics::{HELPS, HELPS_IN_THIS_RUN, HURTS, HURTS_IN_THIS_RUN};

use crate::document::Document;
use crate::inputs::Inputs;
use crate::number::{decimal, grouped, points};
use crate::scale::extent;
use crate::sections::champion::{self, and};

/// The spec of the study at full length.
const STUDY: &str = "paper";

/// Writes the beginning.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(
        1,
        "Small networks on Fashion-MNIST: one change after another",
    );
    warnings(document, inputs);
    document.paragraph(&format!(
        "{}. This report repeats the study of {} and puts a test of significance beside every \
         difference. Everything in it is computed from the Parquet tables of this run.",
        inputs.spec.description, inputs.published.citation
    ));
    document.heading(2, "In short");
    document.list(findings(inputs));
}

fn warnings(document: &mut Document, inputs: &Inputs) {
    let mut seen = BTreeSet::new();
    for (_, manifest) in &inputs.manifests {
        for warning in &manifest.warnings {
            if seen.insert(warning) {
                document.warning(warning);
            }
        }
    }
    for warning in departures(inputs) {
        document.warning(&warning);
    }
    let failures = &inputs.tables.failures;
    if !failures.is_empty() {
        let names: Vec<_> = failures
            .iter()
            .map(|failure| format!("{} seed {}", failure.model, failure.seed))
            .collect();
        document.warning(&format!(
            "{} of the runs failed and are shown as failed: {}.",
            failures.len(),
            names.join(", ")
        ));
    }
}

/// What makes this run another study than the paper's: fewer images, other settings.
fn departures(inputs: &Inputs) -> Vec<String> {
    let mut departures = Vec::new();
    let protocol = &inputs.published.protocol;
    let (train, test) = (inputs.train.len(), inputs.test.len());
    if train != protocol.train_images as usize || test != protocol.test_images as usize {
        departures.push(format!(
            "Only {} training and {} test images instead of the paper's {} and {}: the accuracies below \
             show that the pipeline works and say nothing about the models. `cargo xtask run-all` \
             fetches the full data.",
            grouped(train as u64),
            grouped(test as u64),
            grouped(protocol.train_images.into()),
            grouped(protocol.test_images.into())
        ));
    }
    let left_out: Vec<&str> = inputs
        .spec
        .models
        .iter()
        .map(|model| model.name.as_str())
        .filter(|name| !inputs.models.iter().any(|model| model == name))
        .collect();
    if !left_out.is_empty() {
        departures.push(format!("Left out, as asked for: {}.", and(&left_out)));
    }
    if let Ok(study) = Spec::load(STUDY) {
        departures.extend(other_training(inputs.spec_models(), &study));
    }
    departures
}

/// The models that are trained otherwise than in the study at full length.
fn other_training<'a>(models: impl Iterator<Item = &'a Model>, study: &Spec) -> Option<String> {
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
    let other: Vec<&str> = other.iter().map(String::as_str).collect();
    (!other.is_empty()).then(|| {
        format!(
            "Not trained as in the study at full length: {}. `--spec {STUDY}` does that.",
            and(&other)
        )
    })
}

fn findings(inputs: &Inputs) -> Vec<String> {
    let tables = &inputs.tables;
    let mut findings = vec![champion::sentence(tables)];
    let published: Vec<_> = tables
        .published
        .iter()
        .filter(|row| row.metric == "accuracy" && row.inside.is_some())
        .collect();
    if !published.is_empty() {
        let inside = published
            .iter()
            .filter(|row| row.inside == Some(true))
            .count();
        let outside: Vec<String> = published
            .iter()
            .filter(|row| row.inside == Some(false))
            .map(|row| format!("{} ({} points)", row.model, points(row.difference)))
            .collect();
        let outside: Vec<&str> = outside.iter().map(String::as_str).collect();
        let widths = published
            .iter()
            .filter_map(|row| Some(row.high? - row.low?));
        let widths = extent(widths, 0.0).map_or(String::new(), |(least, most)| {
            format!(
                ", which are {} to {} points wide",
                decimal(least * 100.0, 1),
                decimal(most * 100.0, 1)
            )
        });
        let mut text = format!(
            "{inside} of {} published test accuracies lie inside our intervals{widths}",
            published.len()
        );
        if outside.is_empty() {
            text.push('.');
        } else {
            text.push_str(&format!(
                "; outside, ours − the paper's: {}.",
                and(&outside)
            ));
        }
        findings.push(text);
    }
    for (verdicts, words) in [
        (
            [HELPS, HELPS_IN_THIS_RUN],
            "Changes that raise test accuracy",
        ),
        ([HURTS, HURTS_IN_THIS_RUN], "Changes that lower it"),
    ] {
        let found: Vec<_> = tables
            .changes
            .iter()
            .filter(|change| verdicts.contains(&change.verdict.as_str()))
            .map(|change| {
                let seeds = if change.verdict == verdicts[1] {
                    ", in this run"
                } else {
                    ""
                };
                format!(
                    "{} from {} ({} points{seeds})",
                    change.model,
                    change.extends,
                    points(change.test_difference)
                )
            })
            .collect();
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        if !found.is_empty() {
            findings.push(format!("{words}: {}.", and(&found)));
        }
    }
    let silent: Vec<_> = tables
        .changes
        .iter()
        .filter(|change| change.verdict == pipelines::tables::metrics::NO_EVIDENCE)
        .map(|change| change.model.as_str())
        .collect();
    if !silent.is_empty() {
        findings.push(format!(
            "No evidence at this size that the change matters: {}.",
            and(&silent)
        ));
    }
    let runs = tables.table_1.len();
    findings.push(format!(
        "{runs} {} of {} {}; see [how it was made](#how-it-was-made).",
        if runs == 1 { "run" } else { "runs" },
        tables.ranking.len(),
        if tables.ranking.len() == 1 {
            "model"
        } else {
            "models"
        },
    ));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_training_is_said_and_the_study_itself_has_nothing_to_say() {
        let study = Spec::load(STUDY).unwrap();
        assert_eq!(other_training(study.models.iter(), &study), None);
        let quick = Spec::load("quick").unwrap();
        let models = ["model-7", "model-8"].map(|name| quick.model(name).unwrap());
        assert_eq!(
            other_training(models.into_iter(), &study).unwrap(),
            "Not trained as in the study at full length: model-7 (1 of 10 epochs) and model-8 (3 of 15 \
             epochs). `--spec paper` does that."
        );
    }
}
