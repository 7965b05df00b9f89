//! Ctrl-C stops a stage after the current file.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Environment variable of a program whose parent says what an interruption does, so that it is said once.
pub const PARENT_SAYS: &str = "ATELIER_PARENT_SAYS_INTERRUPTED";

/// When the program was first asked to stop.
static REQUESTED: OnceLock<Instant> = OnceLock::new();

/// Requests within this time of the first count as one: a terminal signals all programs in the
/// foreground, and a program that started another passes the signal on.
const SAME_REQUEST: Duration = Duration::from_secs(1);

/// The stage stopped because it was asked to; everything that it finished is on disk.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: {resume}")]
pub struct Interrupted {
    /// Where the next run continues; empty if that was said already.
    pub resume: String,
}

/// What is said when the program is first asked to stop, unless it is the usual.
static NOTICE: OnceLock<&str> = OnceLock::new();

/// Says what a request to stop does from now on, where no file or epoch is finished first; only the first call
/// counts.
pub fn set_interrupt_notice(text: &'static str) {
    NOTICE.get_or_init(|| text);
}

/// Starts to listen for Ctrl-C and termination; the second one ends the program at once.
pub(super) fn listen() {
    let listening = ctrlc::set_handler(|| {
        if REQUESTED.set(Instant::now()).is_ok() {
            let usual = "finishing the current file or epoch; press Ctrl-C again to stop at once";
            if std::env::var_os(PARENT_SAYS).is_none() {
                tracing::warn!("{}", NOTICE.get().unwrap_or(&usual));
            }
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
/// next run continues.
///
/// # Errors
/// [`Interrupted`], which [`super::main`] turns into exit code 130.
pub fn interrupted(resume: impl FnOnce() -> String) -> Result<(), Interrupted> {
    if REQUESTED.get().is_some() {
        return Err(Interrupted { resume: resume() });
    }
    Ok(())
}
