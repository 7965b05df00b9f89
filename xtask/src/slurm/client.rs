//! Slurm's own commands, with a controller that may be away for a while.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use pipelines::stage_program::{interrupted, quoted};

/// How long a controller that does not answer is waited for.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// Time between two attempts.
const RETRY: Duration = Duration::from_secs(2);
/// What Slurm's commands say when the controller is away, and not when it refuses something.
const AWAY: [&str; 6] = [
    "Unable to contact slurm controller",
    "Connection refused",
    "Socket timed out",
    "Zero Bytes were transmitted or received",
    "Unexpected message received",
    "in standby mode",
];

/// One task of a job, as `squeue` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedTask {
    /// The job, or the array that the task belongs to.
    pub job: u64,
    /// Its place in the array; `None` of a job that is no array.
    pub index: Option<usize>,
    /// Such as `PENDING` or `RUNNING`.
    pub state: String,
    /// Why it waits.
    pub reason: String,
}

/// Fails where Slurm is not installed.
///
/// # Errors
/// Says what was looked for.
pub fn check_installed() -> Result<()> {
    match Command::new("sbatch").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "expected Slurm's `sbatch` on the PATH, found none: this machine belongs to no Slurm cluster; \
             leave out `--executor slurm` to run here"
        ),
        Err(error) => Err(error).context("cannot run sbatch"),
    }
}

/// Submits a job under a name that no other job of this spec has had, and returns its number.
///
/// # Errors
/// What `sbatch` says if it refuses.
pub fn submit(words: &[OsString], name: &str) -> Result<u64> {
    // An answer that got lost is not asked for again: the job may be in the queue.
    let found_anyway = || {
        let queued = call("squeue", &["--noheader", "--name", name, "--format", "%F"])?;
        Ok(queued
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok()))
    };
    let answer = call_unless("sbatch", words, found_anyway)?;
    let number = match &answer {
        Answer::Found(number) => Some(*number),
        // The number alone, or with the name of the cluster behind it.
        Answer::Said(text) => text
            .trim()
            .split(';')
            .next()
            .and_then(|text| text.parse().ok()),
    };
    number.with_context(|| format!("sbatch: expected the number of a job, found {answer:?}"))
}

/// The tasks of `jobs` that have not ended.
///
/// # Errors
/// What `squeue` says.
pub fn queued(jobs: &[u64]) -> Result<Vec<QueuedTask>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    // Jobs that have ended and are forgotten would be an error if they were asked for by number.
    let words = ["--noheader", "--array", "--format", "%F|%K|%T|%r"];
    let mine: Vec<String> = std::env::var("USER").into_iter().collect();
    let user = mine.iter().flat_map(|user| ["--user", user.as_str()]);
    let words: Vec<&str> = words.into_iter().chain(user).collect();
    let text = call("squeue", &words)?;
    Ok(text
        .lines()
        .filter_map(parse_queued)
        .filter(|task| jobs.contains(&task.job))
        .collect())
}

fn parse_queued(line: &str) -> Option<QueuedTask> {
    let mut parts = line.trim().splitn(4, '|');
    let job = parts.next()?.parse().ok()?;
    let index = parts.next()?.parse().ok();
    Some(QueuedTask {
        job,
        index,
        state: parts.next()?.to_owned(),
        reason: parts.next().unwrap_or_default().to_owned(),
    })
}

/// Cancels jobs, or single tasks of arrays such as `12_3`.
///
/// # Errors
/// What `scancel` says.
pub fn cancel(jobs: &[String]) -> Result<()> {
    match jobs.is_empty() {
        true => Ok(()),
        false => call("scancel", jobs).map(|_| ()),
    }
}

/// Puts a running task of this user back into the queue, where Slurm lets it wait for two minutes.
///
/// # Errors
/// What `scontrol` says.
pub fn requeue(job: &str) -> Result<()> {
    call("scontrol", &["requeue", job]).map(|_| ())
}

