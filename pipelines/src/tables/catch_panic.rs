//! Panics of a library that decodes damaged bytes, as errors.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use anyhow::{Result, bail};

thread_local! {
    /// Whether a panic on this thread is an expected outcome.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `decode` and turns a panic in it into an error, without a message on standard error. The
/// Parquet library checks most of what it reads with errors but some with assertions.
///
/// # Errors
/// Those of `decode`, and its panics.
pub fn catch_panic<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !EXPECTED.get() {
                report(panic);
            }
        }));
    });
    let outer = EXPECTED.replace(true);
    // What `decode` was changing is dropped with it or only read by whoever gets the error.
    let outcome = panic::catch_unwind(AssertUnwindSafe(decode));
    EXPECTED.set(outer);
    match outcome {
        Ok(outcome) => outcome,
        Err(_) => bail!("expected valid data, found bytes that cannot be decoded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_the_next_call_works() {
        let index = std::hint::black_box(3);
        let error = catch_panic(|| Ok([1, 2][index])).unwrap_err();
        assert!(error.to_string().starts_with("expected valid data"));
        assert_eq!(catch_panic(|| Ok(5)).unwrap(), 5);
    }
}
