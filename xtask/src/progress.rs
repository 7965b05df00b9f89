//! Bars of steps that run side by side, over one bar for all steps.

use std::io::Write;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use pipelines::stage_program::write_line;

/// What a terminal shows below the lines; nothing elsewhere.
#[derive(Debug)]
pub struct Progress {
    bars: MultiProgress,
    all: ProgressBar,
}

impl Progress {
    /// For a run of `steps` steps.
    pub fn new(steps: usize) -> Self {
        let bars = MultiProgress::new();
        let all = bars.add(ProgressBar::new(steps as u64));
        all.set_style(style("{prefix} {wide_bar} {pos}/{len} steps  {elapsed}"));
        all.set_prefix("all");
        Self { bars, all }
    }

    /// Counts a step that has ended.
    pub fn step_ended(&self) {
        self.all.inc(1);
    }

    /// Does what prints lines, while the bars are away.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bars.suspend(print)
    }

    /// The bar of one step, which goes when it is dropped.
    pub fn step(&self, name: &str) -> StepProgress<'_> {
        let bar = self.bars.insert_before(&self.all, ProgressBar::new(0));
        bar.set_style(style("{prefix} {spinner} {elapsed}"));
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        StepProgress {
            name: name.to_owned(),
            progress: self,
            bar,
        }
    }
}

/// One step of several that run side by side.
#[derive(Debug)]
pub struct StepProgress<'a> {
    name: String,
    progress: &'a Progress,
    bar: ProgressBar,
}

impl StepProgress<'_> {
    /// Prints a line of the step on `to` and moves the bar if it tells of an epoch.
    pub fn line(&self, to: &mut impl Write, text: &str) {
        if let Some((epoch, epochs)) = epoch_of(text) {
            self.bar
                .set_style(style("{prefix} {wide_bar} {pos}/{len} epochs  {eta} left"));
            self.bar.set_length(epochs);
            self.bar.set_position(epoch);
        }
        let line = labelled(&self.name, text);
        self.progress.suspend(|| write_line(to, &line));
    }
}

impl Drop for StepProgress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// `text` after the name of the step that it comes from, unless it names the step itself.
fn labelled(name: &str, text: &str) -> String {
    let (_stage, subject) = name.split_once(' ').unwrap_or(("", name));
    if text.contains(subject) {
        text.to_owned()
    } else {
        format!("{name} | {text}")
    }
}

/// The numbers in `epoch  3/15`.
fn epoch_of(text: &str) -> Option<(u64, u64)> {
    let (_, rest) = text.split_once("  epoch ")?;
    let (epoch, rest) = rest.trim_start().split_once('/')?;
    let epochs = rest.split_whitespace().next()?;
    Some((epoch.parse().ok()?, epochs.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_labelled_once() {
        let step = "train model-5 seed 1";
        let own = "model-5 seed 1  epoch   3/15   loss 0.1";
        assert_eq!(labelled(step, own), own);
        let foreign = "warning: the disk is nearly full";
        assert_eq!(
            labelled(step, foreign),
            "train model-5 seed 1 | warning: the disk is nearly full"
        );
    }

    #[test]
    fn a_line_of_an_epoch_moves_the_bar() {
        assert_eq!(
            epoch_of("model-5 seed 1  epoch   3/15   loss 0.1"),
            Some((3, 15))
        );
        assert_eq!(epoch_of(" INFO train model-5 seed 1: done in 3.2 s"), None);
    }
}
