//! What a node does: one step of an array.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser};
use pipelines::stage_program::{Reported, quoted};

use super::cluster::Cluster;
use super::submission::{Folder, StepTask, Submission, read_tasks};
use super::{client, ended_tasks, plan, submit};
use crate::command_line::{Arguments, Command as Subcommand};
use crate::{memory, stage_binaries, stage_process};

/// Exit code of a stage that stopped because it was asked to.
const EXIT_INTERRUPTED: i32 = 130;
/// After so many attempts in a row in which nothing was gained, what is lost is left out.
const MAX_WITHOUT_PROGRESS: u32 = 3;

/// What a node is told.
#[derive(Args, Clone, Debug)]
pub struct TaskArguments {
    /// File with the tasks of the array
    #[arg(long)]
    tasks: PathBuf,
}

/// Runs the task of this array that Slurm says, with its output in a log of its own.
///
/// # Errors
/// The step failed; the log says why.
pub fn run(arguments: &TaskArguments) -> Result<()> {
    let number = |name: &str| {
        env::var(name)
            .ok()
            .and_then(|text| text.parse::<usize>().ok())
    };
    let index = number("SLURM_ARRAY_TASK_ID").unwrap_or(0);
    let tasks = read_tasks(&arguments.tasks)?;
    let task = tasks.get(index).with_context(|| {
        format!(
            "{}: expected a task {index}, found {} tasks",
            arguments.tasks.display(),
            tasks.len()
        )
    })?;
    let folder = arguments
        .tasks
        .parent()
        .and_then(Path::parent)
        .context("the tasks have no folder")?;
    let folder = Folder::at(folder);
    let mut log = Log::open(&folder, task)?;
    if task.joins && submit_lost(&folder, &mut log)? {
        bail!(Reported("what was lost runs first".to_owned()));
    }
    let program = stage_binaries::find(&task.program)?;
    log.line(&format!("$ {} {}", program.display(), quoted(&task.words)));
    let watch = memory::Watch::start();
    let mut child = Command::new(&program)
        .args(&task.words)
        .stdin(Stdio::null())
        .stdout(log.file()?)
        .stderr(log.file()?)
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let status = stage_process::wait(&mut child)?;
    ended(&folder, task, status, &watch, &mut log)
}

/// Turns the end of a stage into that of the task.
fn ended(
    folder: &Folder,
    task: &StepTask,
    status: ExitStatus,
    watch: &memory::Watch,
    log: &mut Log,
) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    if status.code() == Some(EXIT_INTERRUPTED) {
        let is_cancelled = || {
            folder
                .read()
                .ok()
                .flatten()
                .is_some_and(|found| found.cancelled)
        };
        if let Some(job) = own_name()
            && !is_cancelled()
        {
            log.line(&format!("{} goes on when its turn comes again", task.step));
            if let Err(error) = client::requeue(&job) {
                log.line(&format!("cannot put {job} back into the queue: {error:#}"));
            }
        }
        bail!(Reported(format!("{} was interrupted", task.step)));
    }
    let reason =
        memory::explain(status, watch, task.expected_bytes).unwrap_or_else(|| status.to_string());
    log.line(&format!("{} failed: {reason}", task.step));
    bail!("{} failed: {reason}", task.step)
}

/// This task, as Slurm's commands call it.
fn own_name() -> Option<String> {
    let job = env::var("SLURM_ARRAY_JOB_ID")
        .or_else(|_| env::var("SLURM_JOB_ID"))
        .ok()?;
    Some(match env::var("SLURM_ARRAY_TASK_ID") {
        Ok(index) => format!("{job}_{index}"),
        Err(_) => job,
    })
}

/// Submits again what was lost on the way to the tables, and the tables after it; `false` when nothing was, or
/// when it was tried often enough.
fn submit_lost(folder: &Folder, log: &mut Log) -> Result<bool> {
    let Some(submission) = folder.read()? else {
        return Ok(false);
    };
    // A task of an attempt that another one has followed leaves everything to that.
    let (executor, arguments) = parse(&submission)?;
    let cluster = Cluster::new(&arguments, &executor)?;
    let selection = arguments.stage.selection();
    let lost = plan::lost(&cluster, &selection)?;
    if lost.is_empty() || submission.cancelled {
        return Ok(false);
    }
    for (step, reason) in &lost {
        let why = ended_tasks::why(folder, &submission, step);
        log.line(&format!(
            "lost: {step}: {reason}{}",
            why.map_or(String::new(), |why| format!("; {why}"))
        ));
    }
    let gained = plan::done(&cluster, &selection)? != submission.progress;
    if !gained && submission.without_progress >= MAX_WITHOUT_PROGRESS {
        log.line("nothing was gained in several attempts; the tables leave these out");
        return Ok(false);
    }
    let _lock = crate::spec_lock::acquire(&cluster.layout, &cluster.spec)?;
    let submitted = submit::submit(&cluster, &selection)?;
    log.line(&format!("submitted again: {} steps", lost.len()));
    Ok(submitted.is_some())
}

/// The options of a submission.
fn parse(
    submission: &Submission,
) -> Result<(super::ExecutorArguments, crate::command_line::RunArguments)> {
    let words = std::iter::once("xtask").chain(submission.words.iter().map(String::as_str));
    match Arguments::try_parse_from(words)?.command {
        Subcommand::RunAll { run, executor } => Ok((executor, run)),
        _ => bail!(
            "expected the words of run-all, found {}",
            submission.words.join(" ")
        ),
    }
}

/// The log of one step; a task that begins again goes on with it.
struct Log {
    file: File,
}

impl Log {
    fn open(folder: &Folder, task: &StepTask) -> Result<Self> {
        let path = folder.logs().join(task.log_file());
        let context = || format!("cannot write {}", path.display());
        std::fs::create_dir_all(folder.logs()).with_context(context)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(context)?;
        let mut log = Self { file };
        let job = own_name().unwrap_or_default();
        let raw = env::var("SLURM_JOB_ID").unwrap_or_default();
        let node = env::var("SLURMD_NODENAME").unwrap_or_default();
        let attempt = env::var("SLURM_RESTART_COUNT").unwrap_or_else(|_| "0".to_owned());
        let now = humantime::format_rfc3339_seconds(SystemTime::now());
        log.line(&format!(
            "--- {} at {now}: job {job}{}{raw}) on {node}, restart {attempt}",
            task.step,
            ended_tasks::RAW_JOB
        ));
        Ok(log)
    }

    fn line(&mut self, text: &str) {
        if let Err(error) = writeln!(self.file, "{text}") {
            tracing::warn!("cannot write the log: {error}");
        }
    }

    fn file(&self) -> Result<Stdio> {
        Ok(self
            .file
            .try_clone()
            .context("cannot write the log")?
            .into())
    }
}
