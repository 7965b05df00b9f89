//! The parts that all programs share: arguments, logging, interruption and exit codes.

mod command_line;
#[cfg(feature = "stage")]
pub mod drawing;
mod export_arguments;
mod interrupt;
mod log;
mod output;
mod predict_arguments;
#[cfg(feature = "stage")]
mod progress;
mod seed_range;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser};

pub use command_line::quoted;
pub use export_arguments::ExportArguments;
pub use interrupt::{Interrupted, PARENT_SAYS, interrupted, set_interrupt_notice};
pub use log::{FORCE_COLOURS, colours};
pub use output::{print_line, write_line};
pub use predict_arguments::{Inversion, PredictArguments, PredictionFormat};
#[cfg(feature = "stage")]
pub use progress::{bar, bar_after, line};
pub use seed_range::SeedRange;

use crate::files::layout::Layout;
use crate::files::machine;
use crate::files::plan::Selection;
use crate::spec::{Spec, SpecError};

/// Exit code of a program that was interrupted: 128 + SIGINT, as shells have it.
const EXIT_INTERRUPTED: u8 = 130;
/// Steps failed, and the log says which and why already.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Reported(pub String);

/// The folder that holds `data/` and `runs/` unless the command line names another.
const DEFAULT_ROOT: &str = ".";

/// The command line that every stage has.
#[derive(Args, Clone, Debug)]
pub struct StageArguments {
    /// Spec: a name under pipelines/specs or the path of a .toml file
    #[arg(long, default_value = "quick", value_name = "NAME|PATH")]
    pub spec: String,
    /// Folder that holds data/ and runs/
    #[arg(long, default_value_os_t = default_root(), value_name = "DIR")]
    pub root: PathBuf,
    /// Only these models, by name and separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = trimmed)]
    pub models: Vec<String>,
    /// These seeds instead of the spec's, separated by commas: numbers, and ranges such as 0..5,
    /// which is 0, 1, 2, 3, 4; `until-decided` adds seeds from 3 to 10 until every change of the
    /// study is decided
    #[arg(long, value_delimiter = ',', value_name = "SEEDS", value_parser = seed_range::parse_seeds)]
    pub seeds: Vec<SeedRange>,
    /// Threads; all cores when left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Make the files again even if they are fresh
    #[arg(long)]
    pub force: bool,
}

/// A name without the spaces around it.
///
/// # Errors
/// None; the command line asks for a function that can have one.
fn trimmed(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.trim().to_owned())
}

/// The workspace when `cargo xtask` is called in a folder inside it; the current folder otherwise.
pub fn default_root() -> PathBuf {
    let here = || std::env::current_dir().ok()?.canonicalize().ok();
    let workspace = || {
        let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
        if !package.ends_with("xtask") {
            return None;
        }
        let workspace = package.parent()?.canonicalize().ok()?;
        (here()? != workspace && here()?.starts_with(&workspace)).then_some(workspace)
    };
    workspace().unwrap_or_else(|| DEFAULT_ROOT.into())
}

impl StageArguments {
    /// Reads and checks the spec.
    ///
    /// # Errors
    /// As [`Spec::load`].
    pub fn load_spec(&self) -> Result<Spec, SpecError> {
        Spec::load(&self.spec)
    }

    /// Reads and checks the spec; what it leaves to the data comes from what `ingest` wrote, and what it
    /// leaves to its sweeps from what their candidates reached.
    ///
    /// # Errors
    /// As [`Spec::load`], [`Spec::with_ingested`] and [`Spec::with_winners`].
    pub fn load_ingested_spec(&self) -> Result<Spec> {
        let spec = self.load_spec()?;
        let spec = match spec.data.info() {
            Ok(_) => spec,
            Err(_) => spec.with_ingested(&self.layout())?,
        };
        spec.with_winners(&self.layout())
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
            until_decided: self.seeds.contains(&SeedRange::UntilDecided),
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
/// printing the chain of errors unless it is [`Reported`], 130 when it was interrupted.
pub fn main<P: Parser>(run: impl FnOnce(P) -> Result<()>) -> ExitCode {
    let arguments = P::parse();
    log::start();
    interrupt::listen();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => {
            let said_already = error
                .downcast_ref::<Interrupted>()
                .is_some_and(|interrupted| interrupted.resume.is_empty());
            if !said_already {
                tracing::warn!("{error}");
            }
            ExitCode::from(EXIT_INTERRUPTED)
        }
        Err(error) => {
            if !error.is::<Reported>() {
                tracing::error!("{error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
