//! Results on standard output.

use std::io::{self, Write};

/// Prints `text` and a line feed on standard output, as [`write_line`].
pub fn print_line(text: &str) {
    write_line(&mut io::stdout(), text);
}

/// Writes `text` and a line feed to `output`. If the reader has closed the pipe, as `… | head` does, the
/// work continues.
pub fn write_line(output: &mut impl Write, text: &str) {
    if let Err(error) = writeln!(output, "{text}") {
        tracing::debug!("cannot print: {error}");
    }
}
