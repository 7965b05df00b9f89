//! What the jobs of a spec are doing.

use std::collections::BTreeMap;

use anyhow::Result;
use pipelines::files::checkpoint_header;
use pipelines::files::plan::{self, Selection};
use pipelines::files::step_state::{StepState, StepStates};
use pipelines::stage_program::print_line;

use super::client::{self, QueuedTask};
use super::cluster::Cluster;
use super::{ended_tasks, recorded, watch};

/// Most lines about steps of one kind.
const MAX_LINES: usize = 40;

/// Prints each step that is at work, waits or went wrong, with where its log lies, and how many are done.
///
/// # Errors
/// No submission; what `squeue` says.
pub fn status(cluster: &Cluster, selection: &Selection) -> Result<()> {
    client::check_installed()?;
    let submission = recorded(cluster)?;
    let ids: Vec<u64> = submission.jobs.iter().map(|job| job.id).collect();
    let mut tasks: BTreeMap<String, QueuedTask> = BTreeMap::new();
    for task in client::queued(&ids)? {
        let job = submission.jobs.iter().find(|job| job.id == task.job);
        let of_job = job.and_then(|job| job.tasks.get(task.index.unwrap_or(0)));
        if let Some(of_job) = of_job {
            // A candidate waits for its next halt while it runs up to this one.
            let known = tasks
                .get(&of_job.step)
                .is_some_and(|known| known.state == "RUNNING");
            if !known {
                tasks.insert(of_job.step.clone(), task);
            }
        }
    }
    let mut states = StepStates::new(&cluster.layout, &cluster.spec, selection);
    let (mut done, mut steps) = (0, 0);
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for step in plan::steps(&cluster.spec, selection)? {
        steps += 1;
        let state = states.of(&step)?;
        let name = step.to_string();
        let log = cluster
            .folder
            .logs()
            .join(format!("{}.log", name.replace(' ', "-")));
        let log = match log.is_file() {
            true => format!("  {}", log.display()),
            false => String::new(),
        };
        let (group, line) = match tasks.get(&name) {
            _ if let Some(reason) = state.failure() => {
                done += 1;
                ("failed", format!("{reason}{log}"))
            }
            Some(task) if task.state == "RUNNING" => {
                ("running", format!("{}{log}", epochs(&state)))
            }
            Some(task) => (
                "waiting",
                format!("{} ({})", task.state.to_lowercase(), task.reason),
            ),
            None if state.is_fresh() => {
                done += 1;
                continue;
            }
            None => {
                let why = ended_tasks::why(&cluster.folder, &submission, &step);
                let reason = state.stale.clone().unwrap_or_default();
                let why = why.map_or(String::new(), |why| format!("; {why}"));
                ("not in the queue", format!("{reason}{why}"))
            }
        };
        groups
            .entry(group)
            .or_default()
            .push(format!("{group}  {name}  {line}"));
    }
    for lines in groups.values() {
        for line in lines.iter().take(MAX_LINES) {
            print_line(line.trim_end());
        }
        if lines.len() > MAX_LINES {
            print_line(&format!("… and {} more", lines.len() - MAX_LINES));
        }
    }
    watch::mixed_machines(cluster, selection)?;
    let counts: Vec<String> = groups
        .iter()
        .map(|(group, lines)| format!("{} {group}", lines.len()))
        .collect();
    let counts = match counts.is_empty() {
        true => String::new(),
        false => format!("; {}", counts.join(", ")),
    };
    let cancelled = if submission.cancelled {
        "; cancelled"
    } else {
        ""
    };
    print_line(&format!(
        "attempt {}: {done} of {steps} steps done{counts}{cancelled}",
        submission.attempt
    ));
    Ok(())
}

/// How far a training has come.
fn epochs(state: &StepState) -> String {
    let made_from = state.expected.as_ref().ok();
    let done =
        made_from.and_then(|made_from| checkpoint_header::epochs_done(&state.folder, made_from));
    done.map_or(String::new(), |done| format!("after epoch {done}"))
}
