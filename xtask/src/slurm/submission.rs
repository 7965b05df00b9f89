//! What was handed to Slurm for a spec, as a file beside what the jobs make.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use pipelines::files::atomic_file;
use pipelines::files::layout::Layout;
use serde::{Deserialize, Serialize};

/// The folder in `runs/<spec>/` with everything of this executor.
const FOLDER: &str = "slurm";
const STATE_FILE: &str = "submission.json";

/// The jobs of a spec.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// 1 for the first time that the spec's steps were submitted, and one more each time since.
    pub attempt: u32,
    /// Attempts in a row, this one included, before which nothing had been gained.
    pub without_progress: u32,
    /// What was there when it was submitted.
    pub progress: Done,
    /// Whether the user cancelled it.
    pub cancelled: bool,
    /// The words of the command that submitted it, without the program.
    pub words: Vec<String>,
    /// The jobs, each after those that it waits for.
    pub jobs: Vec<Job>,
}

/// How much is there: more of either is progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Steps that came to an end.
    pub steps: u64,
    /// Epochs in the checkpoints of trainings that did not.
    pub epochs: u64,
}

/// One job or job array.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its number in Slurm.
    pub id: u64,
    /// Its name in Slurm.
    pub name: String,
    /// What each task of the array does.
    pub tasks: Vec<StepTask>,
}

/// One step as a task on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepTask {
    /// The step, in words.
    pub step: String,
    /// The program of its stage.
    pub program: String,
    /// What the program is called with.
    pub words: Vec<String>,
    /// Bytes of memory that the plan expects it to take; `None` where it expects nothing.
    pub expected_bytes: Option<u64>,
    /// Whether it looks for steps that were lost before it begins.
    pub joins: bool,
}

impl StepTask {
    /// The file that its output goes to, in the folder of logs.
    pub fn log_file(&self) -> String {
        format!("{}.log", self.step.replace(' ', "-"))
    }
}

/// Where the files of this executor lie.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Of the spec called `spec`.
    pub fn new(layout: &Layout, spec: &str) -> Self {
        Self(layout.run(spec).join(FOLDER))
    }

    /// The folder at `path`.
    pub fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The logs of all tasks.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// The tasks of the job with this name.
    pub fn tasks_file(&self, job: &str) -> PathBuf {
        self.0.join("tasks").join(format!("{job}.json"))
    }

    /// What was submitted last; `None` if nothing ever was.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self) -> Result<Option<Submission>> {
        let path = self.0.join(STATE_FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| {
                format!(
                    "{}: expected the record of a submission, found damaged text; delete it",
                    path.display()
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Replaces what is recorded.
    ///
    /// # Errors
    /// Names the file.
    pub fn write(&self, submission: &Submission) -> Result<()> {
        let text = serde_json::to_vec_pretty(submission).context("cannot encode a submission")?;
        atomic_file::write(&self.0.join(STATE_FILE), &text)
    }

    /// Writes the tasks of the job called `name`.
    ///
    /// # Errors
    /// Names the file.
    pub fn write_tasks(&self, name: &str, tasks: &[StepTask]) -> Result<PathBuf> {
        let path = self.tasks_file(name);
        let text = serde_json::to_vec_pretty(tasks).context("cannot encode tasks")?;
        atomic_file::write(&path, &text)?;
        Ok(path)
    }
}

/// Reads what [`Folder::write_tasks`] wrote.
///
/// # Errors
/// Names the file.
pub fn read_tasks(path: &Path) -> Result<Vec<StepTask>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{}: damaged text", path.display()))
}