/// How a job or task ended, in Slurm's words, as long as the controller or the accounting knows it.
pub fn ending(job: &str) -> Option<String> {
    let shown = call("scontrol", &["--oneliner", "show", "job", job]).ok();
    let fields = shown.as_deref().map(fields).unwrap_or_default();
    if let Some(state) = fields.get("JobState") {
        let code = fields.get("ExitCode").copied().unwrap_or_default();
        let node = fields
            .get("NodeList")
            .copied()
            .filter(|node| *node != "(null)");
        let node = node.map_or(String::new(), |node| format!(" on {node}"));
        return Some(format!("{state}{node}, exit code {code}"));
    }
    let words = [
        "--noheader",
        "--parsable2",
        "--allocations",
        "--jobs",
        job,
        "--format",
        "State,ExitCode",
    ];
    let text = call("sacct", &words).ok()?;
    let (state, code) = text.lines().next()?.split_once('|')?;
    Some(format!("{state}, exit code {code}"))
}

/// The fields of `scontrol --oneliner show`, of its first line.
fn fields(text: &str) -> BTreeMap<&str, &str> {
    let words = text.lines().next().unwrap_or_default().split_whitespace();
    words.filter_map(|word| word.split_once('=')).collect()
}

#[derive(Debug)]
enum Answer {
    Said(String),
    Found(u64),
}

/// Standard output of one of Slurm's commands.
fn call(program: &str, words: &[impl AsRef<OsStr>]) -> Result<String> {
    match call_unless(program, words, || Ok(None))? {
        Answer::Said(text) => Ok(text),
        Answer::Found(_) => Ok(String::new()),
    }
}

/// Calls a command until the controller answers; before it is called again, `found` may know that the first
/// call did its work.
fn call_unless(
    program: &str,
    words: &[impl AsRef<OsStr>],
    found: impl Fn() -> Result<Option<u64>>,
) -> Result<Answer> {
    let started = Instant::now();
    let mut said_so = false;
    loop {
        let output = command(program)
            .args(words)
            .output()
            .with_context(|| format!("cannot run {program}"))?;
        if output.status.success() {
            return Ok(Answer::Said(
                String::from_utf8_lossy(&output.stdout).into_owned(),
            ));
        }
        let said = said(&output);
        let is_away = AWAY.iter().any(|words| said.contains(words));
        if !is_away || started.elapsed() > PATIENCE {
            let words: Vec<&OsStr> = words.iter().map(AsRef::as_ref).collect();
            bail!("`{program} {}`: {said}", quoted(&words));
        }
        if !std::mem::replace(&mut said_so, true) {
            tracing::warn!("{program}: the Slurm controller does not answer; waiting for it");
        }
        interrupted(|| "the controller did not answer".into())?;
        std::thread::sleep(RETRY);
        if let Some(number) = found()? {
            return Ok(Answer::Found(number));
        }
    }
}

/// One of Slurm's commands. A job that submits others does not hand on what Slurm told it about itself.
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("SLURM_") && text != "SLURM_CONF" {
            command.env_remove(name);
        }
    }
    command
}

/// What a command said on its way to failing.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    match text.trim() {
        "" => output.status.to_string(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_squeue_is_a_task() {
        let task = |index, state: &str, reason: &str| QueuedTask {
            job: 12,
            index,
            state: state.to_owned(),
            reason: reason.to_owned(),
        };
        assert_eq!(
            parse_queued("12|3|RUNNING|None"),
            Some(task(Some(3), "RUNNING", "None"))
        );
        assert_eq!(
            parse_queued("12|N/A|PENDING|Dependency"),
            Some(task(None, "PENDING", "Dependency"))
        );
        assert_eq!(parse_queued("slurm_load_jobs error"), None);
    }

    #[test]
    fn a_job_that_the_controller_knows_is_read_field_by_field() {
        let line =
            "JobId=7 ArrayJobId=5 JobState=NODE_FAIL Reason=NodeDown NodeList=n1 ExitCode=0:9\n";
        let found = fields(line);
        assert_eq!((found["JobState"], found["NodeList"]), ("NODE_FAIL", "n1"));
    }
}
