//! Runs what is not fresh.

use std::ffi::OsString;
use std::fs;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use pipelines::files::layout::{ANSWER_FILE, Layout, REPORT_HTML_FILE};
use pipelines::files::lock::{Attempt, FolderLock};
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::plan::{self, Selection};
use pipelines::files::spec_folder;
use pipelines::files::step::Step;
use pipelines::files::step_folder;
use pipelines::files::step_state::StepStates;
use pipelines::spec::Spec;
use pipelines::stage::Stage;
use pipelines::stage_program::{interrupted, print_line};

use crate::command_line::RunArguments;
use crate::conclusion::conclude;
use crate::progress::Progress;
use crate::scheduler::{self, TaskOutcome};
use crate::slurm::{self, Cluster, Executor, ExecutorArguments, Ran};
use crate::step_arguments::step_arguments;
use crate::task::{Task, tasks};
use crate::time_left::time_left;
use crate::{forecast, jobs, memory, spec_lock, stage_binaries, stage_process};

/// Exit code of a stage that was interrupted.
const EXIT_INTERRUPTED: i32 = 130;

/// All stages of a spec, here or on a cluster; then the forecast for the whole study.
///
/// # Errors
/// An invalid spec, a build that fails, and steps that failed: the others have run.
pub fn all(arguments: &RunArguments, executor: &ExecutorArguments) -> Result<()> {
    if let Some(option) = executor.needless() {
        bail!("{option}: expected `--executor slurm` beside it, found none");
    }
    let run = Run::new(arguments)?;
    let selection = arguments.stage.selection();
    let until_decided = selection.until_decided && selection.seeds.is_empty();
    match executor.executor {
        Executor::Local if until_decided => run.until_decided(&selection)?,
        Executor::Local => run.tasks(&tasks(&run.spec, &selection)?, || run.lock().map(Some))?,
        Executor::Slurm if until_decided => bail!(
            "--seeds until-decided: expected seeds such as 0..5 with `--executor slurm`, as each look \
             decides on this machine whether another seed is trained"
        ),
        Executor::Slurm if arguments.histograms.is_some() => bail!(
            "--histograms: expected it without `--executor slurm`, whose trainings write none"
        ),
        // A task that begins again would begin from nothing each time.
        Executor::Slurm if arguments.stage.force => bail!(
            "--force: expected without it with `--executor slurm`; `cargo xtask clean --spec {}` removes what is \
             to be made again",
            run.spec.name
        ),
        Executor::Slurm => {
            if !arguments.no_build {
                stage_binaries::build()?;
            }
            let cluster = Cluster::new(arguments, executor)?;
            match slurm::run(&cluster, &selection)? {
                Ran::Ended => {}
                Ran::Detached => return Ok(()),
            }
        }
    }
    run.print_answer();
    forecast::print(&run.layout, &run.spec, &selection)
}

/// One stage of a spec, on what is on disk.
///
/// # Errors
/// As [`all`].
pub fn stage(stage: Stage, arguments: &RunArguments) -> Result<()> {
    let run = Run::new(arguments)?;
    let tasks: Vec<_> = tasks(&run.spec, &arguments.stage.selection())?
        .into_iter()
        .filter(|task| task.step.stage() == stage && !task.early)
        .map(|task| Task {
            needs: Vec::new(),
            after: Vec::new(),
            ..task
        })
        .collect();
    if tasks.is_empty() {
        tracing::info!("{stage}: nothing to do for the selected models");
    }
    run.tasks(&tasks, || Ok(None))?;
    if stage == Stage::Report {
        run.print_answer();
    }
    Ok(())
}

/// Does something with the jobs of a spec.
///
/// # Errors
/// Those of `act`; an invalid spec.
pub fn on_cluster(
    arguments: &RunArguments,
    act: impl FnOnce(&Cluster, &Selection) -> Result<()>,
) -> Result<()> {
    let executor = ExecutorArguments::default();
    let cluster = Cluster::new(arguments, &executor)?;
    act(&cluster, &arguments.stage.selection())
}

/// Whether there is a report, if without what failed.
fn has_report(tasks: &[Task], ended: &[TaskOutcome]) -> bool {
    tasks.iter().zip(ended).any(|(task, ended)| {
        task.step == Step::Report && matches!(ended, TaskOutcome::Done | TaskOutcome::Fresh)
    })
}

struct Run<'a> {
    arguments: &'a RunArguments,
    spec: Spec,
    layout: Layout,
    jobs: usize,
}

