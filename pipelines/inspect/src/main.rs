//! Shows what is in a file: schema, rows and statistics of any Parquet file, tensors of any
//! safetensors file, and images drawn in the terminal.

mod cell;
mod gallery;
mod parquet_summary;
mod plain;
mod statistics;
mod tensors;

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use pipelines::stage_program;
use pipelines::stage_program::drawing::Style;
use pipelines::tables::parquet_file::ParquetFile;

use crate::gallery::Choice;

/// Largest file that is read.
const MAX_BYTES: u64 = 4 << 30;

/// Command line of the `inspect` binary.
#[derive(Debug, Parser)]
#[command(
    name = "inspect",
    bin_name = "cargo xtask inspect",
    version,
    about = "Shows what is in a Parquet or safetensors file"
)]
struct Arguments {
    /// Parquet or safetensors file
    file: PathBuf,
    /// Rows to print
    #[arg(long, default_value_t = 5, value_name = "N")]
    head: usize,
    /// Draw the image of this row, counted from 0; may be given several times
    #[arg(long, value_name = "ROW")]
    row: Vec<usize>,
    /// Draw images of the class with this label, counted from 0
    #[arg(long, value_name = "LABEL")]
    label: Option<u16>,
    /// Draw images whose predicted class is wrong
    #[arg(long, requires = "predictions")]
    wrong: bool,
    /// The predictions.parquet of a run, for --wrong and for captions
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
    /// Draw no more than this many images
    #[arg(long, default_value_t = 6, value_name = "N")]
    count: usize,
    /// Images side by side
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    across: u8,
}

fn main() -> ExitCode {
    stage_program::main(|arguments: Arguments| run(&arguments))
}

fn run(arguments: &Arguments) -> Result<()> {
    let text = text(arguments)?;
    match io::stdout().write_all(text.as_bytes()) {
        // The reader, such as `head`, has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("cannot print"),
    }
}

fn text(arguments: &Arguments) -> Result<String> {
    let path = &arguments.file;
    let bytes = read(path)?;
    if path
        .extension()
        .is_some_and(|extension| extension == "safetensors")
    {
        return tensors::describe(path, &bytes);
    }
    let choice = Choice {
        rows: arguments.row.clone(),
        label: arguments.label,
        wrong: arguments.wrong,
        max_count: arguments.count,
    };
    if choice.is_empty() {
        let size_bytes = bytes.len();
        let file = ParquetFile::open(path, bytes)?;
        return parquet_summary::describe(path, size_bytes, &file, arguments.head);
    }
    let style = if io::stdout().is_terminal() {
        Style::HalfBlocks
    } else {
        Style::Characters
    };
    let predictions = match &arguments.predictions {
        Some(path) => Some((path.as_path(), read(path)?)),
        None => None,
    };
    gallery::draw(
        path,
        bytes,
        predictions,
        &choice,
        usize::from(arguments.across),
        style,
    )
}

fn read(path: &std::path::Path) -> Result<Vec<u8>> {
    let context = || format!("cannot read {}", path.display());
    let size_bytes = fs::metadata(path).with_context(context)?.len();
    if size_bytes > MAX_BYTES {
        bail!(
            "{}: size: expected at most {MAX_BYTES} bytes, found {size_bytes}",
            path.display()
        );
    }
    fs::read(path).with_context(context)
}
