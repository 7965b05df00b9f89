//! The command line of an export.

use std::path::PathBuf;

use clap::Parser;

use super::StageArguments;

/// Writes trained models as ONNX files, which onnxruntime and others run
#[derive(Clone, Debug, Parser)]
#[command(name = "export", bin_name = "cargo xtask export", version)]
pub struct ExportArguments {
    /// Which models and seeds
    #[command(flatten)]
    pub stage: StageArguments,
    /// Folder for the files, which are called `<model>-seed-<seed>.onnx`
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}
