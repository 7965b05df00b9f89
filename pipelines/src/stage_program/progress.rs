//! Progress bars on a terminal; elsewhere there are none.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::output::print_line;

/// A bar over `length` of `unit`, with speed and time left, on standard error if that is a
/// terminal and hidden otherwise. Drop or finish it before printing lines.
pub fn bar(name: &str, length: u64, unit: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
    let template = format!(
        "{{prefix}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit}  {{rate}}/s  {{eta}} left"
    );
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.with_key("rate", rate));
    }
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Whole units a second, with commas.
fn rate(state: &ProgressState, text: &mut dyn std::fmt::Write) {
    // A failure to write into a text would show as a missing number.
    _ = write!(text, "{}", HumanCount(state.per_sec().round() as u64));
}

/// Prints a line of results on standard output, above `bar`.
pub fn line(bar: &ProgressBar, text: &str) {
    bar.suspend(|| print_line(text));
}
