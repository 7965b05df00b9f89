//! Results on standard output.

use std::io::{self, Write};

/// Prints `text` and a line feed on standard output. If the reader has closed
/// the pipe, as `… | head` does, the work continues.
pub fn print_line(text: &str) {
    if let Err(error) = writeln!(io::stdout(), "{text}") {
        tracing::debug!("cannot print: {error}");
    }
}
