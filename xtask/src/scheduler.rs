//! Tasks in their order, several at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::task::Task;

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskOutcome {
    /// Nothing was to be done.
    Fresh,
    /// It ran to its end.
    Done,
    /// It came to an end that running it again would not change, and recorded that: what needs it
    /// can go on.
    Diverged(String),
    /// It failed.
    Failed(String),
    /// What it needs failed.
    Blocked(String),
    /// The user stopped it, or it had not begun when the user did.
    Interrupted,
}

impl TaskOutcome {
    /// Whether what needs the task can run.
    fn suffices(&self) -> bool {
        matches!(
            self,
            TaskOutcome::Fresh | TaskOutcome::Done | TaskOutcome::Diverged(_)
        )
    }
}

/// Runs `tasks` with `execute`, `jobs` of them at once; each begins when what it needs is there,
/// and the one that stands first in the list begins first. Gives how each ended.
pub fn run(
    tasks: &[Task],
    jobs: usize,
    execute: impl Fn(&Task) -> TaskOutcome + Sync,
) -> Vec<TaskOutcome> {
    let board = Board {
        states: Mutex::new(vec![State::Waiting; tasks.len()]),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some(index) = board.next(tasks) {
                    let ended = execute(&tasks[index]);
                    board.end(index, ended);
                }
            });
        }
    });
    let states = board.lock();
    states
        .iter()
        .map(|state| match state {
            State::Ended(ended) => ended.clone(),
            State::Waiting | State::Running => TaskOutcome::Interrupted,
        })
        .collect()
}

#[derive(Clone, Debug)]
enum State {
    Waiting,
    Running,
    Ended(TaskOutcome),
}

struct Board {
    states: Mutex<Vec<State>>,
    changed: Condvar,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Vec<State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, index: usize, ended: TaskOutcome) {
        self.lock()[index] = State::Ended(ended);
        self.changed.notify_all();
    }

    /// The next task to run, as soon as there is one; `None` when none will come.
    fn next(&self, tasks: &[Task]) -> Option<usize> {
        let mut states = self.lock();
        loop {
            let interrupted =
                |state: &State| matches!(state, State::Ended(TaskOutcome::Interrupted));
            if states.iter().any(interrupted) {
                return None;
            }
            block(tasks, &mut states);
            let ready = (0..tasks.len()).find(|&index| {
                let suffices =
                    |need: &usize| matches!(&states[*need], State::Ended(outcome) if outcome.suffices());
                let ended = |other: &usize| matches!(states[*other], State::Ended(_));
                matches!(states[index], State::Waiting)
                    && tasks[index].needs.iter().all(suffices)
                    && tasks[index].after.iter().all(ended)
            });
            if let Some(index) = ready {
                states[index] = State::Running;
                return Some(index);
            }
            if !states.iter().any(|state| matches!(state, State::Running)) {
                self.changed.notify_all();
                return None;
            }
            states = self
                .changed
                .wait(states)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Ends the tasks whose needs have failed.
fn block(tasks: &[Task], states: &mut [State]) {
    for index in 0..tasks.len() {
        if !matches!(states[index], State::Waiting) {
            continue;
        }
        let failed = tasks[index].needs.iter().find(|need| {
            let ended = &states[**need];
            matches!(
                ended,
                State::Ended(TaskOutcome::Failed(_) | TaskOutcome::Blocked(_))
            )
        });
        if let Some(need) = failed {
            states[index] = State::Ended(TaskOutcome::Blocked(tasks[*need].step.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use pipelines::files::plan::Selection;
    use pipelines::files::step::Step;
    use pipelines::spec::Spec;

    use super::*;
    use crate::task::tasks;

    fn two_models() -> Vec<Task> {
        let selection = Selection {
            models: vec!["model-1".into(), "model-2".into()],
            seeds: vec![0],
            ..Selection::default()
        };
        tasks(&Spec::load("smoke").unwrap(), &selection).unwrap()
    }

    fn model(task: &Task) -> Option<&str> {
        match &task.step {
            Step::Train { model, .. } => Some(model),
            _ => None,
        }
    }

    #[test]
    fn one_job_runs_the_list_in_its_order() {
        let tasks = two_models();
        let order = Mutex::new(Vec::new());
        run(&tasks, 1, |task| {
            order.lock().unwrap().push(task.step.to_string());
            TaskOutcome::Done
        });
        let expected: Vec<_> = tasks.iter().map(|task| task.step.to_string()).collect();
        assert_eq!(*order.lock().unwrap(), expected);
    }

    #[test]
    fn two_jobs_train_two_models_at_once() {
        let tasks = two_models();
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let both = std::sync::Barrier::new(2);
        run(&tasks, 2, |task| {
            let now = running.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            if model(task).is_some() {
                both.wait();
            }
            running.fetch_sub(1, Ordering::SeqCst);
            TaskOutcome::Done
        });
        assert_eq!(most.into_inner(), 2);
    }

    #[test]
    fn a_failed_training_stops_neither_the_others_nor_the_report() {
        let ended = run(&two_models(), 2, |task| match model(task) {
            Some("model-1") => TaskOutcome::Failed("killed".into()),
            _ => TaskOutcome::Done,
        });
        let expected = [
            TaskOutcome::Done,
            TaskOutcome::Failed("killed".into()),
            TaskOutcome::Done,
            TaskOutcome::Done,
            TaskOutcome::Done,
        ];
        assert_eq!(ended, expected);
    }

    #[test]
    fn without_images_nothing_else_runs() {
        let ended = run(&two_models(), 2, |_| TaskOutcome::Failed("no data".into()));
        let blocked = TaskOutcome::Blocked("ingest".into());
        assert_eq!(ended[0], TaskOutcome::Failed("no data".into()));
        assert!(ended[1..].iter().all(|ended| *ended == blocked));
    }

    #[test]
    fn a_diverged_training_is_reported_like_the_others() {
        let ended = run(&two_models(), 1, |task| match model(task) {
            Some("model-1") => TaskOutcome::Diverged("loss is NaN".into()),
            _ => TaskOutcome::Done,
        });
        assert_eq!(ended[3..], [TaskOutcome::Done, TaskOutcome::Done]);
    }

    #[test]
    fn after_an_interruption_nothing_begins() {
        let ended = run(&two_models(), 1, |task| match model(task) {
            Some("model-1") => TaskOutcome::Interrupted,
            _ => TaskOutcome::Done,
        });
        assert_eq!(ended[0], TaskOutcome::Done);
        assert!(
            ended[1..]
                .iter()
                .all(|ended| *ended == TaskOutcome::Interrupted)
        );
    }
}
