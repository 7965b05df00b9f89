//! Waits for the jobs of a spec and shows how many of its steps are done.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use pipelines::files::manifest::Manifest;
use pipelines::files::plan::{self, Selection};
use pipelines::files::step::Step;
use pipelines::files::step_state::StepStates;
use pipelines::stage_program::{interrupted, set_interrupt_notice, write_line};

use super::client::{self, QueuedTask};
use super::cluster::Cluster;
use super::submission::Submission;
use super::{ended_tasks, how_to_come_back, submit};

/// Shortest time between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// A look at the files takes at most this share of the time.
const SHARE: u32 = 10;
/// Most lost steps that are explained.
const MAX_EXPLAINED: usize = 20;
/// How often what was lost at the very end, where no job follows, is submitted from here.
const MAX_RETRIES: u32 = 3;

/// Waits until no job is left and everything that can be there is there.
///
/// # Errors
/// An interruption, which the jobs survive; steps that failed or were lost for good.
pub fn watch(cluster: &Cluster, selection: &Selection, first: Submission) -> Result<()> {
    set_interrupt_notice("leaving; the jobs run on");
    let mut submission = first;
    let steps = plan::steps(&cluster.spec, selection)?;
    let bar = ProgressBar::new(steps.len() as u64);
    if let Ok(style) =
        ProgressStyle::with_template("all {wide_bar} {pos}/{len} steps  {msg}  {elapsed}")
    {
        bar.set_style(style);
    }
    let mut ended = BTreeMap::new();
    let mut retries = 0;
    let mut already = true;
    loop {
        let ids: Vec<u64> = submission.jobs.iter().map(|job| job.id).collect();
        let queued = client::queued(&ids)?;
        let looked = Instant::now();
        let news = look(cluster, selection, &steps, &mut ended)?;
        // What was there before nobody waits for.
        for line in news.iter().filter(|_| !already) {
            bar.suspend(|| write_line(&mut io::stdout(), line));
        }
        already = false;
        bar.set_position(ended.len() as u64);
        bar.set_message(counts(&queued));
        let pause = LOOK.max(looked.elapsed() * SHARE);
        if queued.is_empty() {
            let latest = cluster.folder.read()?.unwrap_or_else(|| submission.clone());
            if latest.attempt != submission.attempt {
                submission = latest;
                continue;
            }
            if ended.len() == steps.len() || latest.cancelled {
                break;
            }
            // A step that ended a moment ago may show late on another machine.
            let lost: Vec<&Step> = steps
                .iter()
                .filter(|step| !ended.contains_key(*step))
                .collect();
            explain(cluster, &submission, &lost, &bar);
            if retries == MAX_RETRIES {
                break;
            }
            retries += 1;
            let _lock = crate::spec_lock::acquire(&cluster.layout, &cluster.spec)?;
            match submit::submit(cluster, selection)? {
                Some(again) => submission = again,
                None => break,
            }
        }
        let until = Instant::now() + pause;
        while Instant::now() < until {
            if interrupted(String::new).is_err() {
                bar.finish_and_clear();
                interrupted(|| how_to_come_back(cluster))?;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    bar.finish_and_clear();
    mixed_machines(cluster, selection)?;
    conclude(&steps, &ended)
}

/// The steps that have come to an end since the last look, a line each.
fn look(
    cluster: &Cluster,
    selection: &Selection,
    steps: &[Step],
    ended: &mut BTreeMap<Step, Option<String>>,
) -> Result<Vec<String>> {
    let mut states = StepStates::new(&cluster.layout, &cluster.spec, selection);
    let mut news = Vec::new();
    let before = std::mem::take(ended);
    for step in steps {
        let state = states.of(step)?;
        if !state.is_fresh() || states.stale_producer(step)?.is_some() {
            continue;
        }
        let failure = state.failure().map(str::to_owned);
        if !before.contains_key(step) {
            news.push(match (&failure, &state.manifest) {
                (Some(reason), _) => format!("{step} failed: {reason}"),
                (None, Some(manifest)) => format!("{step}: done in {:.1} s", manifest.duration_s),
                (None, None) => format!("{step}: done"),
            });
        }
        ended.insert(step.clone(), failure);
    }
    Ok(news)
}

/// "3 running, 20 waiting"
fn counts(queued: &[QueuedTask]) -> String {
    let running = queued.iter().filter(|task| task.state == "RUNNING").count();
    format!("{running} running, {} waiting", queued.len() - running)
}

/// Says of each lost step how its task ended.
fn explain(cluster: &Cluster, submission: &Submission, lost: &[&Step], bar: &ProgressBar) {
    for step in lost.iter().take(MAX_EXPLAINED) {
        if let Some(why) = ended_tasks::why(&cluster.folder, submission, step) {
            bar.suspend(|| tracing::warn!("{step} was lost: {why}"));
        }
    }
}

/// Points out trainings that were made with different instructions, which round differently.
///
/// # Errors
/// A manifest that cannot be read.
pub fn mixed_machines(cluster: &Cluster, selection: &Selection) -> Result<()> {
    let mut sets: BTreeMap<String, usize> = BTreeMap::new();
    for step in plan::steps(&cluster.spec, selection)? {
        if let Step::Train { .. } = step
            && let Some(manifest) = Manifest::read(&cluster.layout.step(&cluster.spec, &step))?
        {
            let set = manifest.made_by.instruction_set;
            *sets
                .entry(set.unwrap_or_else(|| "unknown".to_owned()))
                .or_default() += 1;
        }
    }
    if sets.len() > 1 {
        let counts: Vec<String> = sets
            .iter()
            .map(|(set, count)| format!("{count} with {set}"))
            .collect();
        tracing::warn!(
            "the nodes differ: {} trainings ran; other instructions round differently, so these results \
             depend on where they ran (--partition chooses nodes of one kind)",
            counts.join(", ")
        );
    }
    Ok(())
}

fn conclude(steps: &[Step], ended: &BTreeMap<Step, Option<String>>) -> Result<()> {
    let describe = |step: &Step| match ended.get(step) {
        Some(Some(_)) => Some(step.to_string()),
        Some(None) => None,
        None => Some(format!("{step} (lost)")),
    };
    let failed: Vec<String> = steps.iter().filter_map(describe).collect();
    if !failed.is_empty() {
        bail!(
            "{} of {} steps failed: {}",
            failed.len(),
            steps.len(),
            failed.join(", ")
        );
    }
    tracing::info!("{} steps done", steps.len());
    Ok(())
}
