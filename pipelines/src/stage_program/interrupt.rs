//! Ctrl-C ends a stage after the file in hand.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// When the program was first asked to stop.
static REQUESTED: OnceLock<Instant> = OnceLock::new();

/// A request that follows another within this time is the same one: a terminal tells all its
/// programs, and one that started another tells it again.
const SAME_REQUEST: Duration = Duration::from_secs(1);

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
        if REQUESTED.set(Instant::now()).is_ok() {
            tracing::warn!("finishing what is in hand; once more to stop at once");
        } else if REQUESTED
            .get()
            .is_some_and(|first| first.elapsed() > SAME_REQUEST)
        {
            std::process::exit(i32::from(super::EXIT_INTERRUPTED));
        }
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
    if REQUESTED.get().is_some() {
        return Err(Interrupted { resume: resume() });
    }
    Ok(())
}
