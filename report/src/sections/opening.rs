//! Title, warnings and the results in a few lines.

use std::collections::BTreeSet;

use pipelines::tables::metrics::{
    EQUIVALENT, EQUIVALENT_IN_THIS_RUN, HELPS, HELPS_IN_THIS_RUN, HURTS, HURTS_IN_THIS_RUN,
    NO_EVIDENCE, UNDECIDED,
};

use crate::document::Document;
use crate::evaluated::{ModelChange, Tables};
use crate::inputs::Inputs;
use crate::markdown::{Markdown, markdown};
use crate::number::{grouped, percent, percent_interval, points, points_interval};
use crate::sections::changes::says_something;
use crate::sections::{champion, costs, sweeps};
use crate::words::{count, join_and};

/// Writes the beginning.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let data = &inputs.spec.data.name;
    document.heading(
        1,
        match &inputs.selected[..] {
            [only] => format!("{only} on {data}"),
            models => format!(
                "{} on {data}: one change after another",
                count(models.len(), "model")
            ),
        },
    );
    warnings(document, inputs);
    let introduction = match inputs.paper() {
        Some(paper) => format!(" {}", paper.introduction()),
        None if inputs.compares_models() => {
            " This report tests the significance of every difference.".to_owned()
        }
        None => String::new(),
    };
    document.paragraph(format!(
        "{}.{introduction}",
        inputs.spec.description.trim_end_matches('.'),
    ));
    if inputs.models.len() < inputs.selected.len() {
        document.paragraph(markdown!(
            "Shown are the best {} of {} models by validation accuracy. Each is compared with the others among \
             them, and each of all models with the best and with the one that it was changed from. Every model \
             and every run is in the tables under [champion](#champion) and [accuracies](#accuracies), and in the \
             files of the evaluation.",
            inputs.models.len(),
            inputs.selected.len(),
        ));
    }
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
        document.warning(format!(
            "{} failed: {}.",
            count(failures.len(), "run"),
            names.join(", ")
        ));
    }
}

/// What makes this run another study than the spec's.
fn departures(inputs: &Inputs) -> Vec<Markdown> {
    let left_out: Vec<&str> = inputs
        .spec
        .models
        .iter()
        .map(|model| model.name.as_str())
        .filter(|name| !inputs.selected.iter().any(|model| model == name))
        .collect();
    let mut departures = Vec::new();
    if !inputs.duplicates.is_empty() {
        departures.push(markdown!(
            "{} of the training and validation images are test images too, so test accuracies are too \
             high; see [images in two splits](#images-in-two-splits).",
            grouped(inputs.duplicates.len() as u64)
        ));
    }
    if !left_out.is_empty() {
        departures.push(markdown!(
            "Left out, as asked for: {}.",
            join_and(&left_out)
        ));
    }
    if let Some(paper) = inputs.paper() {
        departures.extend(paper.departures(inputs));
    }
    if inputs
        .tables
        .comparisons
        .iter()
        .any(|row| row.mixed_instruction_sets)
    {
        departures.push(markdown!(
            "Some compared runs were trained with different instruction sets, which round differently. \
             The comparisons are marked; see [how it was made](#how-it-was-made)."
        ));
    }
    departures
}

/// A change by what it is, with its size and interval.
fn effect(inputs: &Inputs, change: &ModelChange) -> String {
    let title = inputs.spec.model(&change.model);
    format!(
        "{} ({} instead of {}; {} points, {})",
        title.map_or("", |model| model.title.as_str()),
        change.model,
        change.extends,
        points(change.test_difference),
        points_interval(change.test_low, change.test_high)
    )
}

/// What averaging predictions over several views of each image makes of the test accuracy of `model`.
fn in_views(tables: &Tables, model: &str) -> Option<Markdown> {
    let views = tables.views.iter().find(|row| row.model == model)?;
    let single = tables.metric(model, Some("test"), "accuracy")?;
    let mean = tables.metric(model, Some("test"), "view_accuracy")?;
    Some(markdown!(
        "Predictions averaged over several views of each image ({}) reach {} % ({}), {} points against those \
         of the image alone.",
        views.views.replace('-', " "),
        percent(mean.mean),
        percent_interval(mean.low?, mean.high?),
        points(mean.mean - single.mean),
    ))
}

/// More effects than these that nothing was shown of are counted, not listed.
const MOST_EFFECTS: usize = 8;

fn findings(inputs: &Inputs) -> Vec<Markdown> {
    let tables = &inputs.tables;
    let mut findings = vec![champion::sentence(tables)];
    if let Some(model) = tables.singled_out() {
        findings.extend(in_views(tables, &model.model));
        findings.extend(costs::sentence(inputs, &model.model));
    }
    findings.extend(sweeps::finding(inputs));
    findings.extend(
        inputs
            .paper()
            .and_then(|paper| paper.finding())
            .map(Markdown::from),
    );
    let groups: [(&[&str], &str); 5] = [
        (
            &[HELPS, HELPS_IN_THIS_RUN],
            "Changes that raise test accuracy",
        ),
        (
            &[HURTS, HURTS_IN_THIS_RUN],
            "Changes that lower test accuracy",
        ),
        (
            &[EQUIVALENT, EQUIVALENT_IN_THIS_RUN],
            "Changes whose effect lies within the margin",
        ),
        (&[NO_EVIDENCE], "No evidence of an effect at this size"),
        (&[UNDECIDED], "Neither an effect nor its absence is shown"),
    ];
    for (verdicts, words) in groups {
        let changes = tables.changes.iter();
        let found: Vec<_> = changes
            .filter(|change| verdicts.contains(&change.verdict.as_str()))
            .map(|change| effect(inputs, change))
            .collect();
        let is_shown = verdicts.iter().any(|verdict| says_something(verdict));
        if found.len() > MOST_EFFECTS && !is_shown {
            findings.push(markdown!(
                "{}: {}; see [what each change did](#what-each-change-did).",
                words,
                count(found.len(), "change")
            ));
        } else if !found.is_empty() {
            findings.push(markdown!("{}: {}.", words, found.join("; ")));
        }
    }
    findings.push(markdown!(
        "{} of {}; see [how it was made](#how-it-was-made).",
        count(tables.accuracies.len(), "run"),
        count(tables.ranking.len(), "model"),
    ));
    findings
}
