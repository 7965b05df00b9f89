//! One run of a spec at a time.

use anyhow::Result;
use pipelines::files::layout::Layout;
use pipelines::files::lock::FolderLock;
use pipelines::spec::Spec;
use pipelines::stage_program::interrupted;

/// Takes the lock of the folder of `spec`, and says who has it while it waits. Single stages have their own locks.
///
/// # Errors
/// A folder that cannot be locked; an interruption.
pub fn acquire(layout: &Layout, spec: &Spec) -> Result<FolderLock> {
    let folder = layout.run(&spec.name);
    let mut waiting = false;
    FolderLock::acquire(&folder, |owner| {
        if !std::mem::replace(&mut waiting, true) {
            tracing::info!("waiting for another run in {} ({owner})", folder.display());
        }
        Ok(interrupted(|| "nothing was begun".into())?)
    })
}
