//! Foreign decoders on damaged bytes.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use anyhow::{Result, bail};

thread_local! {
    /// Whether a panic on this thread is an expected outcome.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `decode` and turns a panic in it into an error, without a word on standard error. The
/// Parquet library checks most of what it reads with errors but some with assertions.
///
/// # Errors
/// Those of `decode`, and its panics.
pub fn guarded<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                report(panic);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    // What `decode` was changing is dropped with it or only read by whoever gets the error.
    let outcome = panic::catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(outer);
    match outcome {
        Ok(outcome) => outcome,
        Err(_) => bail!("expected sound data, found some that the decoder gives up on"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_the_next_call_works() {
        let index = std::hint::black_box(3);
        let error = guarded(|| Ok([1, 2][index])).unwrap_err();
        assert!(error.to_string().starts_with("expected sound data"));
        assert_eq!(guarded(|| Ok(5)).unwrap(), 5);
    }
}
