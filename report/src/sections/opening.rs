//! Title, warnings and the results in a few lines.

use std::collections::BTreeSet;

use pipelines::tables::metrics::{HELPS, HELPS_IN_THIS_RUN, HURTS, HURTS_IN_THIS_RUN, NO_EVIDENCE};

use crate::document::Document;
use crate::inputs::Inputs;
use crate::markdown::{Markdown, markdown};
use crate::number::points;
use crate::sections::champion;
use crate::words::{count, join_and};

/// Writes the beginning.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let models = inputs.models.len();
    document.heading(
        1,
        &format!(
            "{} on {}: one change after another",
            count(models, "model"),
            &inputs.spec.data.name
        ),
    );
    warnings(document, inputs);
    let introduction = match inputs.paper() {
        Some(paper) => paper.introduction(),
        None => "This report tests the significance of every difference.".to_owned(),
    };
    document.paragraph(format!(
        "{}. {introduction} Everything in it is computed from the Parquet tables of this run.",
        inputs.spec.description.trim_end_matches('.'),
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

/// What makes this run another study than the spec's.
fn departures(inputs: &Inputs) -> Vec<Markdown> {
    let left_out: Vec<&str> = inputs
        .spec
        .models
        .iter()
        .map(|model| model.name.as_str())
        .filter(|name| !inputs.models.iter().any(|model| model == name))
        .collect();
    let mut departures = Vec::new();
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
            "Some of the compared runs were trained with different instruction sets, which round \
             differently; the comparisons are marked, and [how it was made](#how-it-was-made) has the \
             instruction set of each run."
        ));
    }
    departures
}

fn findings(inputs: &Inputs) -> Vec<Markdown> {
    let tables = &inputs.tables;
    let mut findings = vec![champion::sentence(tables)];
    findings.extend(
        inputs
            .paper()
            .and_then(|paper| paper.finding())
            .map(Markdown::from),
    );
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
        if !found.is_empty() {
            findings.push(markdown!("{}: {}.", words, join_and(&found)));
        }
    }
    let silent: Vec<_> = tables
        .changes
        .iter()
        .filter(|change| change.verdict == NO_EVIDENCE)
        .map(|change| change.model.as_str())
        .collect();
    if !silent.is_empty() {
        findings.push(markdown!(
            "No evidence at this size that the change matters: {}.",
            join_and(&silent)
        ));
    }
    findings.push(markdown!(
        "{} of {}; see [how it was made](#how-it-was-made).",
        count(tables.accuracies.len(), "run"),
        count(tables.ranking.len(), "model"),
    ));
    findings
}
