//! How a run ended, in its last lines and its exit code.

use std::time::Instant;

use anyhow::{Result, bail};
use pipelines::stage_program::interrupted;

use crate::scheduler::TaskOutcome;
use crate::task::Task;

/// Says what failed; the exit code tells.
///
/// # Errors
/// The steps that failed, and an interruption.
pub fn conclude(tasks: &[Task], ended: &[TaskOutcome], started: Instant) -> Result<()> {
    let mut failed = Vec::new();
    for (task, ended) in tasks.iter().zip(ended) {
        match ended {
            TaskOutcome::Fresh | TaskOutcome::Done | TaskOutcome::Interrupted => continue,
            // The stage has said why.
            TaskOutcome::Diverged(_) => {}
            TaskOutcome::Failed(reason) => tracing::error!("{} failed: {reason}", task.step),
            TaskOutcome::Blocked(need) => {
                tracing::error!("{} was not run: `{need}` failed", task.step);
            }
        }
        failed.push(task.step.to_string());
    }
    if ended.contains(&TaskOutcome::Interrupted) {
        // A stage that was at work has said where it goes on.
        interrupted(String::new)?;
        bail!("a stage was interrupted; the same command goes on where it stopped");
    }
    if !failed.is_empty() {
        let (count, steps) = (failed.len(), tasks.len());
        bail!("{count} of {steps} steps failed: {}", failed.join(", "));
    }
    let done = ended
        .iter()
        .filter(|ended| **ended == TaskOutcome::Done)
        .count();
    let duration_s = started.elapsed().as_secs_f64();
    tracing::info!(
        "{done} steps done in {duration_s:.1} s, {} fresh",
        ended.len() - done
    );
    Ok(())
}