impl<'a> Run<'a> {
    fn new(arguments: &'a RunArguments) -> Result<Self> {
        let threads = arguments.stage.thread_count();
        let jobs = arguments.jobs.map(usize::from);
        let (spec, layout) = (arguments.stage.load_spec()?, arguments.stage.layout());
        // Said once and not by each step.
        spec_folder::is_own(&layout, &spec)?;
        Ok(Self {
            arguments,
            spec,
            layout,
            jobs: jobs.unwrap_or_else(|| jobs::default_jobs(threads)),
        })
    }

    /// Runs what is not fresh of `tasks`, holding what `lock` gives.
    fn tasks(
        &self,
        tasks: &[Task],
        lock: impl FnOnce() -> Result<Option<FolderLock>>,
    ) -> Result<()> {
        let started = Instant::now();
        let ended = if self.nothing_to_do(tasks)? {
            tasks.iter().map(|task| self.fresh(&task.step)).collect()
        } else {
            let _lock = lock()?;
            if !self.arguments.no_build {
                stage_binaries::build()?;
            }
            let progress = Progress::new(tasks, self.jobs);
            scheduler::run(tasks, self.jobs, |task| {
                let outcome = self
                    .task(task, tasks, &progress)
                    .unwrap_or_else(|error| TaskOutcome::Failed(format!("{error:#}")));
                progress.step_ended(task, |ended, left| self.time_left(ended, left));
                outcome
            })
        };
        let concluded = conclude(tasks, &ended, started);
        if concluded.is_err() && has_report(tasks, &ended) {
            self.print_answer();
        }
        concluded
    }

    fn time_left(&self, ended: &[&Step], left: &[&Step]) -> Option<Duration> {
        time_left(&self.spec, &self.layout, ended, left, self.jobs)
    }

    /// The results in short, which are part of the report, and where the report lies.
    fn print_answer(&self) {
        let report = self.layout.reported(&self.spec.name);
        let answer = fs::read_to_string(report.join(ANSWER_FILE)).unwrap_or_default();
        print_line(&format!("\n{answer}"));
        let page = report.join(REPORT_HTML_FILE);
        print_line(&format!("report: {}", page.display()));
    }

    /// Adds seeds until every change of the study is decided, or until the planned number is there. What
    /// earlier runs of the same command trained is fresh, so it goes on where they stopped.
    fn until_decided(&self, selection: &Selection) -> Result<()> {
        for count in plan::LOOKS {
            let look = Selection {
                seeds: (0..count as u64).collect(),
                ..selection.clone()
            };
            self.tasks(&tasks(&self.spec, &look)?, || self.lock().map(Some))?;
            let folder = self.layout.step(&self.spec, &Step::Evaluate);
            let manifest = Manifest::read(&folder)?;
            let undecided = manifest.and_then(|manifest| manifest.undecided);
            let undecided = undecided.context("the evaluation does not say what is undecided")?;
            if undecided.is_empty() {
                print_line(&format!("after {count} seeds every change is decided"));
                return Ok(());
            }
            print_line(&format!(
                "after {count} of at most {} seeds undecided: {}",
                plan::LOOKS.end(),
                undecided.join(", ")
            ));
        }
        print_line("the planned number of seeds is reached and the whole level is spent");
        Ok(())
    }

