//! Ctrl-C ends a stage after the file in hand.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// The stage was asked to stop and did, with everything finished so far on disk.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: {resume}")]
pub struct Interrupted {
    /// Where the next run goes on.
    pub resume: String,
}

/// Starts to listen for Ctrl-C and termination; the second one ends the program at once.
pub(super) fn listen() {
    let listening = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(super::EXIT_INTERRUPTED));
        }
        tracing::warn!("finishing the file in hand; once more to stop at once");
    });
    if let Err(error) = listening {
        tracing::warn!("cannot listen for Ctrl-C: {error}; it will stop the program at once");
    }
}

/// Fails if the user has asked to stop; called between files and epochs. `resume` says where the
/// next run will go on.
///
/// # Errors
/// [`Interrupted`], which [`super::main`] turns into exit code 130.
pub fn interrupted(resume: impl FnOnce() -> String) -> Result<(), Interrupted> {
    if REQUESTED.load(Ordering::SeqCst) {
        return Err(Interrupted { resume: resume() });
    }
    Ok(())
}
