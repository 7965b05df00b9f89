//! Ends the jobs of a spec.

use anyhow::Result;
use pipelines::stage_program::print_line;

use super::cluster::Cluster;
use super::{client, recorded};

/// Cancels every job of the spec that has not ended. What they finished stays, and a later run goes on from it.
///
/// # Errors
/// No submission; what `scancel` says.
pub fn cancel(cluster: &Cluster) -> Result<()> {
    client::check_installed()?;
    let mut submission = recorded(cluster)?;
    // First of all, so that no task asks to be queued again.
    submission.cancelled = true;
    cluster.folder.write(&submission)?;
    let ids: Vec<u64> = submission.jobs.iter().map(|job| job.id).collect();
    let left = client::queued(&ids)?.len();
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    if left > 0 {
        client::cancel(&ids)?;
    }
    print_line(&format!(
        "{left} tasks cancelled; the same run-all goes on from what is there"
    ));
    Ok(())
}
