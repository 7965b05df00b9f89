//! What `cargo xtask` accepts.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgGroup, Args, Parser, Subcommand};
use pipelines::stage_program::{ExportArguments, PredictArguments, StageArguments, default_root};

use crate::cargo_checks;
use crate::completions::Shell;
use crate::slurm::{ExecutorArguments, TaskArguments};

/// What the number means that a command leaves.
const EXIT_CODES: &str = "Exit codes:\n  0    done\n  1    something failed: the message says what, and what to do\n  2    a command line that is not understood\n  130  interrupted; the same command goes on where it stopped";

/// Command line of `cargo xtask`.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    about = "Runs the study: skips steps that are fresh and continues those that were interrupted",
    after_help = EXIT_CODES
)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at a folder of images, IDX or Parquet files and write a spec for them, with a baseline and
    /// two changes
    #[command(after_help = "Example:\n  cargo xtask new leaves.toml --data leaves")]
    New {
        /// The spec to write, such as leaves.toml
        spec: PathBuf,
        /// Where the images lie
        #[arg(long, value_name = "PATH")]
        data: PathBuf,
    },
    /// All stages in order, from the data to the report
    #[command(
        after_help = "Examples:\n  cargo xtask run-all\n  cargo xtask run-all --spec paper --seeds 0..5\n  cargo xtask run-all --spec wide.toml --models model-7,mine\n  cargo xtask run-all --spec paper --executor slurm --time 2:00:00 --detach"
    )]
    RunAll {
        #[command(flatten)]
        run: RunArguments,
        #[command(flatten)]
        executor: ExecutorArguments,
    },
    /// Show what the jobs of a `run-all --executor slurm` are doing
    #[command(
        mut_arg("threads", no_effect),
        mut_arg("jobs", no_effect),
        mut_arg("from", no_effect),
        mut_arg("no_build", |option| option.hide(true)),
        mut_arg("force", |option| option.hide(true)),
        mut_arg("histograms", no_effect),
        after_help = "Example:\n  cargo xtask status --spec paper"
    )]
    Status(RunArguments),
    /// End the jobs of a `run-all --executor slurm`; what they finished stays
    #[command(
        mut_arg("threads", no_effect),
        mut_arg("jobs", no_effect),
        mut_arg("from", no_effect),
        mut_arg("no_build", |option| option.hide(true)),
        mut_arg("force", |option| option.hide(true)),
        mut_arg("histograms", no_effect),
        after_help = "Example:\n  cargo xtask cancel --spec paper"
    )]
    Cancel(RunArguments),
    /// What a node of a Slurm cluster runs
    #[command(hide = true)]
    SlurmTask(TaskArguments),
    /// Obtain the images and turn them into Parquet
    #[command(
        mut_arg("models", no_effect),
        mut_arg("seeds", no_effect),
        mut_arg("jobs", no_effect),
        mut_arg("histograms", no_effect),
        after_help = "Example:\n  cargo xtask ingest --from ~/Downloads/fashion-mnist"
    )]
    Ingest(RunArguments),
    /// Make the warped shards of all policies
    #[command(
        mut_arg("seeds", no_effect),
        mut_arg("from", no_effect),
        mut_arg("histograms", no_effect),
        after_help = "Example:\n  cargo xtask augment --spec paper"
    )]
    Augment(RunArguments),
    /// Train the models
    #[command(
        mut_arg("from", no_effect),
        after_help = "Example:\n  cargo xtask train --spec paper --models model-7 --seeds 1"
    )]
    Train(RunArguments),
    /// Turn predictions and histories into tables of metrics
    #[command(
        mut_arg("jobs", no_effect),
        mut_arg("from", no_effect),
        mut_arg("histograms", no_effect),
        after_help = "Example:\n  cargo xtask evaluate --spec paper --seeds 0..5"
    )]
    Evaluate(RunArguments),
    /// Write the report
    #[command(
        mut_arg("jobs", no_effect),
        mut_arg("from", no_effect),
        mut_arg("histograms", no_effect),
        after_help = "Example:\n  cargo xtask report --spec paper --seeds 0..5 --open"
    )]
    Report {
        #[command(flatten)]
        arguments: RunArguments,
        /// Show the report in the browser
        #[arg(long)]
        open: bool,
    },
    /// Show which steps would run and why, and which are fresh
    #[command(
        mut_arg("threads", no_effect),
        mut_arg("jobs", no_effect),
        mut_arg("from", no_effect),
        mut_arg("histograms", no_effect),
        mut_arg("no_build", |option| option.hide(true)),
        after_help = "Example:\n  cargo xtask plan --spec paper --seeds 0..5"
    )]
    Plan(RunArguments),
    /// Show what a spec says with all that it inherits, or what any spec can say
    #[command(
        after_help = "Examples:\n  cargo xtask spec --show quick\n  cargo xtask spec --schema > schema.json"
    )]
    Spec(SpecArguments),
    /// Show what is in a Parquet or safetensors file: `cargo xtask inspect --help` has the options
    #[command(
        disable_help_flag = true,
        after_help = "Example:\n  cargo xtask inspect data/ingested/fashion-mnist/test.parquet --row 0"
    )]
    Inspect {
        /// The file, and what to show of it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0.., value_name = "FILE")]
        arguments: Vec<OsString>,
    },
    /// Classify pictures with a trained model
    #[command(
        after_help = "Examples:\n  cargo xtask predict --model model-7 shoe.png\n  cargo xtask predict --spec paper --model model-7 --format csv photographs > classes.csv\n  curl https://example.org/shoe.png | cargo xtask predict --model model-7 -"
    )]
    Predict(PredictArguments),
    /// Write trained models as ONNX files, which onnxruntime and others run
    #[command(
        mut_arg("threads", no_effect),
        mut_arg("force", |option| option.hide(true)),
        after_help = "Examples:\n  cargo xtask export --spec paper --to exported\n  cargo xtask export --spec paper --models model-7 --seeds 0 --to exported"
    )]
    Export(ExportArguments),
    /// Compare every file under data/ and runs/ with the hash in its manifest
    #[command(after_help = "Example:\n  cargo xtask verify")]
    Verify {
        /// Folder that holds data/ and runs/
        #[arg(long, default_value_os_t = default_root(), value_name = "DIR")]
        root: PathBuf,
    },
    /// Remove what the stages made
    #[command(after_help = "Example:\n  cargo xtask clean --spec quick")]
    Clean(CleanArguments),
    /// Run all tests, sharing what `run-all` compiled
    #[command(
        after_help = "Examples:\n  cargo xtask test\n  cargo xtask test --test invalid_specs"
    )]
    Test {
        /// What follows goes to `cargo test`
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "ARGUMENTS"
        )]
        arguments: Vec<OsString>,
    },
    /// Measure the speed of the kernels and of whole training steps, sharing what `run-all`
    /// compiled: `cargo bench -p train` would compile most libraries again
    #[command(after_help = "Example:\n  cargo xtask bench --bench training_step model-7")]
    Bench {
        /// Only this benchmark; both when left out
        #[arg(long, value_name = "NAME", value_parser = cargo_checks::BENCHMARKS)]
        bench: Option<String>,
        /// Only the kernels whose line holds one of these words, or only the models of these names
        #[arg(value_name = "WORD")]
        words: Vec<String>,
    },
    /// Check formatting, lints, documentation and tests, as every change must pass
    #[command(after_help = "Example:\n  cargo xtask ci")]
    Ci,
    /// Print what completes `cargo xtask` in a shell
    #[command(
        after_help = "Examples:\n  cargo xtask completions bash >> ~/.bashrc\n  cargo xtask completions zsh >> ~/.zshrc\n  cargo xtask completions fish > ~/.config/fish/conf.d/cargo-xtask.fish"
    )]
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print what one word of a command line can be, for the scripts of `completions`
    #[command(hide = true)]
    Complete {
        /// The word, counted from 0
        index: usize,
        /// All words, this program first
        #[arg(last = true)]
        words: Vec<OsString>,
    },
}

