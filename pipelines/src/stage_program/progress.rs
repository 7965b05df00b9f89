//! Progress bars on a terminal; elsewhere there are none.

use std::time::Duration;

use indicatif::{
    HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

use super::output::print_line;

/// A bar over `length` of `unit`, with speed and time left, on standard error if that is a
/// terminal and hidden otherwise. Drop or finish it before printing lines.
pub fn bar(name: &str, length: u64, unit: &str) -> ProgressBar {
    bar_after(0, name, length, unit)
}

/// The same where `done` of them were done before: they say nothing about the speed.
pub fn bar_after(done: u64, name: &str, length: u64, unit: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
    let template =
        format!("{{prefix}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit}  {{rate}}/s  {{left}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        let speed = move |state: &ProgressState| speed(state.pos(), done, state.elapsed());
        // A failure to write into a text would show as a missing number.
        let rate = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            _ = write!(text, "{}", HumanCount(speed(state).round() as u64));
        };
        let left = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            let rest = state.len().unwrap_or(0).saturating_sub(state.pos());
            _ = text.write_str(&time_left(rest, speed(state)));
        };
        bar.set_style(style.with_key("rate", rate).with_key("left", left));
    }
    bar.set_position(done);
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Units a second since the bar began.
fn speed(position: u64, done_before: u64, elapsed: Duration) -> f64 {
    let done = position.saturating_sub(done_before) as f64;
    match elapsed.is_zero() {
        true => 0.0,
        false => done / elapsed.as_secs_f64(),
    }
}

/// Such as `30s left`; nothing before there is a speed.
fn time_left(rest: u64, per_second: f64) -> String {
    match Duration::try_from_secs_f64(rest as f64 / per_second) {
        Ok(left) => format!("{:#} left", HumanDuration(left)),
        Err(_) => String::new(),
    }
}

/// Prints a line of results on standard output, above `bar`.
pub fn line(bar: &ProgressBar, text: &str) {
    bar.suspend(|| print_line(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_before_says_nothing_about_the_time_left() {
        let second = Duration::from_secs(1);
        assert_eq!(time_left(300, speed(8_000, 8_000, second)), "");
        assert_eq!(time_left(300, speed(8_010, 8_000, second)), "30s left");
        assert_eq!(time_left(0, speed(0, 0, Duration::ZERO)), "");
    }
}
