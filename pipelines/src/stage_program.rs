//! The parts that all programs share: arguments, logging, interruption and exit codes.

mod command_line;
mod interrupt;
mod log;
mod output;
#[cfg(feature = "stage")]
mod progress;
mod seed_range;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Parser};

pub use command_line::quoted;
pub use interrupt::{Interrupted, interrupted};
pub use output::print_line;
#[cfg(feature = "stage")]
pub use progress::{bar, line};
pub use seed_range::SeedRange;

use crate::files::layout::Layout;
use crate::files::machine;
use crate::files::plan::Selection;
use crate::spec::{Spec, SpecError};

/// Exit code of a program that was interrupted: 128 + SIGINT, as shells have it.
const EXIT_INTERRUPTED: u8 = 130;
/// The folder that holds `data/` and `runs/` unless the command line names another.
const DEFAULT_ROOT: &str = ".";

/// The command line that every stage has.
#[derive(Args, Clone, Debug)]
pub struct StageArguments {
    /// Spec: a name under pipelines/specs or the path of a .toml file
    #[arg(long, default_value = "quick", value_name = "NAME|PATH")]
    pub spec: String,
    /// Folder that holds data/ and runs/
    #[arg(long, default_value = DEFAULT_ROOT, value_name = "DIR")]
    pub root: PathBuf,
    /// Only these models, by name and separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub models: Vec<String>,
    /// These seeds instead of the spec's: numbers and ranges such as 0..5, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "SEEDS", value_parser = seed_range::parse_seeds)]
    pub seeds: Vec<SeedRange>,
    /// Threads; all cores when left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Make the files again even if they are fresh
    #[arg(long)]
    pub force: bool,
}

impl StageArguments {
    /// Reads and checks the spec.
    ///
    /// # Errors
    /// As [`Spec::load`].
    pub fn load_spec(&self) -> Result<Spec, SpecError> {
        Spec::load(&self.spec)
    }

    /// Reads and checks the spec; what it leaves to the data comes from what `ingest` wrote.
    ///
    /// # Errors
    /// As [`Spec::load`] and [`Spec::with_ingested`]; a spec without validation images, which training
    /// and the choice between models need.
    pub fn load_ingested_spec(&self) -> Result<Spec> {
        let spec = self.load_spec()?;
        if spec.data.validation_split == 0.0 {
            bail!(
                "{}: data: validation_split: expected above 0, as models are chosen by their validation \
                 accuracy, found 0",
                spec.path.display()
            );
        }
        if spec.data.info().is_ok() {
            return Ok(spec);
        }
        spec.with_ingested(&self.layout())
    }

    /// Where the files lie.
    pub fn layout(&self) -> Layout {
        Layout::new(&self.root)
    }

    /// Which models and seeds.
    pub fn selection(&self) -> Selection {
        Selection {
            models: self.models.clone(),
            seeds: seed_range::expand_seeds(&self.seeds),
        }
    }

    /// Number of threads to use.
    pub fn thread_count(&self) -> usize {
        self.threads.map_or_else(machine::cores, usize::from)
    }
}

/// [`main`] of a stage: the program's manifests name the `commit` that it was built from, which is
/// `commit::commit!()`.
pub fn stage_main<P: Parser>(commit: &'static str, run: impl FnOnce(P) -> Result<()>) -> ExitCode {
    machine::set_commit(commit);
    main(run)
}

/// Parses the command line, runs the stage and turns its outcome into an exit code: 0, 1 after
/// printing the chain of errors, 130 when it was interrupted.
pub fn main<P: Parser>(run: impl FnOnce(P) -> Result<()>) -> ExitCode {
    let arguments = P::parse();
    log::start();
    interrupt::listen();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => {
            tracing::warn!("{error}");
            ExitCode::from(EXIT_INTERRUPTED)
        }
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
