//! The command line of predictions.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::{StageArguments, default_root};

/// Classifies pictures with a trained model
#[derive(Clone, Debug, Parser)]
#[command(name = "predict", bin_name = "cargo xtask predict", version)]
pub struct PredictArguments {
    /// Spec: a name under pipelines/specs or the path of a .toml file
    #[arg(long, default_value = "quick", value_name = "NAME|PATH")]
    pub spec: String,
    /// The trained model
    #[arg(long, value_name = "NAME")]
    pub model: String,
    /// The seed that it was trained from; the spec's first when left out
    #[arg(long, value_name = "SEED")]
    pub seed: Option<u64>,
    /// What to print
    #[arg(long, value_enum, default_value_t = PredictionFormat::Text, value_name = "FORMAT")]
    pub format: PredictionFormat,
    /// Whether pictures become negatives: `auto` does it where the background is light and that of the
    /// training images dark, or the other way round; without a word `always`
    #[arg(long, value_enum, default_value_t = Inversion::Auto, default_missing_value = "always", num_args = 0..=1, require_equals = true, value_name = "WHEN")]
    pub invert: Inversion,
    /// Folder that holds data/ and runs/
    #[arg(long, default_value_os_t = default_root(), value_name = "DIR")]
    pub root: PathBuf,
    /// Threads; all cores when left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Pictures (PNG, JPEG, WebP, BMP, TIFF), IDX or Parquet files, or folders of pictures; `-` is standard
    /// input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// What to print of each picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PredictionFormat {
    /// The picture and its three most probable classes
    Text,
    /// One JSON object a line, with the probability of every class
    Json,
    /// One line, with the probability of every class, under a line of names
    Csv,
}

/// Whether pictures become negatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Inversion {
    /// Where the background differs from that of the training images
    Auto,
    /// All of them
    Always,
    /// None
    Never,
}

impl PredictArguments {
    /// What the training of the model was called with.
    pub fn stage(&self) -> StageArguments {
        StageArguments {
            spec: self.spec.clone(),
            root: self.root.clone(),
            models: vec![self.model.clone()],
            seeds: self.seed.into_iter().map(Into::into).collect(),
            threads: self.threads,
            force: false,
        }
    }
}