/// An option that other commands have: it is not listed, and refused.
fn no_effect(option: Arg) -> Arg {
    let refuse =
        |_: &str| -> Result<String, String> { Err("this command has no use for it".into()) };
    option.hide(true).value_parser(refuse)
}

/// Options of a run.
#[derive(Args, Clone, Debug)]
pub struct RunArguments {
    /// What all stages share
    #[command(flatten)]
    pub stage: StageArguments,
    /// Processes at once, such as models that are trained side by side; chosen from cores and
    /// memory when left out. The results are the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Folder that holds the four IDX files, plain or gzipped
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Put histograms of weights and gradients into TensorBoard's event files after each N-th epoch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub histograms: Option<u32>,
    /// Do not build the stages, use the last build
    #[arg(long)]
    pub no_build: bool,
}

/// What to remove.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("what").required(true)))]
pub struct CleanArguments {
    /// Everything made for this spec: runs/NAME
    #[arg(long, value_name = "NAME|PATH", group = "what")]
    pub spec: Option<String>,
    /// Everything made: runs/ and data/ingested/; downloaded files stay
    #[arg(long, group = "what")]
    pub all: bool,
    /// Folder that holds data/ and runs/
    #[arg(long, default_value_os_t = default_root(), value_name = "DIR")]
    pub root: PathBuf,
}

/// What to show of specs.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("what").required(true)))]
pub struct SpecArguments {
    /// This spec, a name under pipelines/specs or the path of a .toml file, with everything that it
    /// inherits and every default
    #[arg(long, value_name = "NAME|PATH", group = "what")]
    pub show: Option<String>,
    /// The JSON Schema of all specs, for editors
    #[arg(long, group = "what")]
    pub schema: bool,
    /// Every key of a spec as Markdown: docs/spec.md
    #[arg(long, group = "what")]
    pub reference: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_has_an_example_that_is_understood() {
        for command in Arguments::command().get_subcommands() {
            if command.is_hide_set() {
                continue;
            }
            let help = command.get_after_help().unwrap_or_default().to_string();
            let lines = help
                .lines()
                .filter_map(|line| line.trim().strip_prefix("cargo xtask "));
            let lines: Vec<_> = lines.collect();
            assert!(!lines.is_empty(), "{}: {help}", command.get_name());
            for line in lines {
                let line = line.split(['>', '|']).next().unwrap_or_default();
                let words = ["xtask"].into_iter().chain(line.split_whitespace());
                if let Err(error) = Arguments::try_parse_from(words) {
                    panic!("{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
