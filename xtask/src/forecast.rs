//! What the whole study would take on this machine.

use std::time::Duration;

use anyhow::Result;
use pipelines::files::layout::Layout;
use pipelines::files::machine;
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::plan::{Selection, steps};
use pipelines::files::step::Step;
use pipelines::files::workspace;
use pipelines::spec::Spec;
use pipelines::stage_program::print_line;

/// The spec of the whole study.
const STUDY: &str = "paper";

/// Prints what the study would take, from the durations in the manifests of `spec`; nothing when
/// `spec` is the study itself or was run on other data, and where the study's spec is not.
///
/// # Errors
/// A manifest that cannot be read.
pub fn print(layout: &Layout, spec: &Spec, selection: &Selection) -> Result<()> {
    if workspace::specs().is_none() {
        return Ok(());
    }
    let study = Spec::load(STUDY)?;
    if spec.name == study.name || spec.data.source != study.data.source {
        return Ok(());
    }
    let ingest = Manifest::read(&layout.step(spec, &Step::Ingest))?;
    if ingest.is_some_and(|manifest| manifest.made_from.has_bundled_subset()) {
        print_line(&format!(
            "`cargo xtask run-all --spec {STUDY}` needs the full data, which could not be had"
        ));
        return Ok(());
    }
    if let Some(duration_s) = study_duration_s(layout, spec, selection, &study)? {
        let minutes = Duration::from_secs((duration_s / 60.0).ceil().max(1.0) as u64 * 60);
        print_line(&format!(
            "`cargo xtask run-all --spec {STUDY}` would take about {} on this machine",
            humantime::format_duration(minutes)
        ));
    }
    Ok(())
}

/// Seconds that `study` would take; `None` when one of its models was not trained just now.
fn study_duration_s(
    layout: &Layout,
    spec: &Spec,
    selection: &Selection,
    study: &Spec,
) -> Result<Option<f64>> {
    let mut measured = Vec::new();
    for step in steps(spec, selection)? {
        let manifest = Manifest::read(&layout.step(spec, &step))?;
        match manifest.filter(|manifest| manifest.outcome == Outcome::Complete) {
            Some(manifest) => measured.push((step, manifest)),
            None => return Ok(None),
        }
    }
    let mut total_s = 0.0;
    for step in steps(study, &Selection::default())? {
        let Some((like, manifest)) = measured.iter().find(|(like, _)| is_like(like, &step)) else {
            return Ok(None);
        };
        total_s += duration_s(manifest, work(study, &step)? / work(spec, like)?);
    }
    Ok(Some(total_s))
}

/// Whether two steps differ in their amount of work at most.
fn is_like(measured: &Step, step: &Step) -> bool {
    match (measured, step) {
        (Step::Train { model: a, .. }, Step::Train { model: b, .. }) => a == b,
        _ => measured == step,
    }
}

/// Amount of work of a step, to be compared with that of a step like it: epochs of a training,
/// shards of a policy.
fn work(spec: &Spec, step: &Step) -> Result<f64> {
    Ok(match step {
        Step::Train { model, .. } => f64::from(spec.model(model)?.epochs),
        Step::Augment { policy } => {
            f64::from(Selection::default().shard_count(spec, spec.policy(policy)?)?)
        }
        Step::Ingest | Step::Evaluate | Step::Report => 1.0,
    })
}

/// Seconds of the whole machine for a step with `ratio` times the work of a measured one. Reading
/// the images and predicting at the end take the same for any number of epochs; a step that had
/// half of the threads shared the machine with another.
fn duration_s(measured: &Manifest, ratio: f64) -> f64 {
    let growing_s = measured.epochs_duration_s.unwrap_or(measured.duration_s);
    let constant_s = (measured.duration_s - growing_s).max(0.0);
    let share = measured.made_by.threads as f64 / machine::cores() as f64;
    (constant_s + growing_s * ratio) * share.min(1.0)
}
