//! Hands what is left to Slurm.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use pipelines::files::plan::Selection;
use pipelines::files::{sha256, workspace};
use pipelines::stage::Stage;
use pipelines::stage_program::quoted;

use super::client;
use super::cluster::{Cluster, margin};
use super::plan::{self, Level};
use super::submission::{Job, StepTask, Submission};
use crate::stage_binaries;

/// What the name of a folder with copied programs begins with.
const PROGRAMS: &str = "programs-";
/// The hidden command that a node runs.
pub const TASK_COMMAND: &str = "slurm-task";

/// Submits what is left of `selection`; `None` when nothing is. The caller holds the lock of the spec's folder.
///
/// # Errors
/// What `sbatch` says if it refuses: then nothing of this submission stays in the queue.
pub fn submit(cluster: &Cluster, selection: &Selection) -> Result<Option<Submission>> {
    let levels = plan::levels(cluster, selection)?;
    if levels.is_empty() {
        return Ok(None);
    }
    let before = cluster.folder.read()?;
    let progress = plan::done(cluster, selection)?;
    let mut submission = Submission {
        attempt: before.as_ref().map_or(1, |before| before.attempt + 1),
        without_progress: match &before {
            Some(before) if before.progress == progress => before.without_progress + 1,
            _ => 1,
        },
        progress,
        cancelled: false,
        words: cluster.words(),
        jobs: Vec::new(),
    };
    fs::create_dir_all(cluster.folder.logs())
        .with_context(|| format!("cannot make {}", cluster.folder.logs().display()))?;
    let programs = copy_programs(cluster)?;
    let submitted = submit_levels(cluster, &programs, &levels, &mut submission);
    if let Err(error) = submitted {
        let jobs: Vec<String> = submission
            .jobs
            .iter()
            .map(|job| job.id.to_string())
            .collect();
        if let Err(other) = client::cancel(&jobs) {
            tracing::error!(
                "{other:#}; these jobs are still in the queue: {}",
                jobs.join(", ")
            );
        }
        return Err(error);
    }
    cluster.folder.write(&submission)?;
    Ok(Some(submission))
}

fn submit_levels(
    cluster: &Cluster,
    programs: &Path,
    levels: &[Level],
    submission: &mut Submission,
) -> Result<()> {
    let mut ingest: Option<u64> = None;
    let mut before: Vec<u64> = Vec::new();
    for level in levels {
        let mut dependencies: Vec<String> = ingest
            .map(|id| format!("afterok:{id}"))
            .into_iter()
            .collect();
        // Tables and report leave out what failed, but a report needs its tables.
        let condition = match level.kind.as_str() {
            "report" => "afterok",
            _ => "afterany",
        };
        let others = before.iter().filter(|id| Some(**id) != ingest);
        dependencies.extend(others.map(|id| format!("{condition}:{id}")));
        let mut jobs = Vec::new();
        for (chunk, tasks) in level.arrays.iter().enumerate() {
            let suffix = if chunk == 0 {
                String::new()
            } else {
                format!("-{chunk}")
            };
            let name = format!(
                "{}-{}{suffix}-{}",
                cluster.spec.name, level.kind, submission.attempt
            );
            let id = submit_array(cluster, programs, &name, tasks, &dependencies)?;
            jobs.push(id);
            submission.jobs.push(Job {
                id,
                name,
                tasks: tasks.clone(),
            });
        }
        if level.kind == "ingest" {
            ingest = jobs.first().copied();
        }
        before = jobs;
    }
    Ok(())
}

fn submit_array(
    cluster: &Cluster,
    programs: &Path,
    name: &str,
    tasks: &[StepTask],
    dependencies: &[String],
) -> Result<u64> {
    let file = cluster.folder.write_tasks(name, tasks)?;
    let options = cluster.options;
    let command: [OsString; 4] = [
        programs.join("xtask").into(),
        TASK_COMMAND.into(),
        "--tasks".into(),
        file.into(),
    ];
    let log = cluster.folder.logs().join("slurm-%A.log");
    let mut words: Vec<OsString> = vec![
        "--parsable".into(),
        format!("--job-name={name}").into(),
        format!("--array=0-{}", tasks.len() - 1).into(),
        path_option("--output=", &log),
        path_option("--chdir=", cluster.layout.root()),
        "--open-mode=append".into(),
        // A node that fails does not end a task: it begins again elsewhere, at its last epoch.
        "--requeue".into(),
        "--kill-on-invalid-dep=yes".into(),
        format!(
            "--signal=B:TERM@{}",
            margin(options.time.as_deref()).as_secs()
        )
        .into(),
        format!("--cpus-per-task={}", options.cpus()).into(),
    ];
    for (name, value) in [
        ("--partition=", &options.partition),
        ("--time=", &options.time),
        ("--mem=", &options.mem),
    ] {
        words.extend(value.as_ref().map(|value| format!("{name}{value}").into()));
    }
    if !dependencies.is_empty() {
        words.push(format!("--dependency={}", dependencies.join(",")).into());
    }
    // A task starts in the folder of the root, from where the specs that have a name are not found.
    let workspace = workspace::find().map(|folder| {
        let word = quoted(&[folder.into_os_string()]);
        format!("export {}={word}; ", workspace::VARIABLE)
    });
    // The shell gives way to the program, so that signals reach it.
    let script = format!(
        "--wrap={}exec {}",
        workspace.unwrap_or_default(),
        quoted(&command)
    );
    words.push(script.into());
    client::submit(&words, name)
}

fn path_option(name: &str, path: &Path) -> OsString {
    let mut word = OsString::from(name);
    word.push(path);
    word
}

/// Copies the programs into the shared folder, so that a build in the meantime does not change what the queue
/// runs; returns the folder.
fn copy_programs(cluster: &Cluster) -> Result<PathBuf> {
    let names = Stage::ALL.map(Stage::name).into_iter().chain(["xtask"]);
    let programs: Vec<(&str, PathBuf)> = names
        .map(|name| Ok((name, stage_binaries::find(name)?)))
        .collect::<Result<_>>()?;
    // On a node they are copies already.
    let own = programs
        .last()
        .and_then(|(_, path)| path.canonicalize().ok());
    if let Some(own) = own.as_deref().and_then(Path::parent)
        && own.starts_with(cluster.folder.path())
    {
        return Ok(own.to_path_buf());
    }
    let mut listing = String::new();
    for (name, path) in &programs {
        let metadata =
            fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        let changed = metadata
            .modified()?
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        listing += &format!("{name} {} {}\n", metadata.len(), changed.as_nanos());
    }
    let folder = cluster.folder.path().join(format!(
        "{PROGRAMS}{}",
        &sha256::hex(listing.as_bytes())[..12]
    ));
    if folder.is_dir() {
        return Ok(folder);
    }
    // Nothing is in the queue that would still need older ones.
    for entry in fs::read_dir(cluster.folder.path())?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PROGRAMS) {
            fs::remove_dir_all(entry.path())
                .with_context(|| format!("cannot remove {}", entry.path().display()))?;
        }
    }
    let context = || format!("cannot copy the programs to {}", folder.display());
    let partial = folder.with_extension("partial");
    fs::create_dir_all(&partial).with_context(context)?;
    for (name, path) in &programs {
        fs::copy(path, partial.join(name)).with_context(context)?;
    }
    fs::rename(&partial, &folder).with_context(context)?;
    Ok(folder)
}
