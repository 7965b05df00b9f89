//! A run on a cluster: what was asked for, with paths that hold on every node.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use pipelines::files::layout::Layout;
use pipelines::spec::Spec;
use pipelines::stage_program::StageArguments;

use super::submission::Folder;
use crate::command_line::RunArguments;

/// Who runs the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Executor {
    /// This machine
    #[default]
    Local,
    /// The nodes of a Slurm cluster that share the folder of the root
    Slurm,
}

/// Options of a run on a cluster.
#[derive(Args, Clone, Debug, Default)]
pub struct ExecutorArguments {
    /// Who runs the steps
    #[arg(long, value_enum, default_value_t)]
    pub executor: Executor,
    /// With Slurm: the partition, as sbatch takes it
    #[arg(long, value_name = "NAME", help_heading = "Slurm")]
    pub partition: Option<String>,
    /// With Slurm: time limit of a task, as sbatch takes it; a task that reaches it goes on at its last epoch
    #[arg(long, value_name = "TIME", help_heading = "Slurm")]
    pub time: Option<String>,
    /// With Slurm: cores of a task, 1 when left out
    #[arg(long, value_name = "N", help_heading = "Slurm", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub cpus: Option<u16>,
    /// With Slurm: memory of a task, as sbatch takes it
    #[arg(long, value_name = "SIZE", help_heading = "Slurm")]
    pub mem: Option<String>,
    /// With Slurm: submit and do not wait
    #[arg(long, help_heading = "Slurm")]
    pub detach: bool,
}

impl ExecutorArguments {
    /// Cores of a task.
    pub fn cpus(&self) -> u16 {
        self.cpus.unwrap_or(1)
    }

    /// The first option that means nothing without Slurm.
    pub fn needless(&self) -> Option<&'static str> {
        let given = [
            ("--partition", self.partition.is_some()),
            ("--time", self.time.is_some()),
            ("--cpus", self.cpus.is_some()),
            ("--mem", self.mem.is_some()),
            ("--detach", self.detach),
        ];
        let given = given
            .into_iter()
            .find(|(_, given)| *given && self.executor == Executor::Local);
        given.map(|(name, _)| name)
    }

    /// The words that parse to these options.
    pub fn to_words(&self) -> Vec<String> {
        let mut words = vec!["--executor".to_owned(), "slurm".to_owned()];
        let mut option = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                words.extend([name.to_owned(), value.clone()]);
            }
        };
        option("--partition", &self.partition);
        option("--time", &self.time);
        option("--cpus", &self.cpus.map(|cpus| cpus.to_string()));
        option("--mem", &self.mem);
        words
    }
}

/// A run whose steps Slurm's nodes do.
pub struct Cluster<'a> {
    /// What was asked for.
    pub arguments: &'a RunArguments,
    /// Of the jobs.
    pub options: &'a ExecutorArguments,
    /// The spec.
    pub spec: Spec,
    /// Where files lie.
    pub layout: Layout,
    /// `arguments` with absolute paths.
    pub stage: StageArguments,
    /// Where the files of this executor lie.
    pub folder: Folder,
}

impl<'a> Cluster<'a> {
    /// Checks the spec and finds the paths.
    ///
    /// # Errors
    /// An invalid spec; a root that is not there.
    pub fn new(arguments: &'a RunArguments, options: &'a ExecutorArguments) -> Result<Self> {
        let spec = arguments.stage.load_spec()?;
        let absolute = |path: &Path| {
            path.canonicalize()
                .with_context(|| format!("cannot find {}", path.display()))
        };
        std::fs::create_dir_all(&arguments.stage.root)?;
        let root = absolute(&arguments.stage.root)?;
        let stage = StageArguments {
            spec: absolute(&spec.path)?.to_string_lossy().into_owned(),
            root: root.clone(),
            ..arguments.stage.clone()
        };
        let layout = Layout::new(root);
        Ok(Self {
            folder: Folder::new(&layout, &spec.name),
            arguments,
            options,
            spec,
            layout,
            stage,
        })
    }

    /// The words of a command that goes on with this run.
    pub fn words(&self) -> Vec<String> {
        let stage = StageArguments {
            force: false,
            threads: None,
            ..self.stage.clone()
        };
        let stage = stage.to_words();
        let stage = stage.iter().map(|word| word.to_string_lossy().into_owned());
        std::iter::once("run-all".to_owned())
            .chain(stage)
            .chain(self.options.to_words())
            .collect()
    }
}

/// How long before the time limit a task is asked to come to an end: a fifth of the limit, 10 to 60 seconds.
pub fn margin(time: Option<&str>) -> Duration {
    let limit_s = time.and_then(seconds).unwrap_or(u64::MAX);
    Duration::from_secs((limit_s / 5).clamp(10, 60))
}

/// Seconds of a time as sbatch takes it: `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`
/// and so on.
fn seconds(time: &str) -> Option<u64> {
    let (days, rest) = match time.split_once('-') {
        Some((days, rest)) => (Some(days.parse::<u64>().ok()?), rest),
        None => (None, time),
    };
    let parts: Vec<u64> = rest
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [hours, minutes, seconds] = match (days.is_some(), parts[..].try_into().ok(), &parts[..]) {
        (_, Some(all), _) => all,
        (true, None, [hours]) => [*hours, 0, 0],
        (true, None, [hours, minutes]) => [*hours, *minutes, 0],
        (false, None, [minutes]) => [0, *minutes, 0],
        (false, None, [minutes, seconds]) => [0, *minutes, *seconds],
        _ => return None,
    };
    Some(((days.unwrap_or(0) * 24 + hours) * 60 + minutes) * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_sbatch() {
        assert_eq!(seconds("30"), Some(1_800));
        assert_eq!(seconds("1:30"), Some(90));
        assert_eq!(seconds("2:00:30"), Some(7_230));
        assert_eq!(seconds("1-2"), Some(93_600));
        assert_eq!(seconds("1-2:3:4"), Some(93_784));
        assert_eq!(seconds("UNLIMITED"), None);
    }

    #[test]
    fn a_task_has_a_fifth_of_its_time_to_end_but_at_most_a_minute() {
        assert_eq!(margin(Some("1")), Duration::from_secs(12));
        assert_eq!(margin(Some("10")), Duration::from_secs(60));
        assert_eq!(margin(None), Duration::from_secs(60));
    }
}
