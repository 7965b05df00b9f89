//! Results on standard output.

use std::io::{self, Write};

/// Prints `text` and a line feed on standard output. A reader that has gone, as at the end of
/// `… | head`, is no reason to stop the work.
pub fn print_line(text: &str) {
    if let Err(error) = writeln!(io::stdout(), "{text}") {
        tracing::debug!("cannot print: {error}");
    }
}
