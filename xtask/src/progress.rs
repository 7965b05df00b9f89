//! How far a run has come: a line when a step begins, and where several run side by side their bars over
//! one bar for all steps.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use pipelines::files::step::Step;
use pipelines::stage_program::write_line;

use crate::task::Task;
use crate::time_left::in_words;

/// What a terminal shows below the lines, and what the lines say of the whole run.
#[derive(Debug)]
pub struct Progress<'a> {
    tasks: &'a [Task],
    state: Mutex<State>,
    bars: Option<Bars>,
}

#[derive(Debug)]
struct State {
    /// Of each task.
    tasks: Vec<TaskState>,
    /// Known once a training has ended.
    left: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TaskState {
    Waiting,
    Running,
    Ended,
}

#[derive(Debug)]
struct Bars {
    bars: MultiProgress,
    all: ProgressBar,
}

impl<'a> Progress<'a> {
    /// For a run of `tasks`, `jobs` of them at once.
    pub fn new(tasks: &'a [Task], jobs: usize) -> Self {
        let bars = (jobs > 1).then(|| {
            let bars = MultiProgress::new();
            let all = bars.add(ProgressBar::new(tasks.len() as u64));
            all.set_style(style(
                "{prefix} {wide_bar} {pos}/{len} steps  {elapsed}  {msg}",
            ));
            all.set_prefix("all");
            Bars { bars, all }
        });
        let state = State {
            tasks: vec![TaskState::Waiting; tasks.len()],
            left: None,
        };
        Self {
            tasks,
            state: Mutex::new(state),
            bars,
        }
    }

    /// Says which step of how many begins and, if that is known, how long all that is left will take;
    /// `time_left` is asked as in [`Progress::step_ended`], unless an ended step did before.
    pub fn step_begins(
        &self,
        task: &Task,
        time_left: impl FnOnce(&[&Step], &[&Step]) -> Option<Duration>,
    ) {
        let text = {
            let mut state = self.state();
            if state.left.is_none() {
                state.left = self.ask(&state, time_left);
            }
            self.set(&mut state, task, TaskState::Running);
            let begun = state
                .tasks
                .iter()
                .filter(|task| **task != TaskState::Waiting);
            let left = state.left.map(|left| format!(", {} left", in_words(left)));
            let (number, count, step) = (begun.count(), self.tasks.len(), &task.step);
            format!(
                "step {number} of {count}: {step}{}",
                left.unwrap_or_default()
            )
        };
        self.suspend(|| tracing::info!("{text}"));
    }

    /// Counts a step that has ended; `time_left` is asked with the steps that have and those that have not,
    /// if this one ran: of a thousand fresh steps each would ask for a thousand manifests.
    pub fn step_ended(
        &self,
        task: &Task,
        time_left: impl FnOnce(&[&Step], &[&Step]) -> Option<Duration>,
    ) {
        let mut state = self.state();
        let place = self
            .tasks
            .iter()
            .position(|other| std::ptr::eq(other, task));
        let ran = place.is_some_and(|place| state.tasks[place] == TaskState::Running);
        self.set(&mut state, task, TaskState::Ended);
        if ran {
            state.left = self.ask(&state, time_left);
        }
        if let Some(bars) = &self.bars {
            bars.all.inc(1);
            let left = state.left.map(|left| format!("{} left", in_words(left)));
            bars.all.set_message(left.unwrap_or_default());
        }
    }

    fn ask(
        &self,
        state: &State,
        time_left: impl FnOnce(&[&Step], &[&Step]) -> Option<Duration>,
    ) -> Option<Duration> {
        let steps = |have_ended: bool| -> Vec<&Step> {
            let tasks = self.tasks.iter().zip(&state.tasks);
            let tasks = tasks.filter(|(_, task)| (**task == TaskState::Ended) == have_ended);
            tasks.map(|(task, _)| &task.step).collect()
        };
        let (ended, left) = (steps(true), steps(false));
        time_left(&ended, &left).filter(|_| !left.is_empty())
    }

