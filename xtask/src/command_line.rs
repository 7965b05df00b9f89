//! What `cargo xtask` accepts.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use pipelines::stage_program::StageArguments;

use crate::cargo_checks;

/// Command line of `cargo xtask`.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    about = "Runs the study: skips steps that are fresh and continues those that were interrupted"
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
    New {
        /// The spec to write, such as leaves.toml
        spec: PathBuf,
        /// Where the images lie
        #[arg(long, value_name = "PATH")]
        data: PathBuf,
    },
    /// All stages in order, from the data to the report
    RunAll(RunArguments),
    /// Obtain the images and turn them into Parquet
    Ingest(RunArguments),
    /// Make the warped shards of all policies
    Augment(RunArguments),
    /// Train the models
    Train(RunArguments),
    /// Turn predictions and histories into tables of metrics
    Evaluate(RunArguments),
    /// Write the report
    Report {
        #[command(flatten)]
        arguments: RunArguments,
        /// Show the report in the browser
        #[arg(long)]
        open: bool,
    },
    /// Show which steps would run and why, and which are fresh
    Plan(RunArguments),
    /// Show what is in a Parquet or safetensors file: `cargo xtask inspect --help` has the options
    #[command(disable_help_flag = true)]
    Inspect {
        /// The file, and what to show of it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0.., value_name = "FILE")]
        arguments: Vec<OsString>,
    },
    /// Compare every file under data/ and runs/ with the hash in its manifest
    Verify {
        /// Folder that holds data/ and runs/
        #[arg(long, default_value = ".", value_name = "DIR")]
        root: PathBuf,
    },
    /// Remove what the stages made
    Clean(CleanArguments),
    /// Run all tests, sharing what `run-all` compiled
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
    Bench {
        /// Only this benchmark; both when left out
        #[arg(long, value_name = "NAME", value_parser = cargo_checks::BENCHMARKS)]
        bench: Option<String>,
        /// Only the kernels whose line holds one of these words, or only the models of these names
        #[arg(value_name = "WORD")]
        words: Vec<String>,
    },
    /// Check formatting, lints, documentation and tests, as every change must pass
    Ci,
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
    /// Do not build the stages, use the last build
    #[arg(long)]
    pub no_build: bool,
}

/// What to remove.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("what").required(true)))]
pub struct CleanArguments {
    /// Everything made for this spec: runs/NAME
    #[arg(long, value_name = "NAME", group = "what")]
    pub spec: Option<String>,
    /// Everything made: runs/ and data/ingested/; downloaded files stay
    #[arg(long, group = "what")]
    pub all: bool,
    /// Folder that holds data/ and runs/
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub root: PathBuf,
}