    fn nothing_to_do(&self, tasks: &[Task]) -> Result<bool> {
        // The last task of a run is for all its models and seeds, and so is what is not early.
        let Some(last) = tasks.last() else {
            return Ok(true);
        };
        let mut states = self.states(&last.selection);
        for task in tasks.iter().filter(|task| !task.early) {
            if self.has_to_run(&mut states, &task.step)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What lies on disk now.
    fn states<'b>(&'b self, selection: &'b Selection) -> StepStates<'b> {
        StepStates::new(&self.layout, &self.spec, selection)
    }

    fn has_to_run(&self, states: &mut StepStates, step: &Step) -> Result<bool> {
        // With --from the user asks for the images in that folder, even if others are ingested.
        let asked = *step == Step::Ingest && self.arguments.from.is_some();
        if asked || self.arguments.stage.force {
            return Ok(true);
        }
        self.is_stale(states, step)
    }

    fn is_stale(&self, states: &mut StepStates, step: &Step) -> Result<bool> {
        Ok(!states.of(step)?.is_fresh() || states.stale_producer(step)?.is_some())
    }

    fn lock(&self) -> Result<FolderLock> {
        spec_lock::acquire(&self.layout, &self.spec)
    }

    fn task(&self, task: &Task, all: &[Task], progress: &Progress) -> Result<TaskOutcome> {
        if interrupted(String::new).is_err() {
            return Ok(TaskOutcome::Interrupted);
        }
        if task.early && !self.trainings_are_left(task, all)? {
            return Ok(TaskOutcome::Fresh);
        }
        let mut states = self.states(&task.selection);
        let has_to_run = match task.again {
            true => self.is_stale(&mut states, &task.step)?,
            false => self.has_to_run(&mut states, &task.step)?,
        };
        if !has_to_run {
            if task.step == Step::Ingest {
                self.check_models()?;
            }
            return Ok(progress.suspend(|| self.fresh(&task.step)));
        }
        let program = stage_binaries::find(task.step.stage().name())?;
        progress.step_begins(task, |ended, left| self.time_left(ended, left));
        let step = progress.step(&task.step.to_string());
        let watch = memory::Watch::start();
        let status = stage_process::run(&program, &self.words(task), step.as_ref())?;
        let ended = self.ended(&task.step, status, &watch);
        if task.step == Step::Ingest && ended == TaskOutcome::Done {
            self.check_models()?;
        }
        Ok(ended)
    }

    /// Whether every model fits the images, where the spec leaves their shape to the data: a mistake
    /// shows before the first hour of training.
    fn check_models(&self) -> Result<()> {
        self.arguments.stage.load_ingested_spec().map(|_| ())
    }

    /// Whether seeds beyond those of `task` are still to be trained.
    fn trainings_are_left(&self, task: &Task, all: &[Task]) -> Result<bool> {
        let mut states = self.states(&task.selection);
        for later in all {
            if let Step::Train { seed, .. } = later.step
                && !task.selection.seeds.contains(&seed)
                && self.has_to_run(&mut states, &later.step)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The command line of a task's stage.
    fn words(&self, task: &Task) -> Vec<OsString> {
        let mut arguments = step_arguments(&self.arguments.stage, &task.selection, &task.step);
        arguments.force &= !task.again;
        if self.jobs > 1 && task.step.stage() == Stage::Train {
            let threads = (arguments.thread_count() / self.jobs).max(1);
            arguments.threads = u16::try_from(threads).ok();
        }
        let own: Vec<OsString> = match (&task.step, &self.arguments.from, self.arguments.histograms)
        {
            (Step::Ingest, Some(folder), _) => {
                arguments.force = true;
                vec!["--from".into(), folder.into()]
            }
            (Step::Train { .. }, _, Some(every)) => {
                vec!["--histograms".into(), every.to_string().into()]
            }
            _ => Vec::new(),
        };
        [arguments.to_words(), own].concat()
    }

    fn fresh(&self, step: &Step) -> TaskOutcome {
        if let Err(error) = self.remove_leftovers(step) {
            tracing::warn!("{step}: {error:#}");
        }
        match self.outcome(step) {
            Some(Outcome::Failed { reason }) => {
                tracing::warn!("{step}: failed before: {reason}; --force tries again");
                TaskOutcome::Diverged(reason)
            }
            _ => {
                tracing::info!("{step}: fresh");
                TaskOutcome::Fresh
            }
        }
    }

    /// Removes what a killed run left beside files that are fresh, unless another run is at work
    /// there.
    fn remove_leftovers(&self, step: &Step) -> Result<()> {
        let folder = self.layout.step(&self.spec, step);
        let Some(manifest) = Manifest::read(&folder)? else {
            return Ok(());
        };
        if step_folder::leftovers(&folder, &manifest.outputs)?.is_empty() {
            return Ok(());
        }
        if let Attempt::Taken(_lock) = FolderLock::try_acquire(&folder)?
            && Manifest::read(&folder)?.as_ref() == Some(&manifest)
        {
            step_folder::remove_leftovers(&folder, &manifest.outputs)?;
        }
        Ok(())
    }

    fn ended(&self, step: &Step, status: ExitStatus, watch: &memory::Watch) -> TaskOutcome {
        if status.code() == Some(EXIT_INTERRUPTED) {
            return TaskOutcome::Interrupted;
        }
        match self.outcome(step) {
            Some(Outcome::Failed { reason }) => TaskOutcome::Diverged(reason),
            _ if status.success() => TaskOutcome::Done,
            _ => {
                let expected = match step {
                    Step::Train { model, .. } => self.spec.model(model).ok(),
                    _ => None,
                };
                let expected = expected.and_then(|model| memory::training_bytes(&self.spec, model));
                let reason = memory::explain(status, watch, expected);
                TaskOutcome::Failed(reason.unwrap_or_else(|| status.to_string()))
            }
        }
    }

    fn outcome(&self, step: &Step) -> Option<Outcome> {
        let folder = self.layout.step(&self.spec, step);
        let manifest = Manifest::read(&folder).ok().flatten();
        manifest.map(|manifest| manifest.outcome)
    }
}