    /// Does what prints lines, while the bars are away.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.bars.suspend(print),
            None => print(),
        }
    }

    /// The bar of one step of several, which goes when it is dropped; a step that runs alone has its own.
    pub fn step(&self, name: &str) -> Option<StepProgress<'_>> {
        let bars = self.bars.as_ref()?;
        let bar = bars.bars.insert_before(&bars.all, ProgressBar::new(0));
        bar.set_style(style("{prefix} {spinner} {elapsed}"));
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Some(StepProgress {
            name: name.to_owned(),
            progress: self,
            bar,
            first_epoch: OnceLock::new(),
        })
    }

    fn set(&self, state: &mut State, task: &Task, to: TaskState) {
        let mut tasks = self.tasks.iter().zip(&mut state.tasks);
        if let Some((_, task)) = tasks.find(|(other, _)| std::ptr::eq(*other, task)) {
            *task = to;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One step of several that run side by side.
#[derive(Debug)]
pub struct StepProgress<'a> {
    name: String,
    progress: &'a Progress<'a>,
    bar: ProgressBar,
    /// The first that it has told of: an interrupted training goes on in the middle.
    first_epoch: OnceLock<u64>,
}

impl StepProgress<'_> {
    /// Prints a line of the step on `to` and moves the bar if it tells of an epoch.
    pub fn line(&self, to: &mut impl Write, text: &str) {
        if let Some((epoch, epochs)) = epoch_of(text) {
            let first = *self.first_epoch.get_or_init(|| epoch);
            self.bar
                .set_style(style("{prefix} {wide_bar} {pos}/{len} epochs  {msg}"));
            self.bar.set_length(epochs);
            self.bar.set_position(epoch);
            self.bar
                .set_message(rest_of(first, epoch, epochs, self.bar.elapsed()));
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

/// `text` after the name of the step that it comes from, unless it names the step itself; the command that
/// makes the step does so in its own words.
fn labelled(name: &str, text: &str) -> String {
    let (_stage, subject) = name.split_once(' ').unwrap_or(("", name));
    if text.contains(subject) || text.starts_with("$ ") {
        text.to_owned()
    } else {
        format!("{name} | {text}")
    }
}

/// How long the epochs after `epoch` will take, if those from `first` on took `elapsed`; nothing after the last.
fn rest_of(first: u64, epoch: u64, epochs: u64, elapsed: Duration) -> String {
    let (done, rest) = (
        epoch.saturating_sub(first) + 1,
        epochs.saturating_sub(epoch),
    );
    match rest {
        0 => String::new(),
        rest => {
            let left = elapsed.mul_f64(rest as f64 / done as f64);
            format!("{} left", in_words(left))
        }
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
    use pipelines::files::plan::Selection;
    use pipelines::spec::Spec;

    use super::*;
    use crate::task::tasks;

    #[test]
    fn the_time_left_is_asked_for_steps_that_run_and_is_that_of_the_others() {
        let selection = Selection {
            models: vec!["model-1".into(), "model-8".into()],
            ..Selection::default()
        };
        let tasks = tasks(&Spec::load("smoke").unwrap(), &selection).unwrap();
        let progress = Progress::new(&tasks, 1);
        let asked = std::cell::RefCell::new(Vec::new());
        let ask = |ended: &[&Step], left: &[&Step]| {
            asked.borrow_mut().push((ended.len(), left.len()));
            Some(Duration::from_secs(5))
        };
        for (number, task) in tasks.iter().enumerate() {
            let is_fresh = number < 2;
            if !is_fresh {
                progress.step_begins(task, ask);
            }
            progress.step_ended(task, ask);
        }
        // Once before the first step that runs, then after each of them.
        assert_eq!(*asked.borrow(), [(2, 3), (3, 2), (4, 1), (5, 0)]);
        assert_eq!(progress.state().left, None, "nothing is left");
    }

    #[test]
    fn a_line_is_labelled_once() {
        let step = "train model-5 seed 1";
        let own = "model-5 seed 1  epoch   3/15   loss 0.1";
        assert_eq!(labelled(step, own), own);
        let command = "$ train --spec smoke --models model-5 --seeds 1 --threads 1";
        assert_eq!(labelled(step, command), command);
        let foreign = "warning: the disk is nearly full";
        assert_eq!(
            labelled(step, foreign),
            "train model-5 seed 1 | warning: the disk is nearly full"
        );
    }

    #[test]
    fn epochs_before_an_interruption_say_nothing_about_the_time_left() {
        let left = |first, epoch| rest_of(first, epoch, 10, Duration::from_secs(6));
        assert_eq!(left(1, 2), "about 24s left");
        assert_eq!(left(8, 8), "about 12s left");
        assert_eq!(left(1, 10), "");
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
