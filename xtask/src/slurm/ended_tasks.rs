//! Why a task ended that left no result.

use std::fs;

use pipelines::files::step::Step;

use super::client;
use super::submission::{Folder, StepTask, Submission};
use crate::memory;

/// What stands before the number that a task has in the log of its array, where tasks have numbers of their own.
pub const RAW_JOB: &str = " (";
/// What Slurm writes into the log of an array when it ends a task for want of memory.
const MEMORY: [&str; 3] = ["exceeded memory limit", "oom_kill", "oom-kill"];

/// Says how the last task of `step` ended, and where its log lies; `None` for a step that had none.
pub fn why(folder: &Folder, submission: &Submission, step: &Step) -> Option<String> {
    let name = step.to_string();
    let (job, task) = submission.jobs.iter().rev().find_map(|job| {
        let index = job.tasks.iter().position(|task| task.step == name)?;
        let task = &job.tasks[index];
        Some((format!("{}_{index}", job.id), task))
    })?;
    let ending = out_of_memory(folder, task)
        .or_else(|| client::ending(&job))
        .unwrap_or_else(|| "Slurm has forgotten how it ended".to_owned());
    let log = folder.logs().join(task.log_file());
    Some(format!("job {job}: {ending}; log: {}", log.display()))
}

/// Slurm ends a task that takes too much memory together with the program that would have said so.
fn out_of_memory(folder: &Folder, task: &StepTask) -> Option<String> {
    let log = fs::read_to_string(folder.logs().join(task.log_file())).ok()?;
    let header = log.lines().rfind(|line| line.starts_with("--- "))?;
    let raw = header.split_once(RAW_JOB)?.1.split(')').next()?;
    let files = fs::read_dir(folder.logs()).ok()?.flatten();
    let logs = files.filter(|entry| entry.file_name().to_string_lossy().starts_with("slurm-"));
    let wanted = format!("StepId={raw}.batch");
    logs.filter_map(|entry| fs::read_to_string(entry.path()).ok())
        .find_map(|text| memory_line(&text, &wanted).map(str::to_owned))
        .map(|line| {
            let expected = match task.expected_bytes {
                Some(bytes) => format!("the plan had forecast {}", memory::text(bytes)),
                None => "the plan had no forecast for it".to_owned(),
            };
            match used_and_limit(&line) {
                Some((used, limit)) => format!(
                    "out of memory: Slurm ended it when it used {}; it had {} (--mem), {expected}",
                    memory::text(used),
                    memory::text(limit)
                ),
                None => format!("out of memory: {line}; {expected}"),
            }
        })
}

/// The line about a task that was ended for want of memory.
fn memory_line<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let is_it =
        |line: &&str| line.contains(wanted) && MEMORY.iter().any(|words| line.contains(words));
    text.lines().find(is_it)
}

/// The numbers of "(415375360 > 104857600)", bytes used and allowed.
fn used_and_limit(line: &str) -> Option<(u64, u64)> {
    let inside = line.split_once('(')?.1.split_once(')')?.0;
    let (used, limit) = inside.split_once(" > ")?;
    Some((used.trim().parse().ok()?, limit.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_task_is_told_from_those_of_others() {
        let text = "slurmstepd-n1: error: StepId=12.batch exceeded memory limit (415375360 > 104857600), being killed\n\
                    slurmstepd: error: Detected 1 oom_kill event in StepId=14.batch. Some of the step tasks have been OOM Killed.\n";
        let line = memory_line(text, "StepId=12.batch").unwrap();
        assert_eq!(used_and_limit(line), Some((415_375_360, 104_857_600)));
        let other = memory_line(text, "StepId=14.batch").unwrap();
        assert_eq!(used_and_limit(other), None);
        assert_eq!(memory_line(text, "StepId=1.batch"), None);
    }
}
