//! Runs the steps of a spec as jobs of a Slurm cluster whose nodes share the folder of the root.
//!
//! [`plan`] turns what is left into job arrays, each after those that it needs, and [`submit`] hands them to
//! `sbatch`. On a node, [`mod@task`] runs one step. The last arrays find out what was lost on the way and submit it
//! again, so nobody has to watch; [`watch`] only shows what happens. Nothing but Slurm decides what runs when.

mod cancel;
mod client;
mod cluster;
mod ended_tasks;
mod plan;
mod status;
mod submission;
mod submit;
mod task;
mod watch;

use anyhow::{Result, bail};
use pipelines::files::plan::Selection;
use pipelines::stage_program::print_line;

pub use cancel::cancel;
pub use cluster::{Cluster, Executor, ExecutorArguments};
pub use status::status;
pub use task::{TaskArguments, run as task};

use submission::Submission;

/// What became of a request to run.
pub enum Ran {
    /// Nothing was left to do, or everything was waited for.
    Ended,
    /// The jobs are in the queue.
    Detached,
}

/// Submits what is left of `selection` and waits for it, unless the user wants to come back later. Jobs of the
/// spec that are in the queue already are not submitted again.
///
/// # Errors
/// No Slurm; what `sbatch` says if it refuses; an interruption, which the jobs survive.
pub fn run(cluster: &Cluster, selection: &Selection) -> Result<Ran> {
    client::check_installed()?;
    let submission = match submit_once(cluster, selection)? {
        Some(submission) => submission,
        None => return Ok(Ran::Ended),
    };
    if cluster.options.detach {
        print_line(&how_to_come_back(cluster));
        return Ok(Ran::Detached);
    }
    watch::watch(cluster, selection, submission)?;
    Ok(Ran::Ended)
}

/// The jobs in the queue, or those that are submitted now; `None` when nothing is left to do.
fn submit_once(cluster: &Cluster, selection: &Selection) -> Result<Option<Submission>> {
    let _lock = crate::spec_lock::acquire(&cluster.layout, &cluster.spec)?;
    if let Some(submission) = cluster.folder.read()? {
        let ids: Vec<u64> = submission.jobs.iter().map(|job| job.id).collect();
        let left = client::queued(&ids)?.len();
        if left > 0 {
            tracing::info!(
                "{left} tasks of attempt {} are in the queue already",
                submission.attempt
            );
            return Ok(Some(submission));
        }
        // A user who runs it again has a reason: what failed to progress is tried again.
        cluster.folder.write(&Submission {
            without_progress: 0,
            ..submission
        })?;
    }
    let submitted = submit::submit(cluster, selection)?;
    if let Some(submission) = &submitted {
        for job in &submission.jobs {
            let tasks = match job.tasks.as_slice() {
                [only] => only.step.clone(),
                [first, .., last] => {
                    format!("{} tasks, {} to {}", job.tasks.len(), first.step, last.step)
                }
                [] => String::new(),
            };
            tracing::info!("job {} ({}): {tasks}", job.id, job.name);
        }
    }
    Ok(submitted)
}

/// What the user can do while the jobs run.
fn how_to_come_back(cluster: &Cluster) -> String {
    let spec = pipelines::stage_program::quoted(&[&cluster.arguments.stage.spec]);
    format!(
        "the jobs run on; to see them: `cargo xtask status --spec {spec}`, to wait for them: the same command \
         without --detach, to end them: `cargo xtask cancel --spec {spec}`\nlogs: {}",
        cluster.folder.logs().display()
    )
}

/// The submission of the spec of `cluster`.
///
/// # Errors
/// None there; a file that cannot be read.
fn recorded(cluster: &Cluster) -> Result<Submission> {
    match cluster.folder.read()? {
        Some(submission) => Ok(submission),
        None => bail!(
            "{}: expected jobs of an earlier `run-all --executor slurm`, found none",
            cluster.folder.path().display()
        ),
    }
}
