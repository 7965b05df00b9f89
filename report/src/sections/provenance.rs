//! How the results were made.

use std::collections::BTreeSet;

use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::step::Step;

use crate::document::Document;
use crate::inputs::Inputs;
use crate::markdown::{Markdown, markdown};
use crate::number;
use crate::table::Table;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "How it was made");
    let spec = &inputs.spec;
    let seeds: Vec<_> = inputs.seeds.iter().map(ToString::to_string).collect();
    let made_by: Vec<_> = inputs.manifests.iter().map(|(_, m)| &m.made_by).collect();
    let list = |values: BTreeSet<String>| values.into_iter().collect::<Vec<_>>().join("; ");
    let total_s: f64 = inputs.manifests.iter().map(|(_, m)| m.duration_s).sum();
    let mut facts = vec![
        markdown!("Spec {}: {}.", Markdown::code(&spec.name), spec.description),
        markdown!("Seeds asked for: {}.", seeds.join(", ")),
        markdown!(
            "Intervals at {} %, {} bootstrap resamples from seed {}, {} calibration bins.",
            number::percent_to(spec.evaluation.confidence, 0),
            number::grouped(spec.evaluation.bootstrap_resamples.into()),
            spec.evaluation.bootstrap_seed,
            spec.evaluation.calibration_bins
        ),
        markdown!(
            "Processor: {}.",
            list(made_by.iter().map(|m| m.processor.clone()).collect())
        ),
        markdown!(
            "Instruction sets of the trainings: {}.",
            list(instruction_sets(&inputs.manifests))
        ),
        markdown!(
            "System: {}.",
            list(made_by.iter().map(|m| m.system.clone()).collect())
        ),
        markdown!(
            "Atelier: {}.",
            list(
                made_by
                    .iter()
                    .map(|m| format!("{} at commit {}", m.version, m.commit))
                    .collect()
            )
        ),
        markdown!(
            "Libraries: {}.",
            list(
                made_by
                    .iter()
                    .flat_map(|m| m
                        .libraries
                        .iter()
                        .map(|(name, version)| format!("{name} {version}")))
                    .collect()
            )
        ),
        markdown!(
            "All steps before this report together: {}.",
            number::duration(total_s)
        ),
    ];
    facts.extend(inputs.paper().map(|paper| paper.citation().into()));
    document.list(facts);
    document.details("Every step", |document| {
        document.table(&steps(&inputs.manifests))
    });
}

/// Of all trainings, recorded or not.
fn instruction_sets(manifests: &[(Step, Manifest)]) -> BTreeSet<String> {
    manifests
        .iter()
        .filter(|(step, _)| matches!(step, Step::Train { .. }))
        .map(|(_, manifest)| {
            let set = manifest.made_by.instruction_set.as_deref();
            set.unwrap_or("not recorded").to_owned()
        })
        .collect()
}

fn steps(manifests: &[(Step, Manifest)]) -> Table {
    let mut table = Table::new([
        "step",
        "outcome",
        "duration",
        "threads",
        "instruction set",
        "commit",
        "files",
    ])
    .text_columns([1, 4, 5]);
    for (step, manifest) in manifests {
        table.row([
            step.to_string(),
            match &manifest.outcome {
                Outcome::Complete => "complete".to_owned(),
                Outcome::Unfinished => "unfinished".to_owned(),
                Outcome::Failed { reason } => format!("failed: {}", reason),
            },
            number::duration(manifest.duration_s),
            manifest.made_by.threads.to_string(),
            manifest.made_by.instruction_set.clone().unwrap_or_default(),
            manifest.made_by.commit.clone(),
            manifest.outputs.len().to_string(),
        ]);
    }
    table
}
