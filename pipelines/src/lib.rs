//! The contract between the stages: what an experiment is, where its files lie and when they are
//! still good.
//!
//! In comes a TOML spec ([`spec::Spec`]), out go the list of steps that it asks for
//! ([`files::plan::steps`]), the path of every file ([`files::layout::Layout`]) and the record of how
//! each was made ([`files::manifest::Manifest`]). The stages meet in files only, so every name and column that two
//! of them share is written here and nowhere else.
//!
//! Without features this crate knows neither Parquet nor progress bars and builds in seconds. The
//! feature `program` adds the command line and the log that all programs share
//! ([`stage_program`]), the feature `stage` what the five stages share on top: the Parquet files of
//! [`tables`] and [`files::step_run`].
//!
//! ```
//! use pipelines::spec::Spec;
//!
//! let spec = Spec::load("paper")?;
//! let model = spec.model("model-7")?;
//! assert_eq!(spec.architecture(model)?.parameters(), 993_930);
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod files;
pub mod graph;
pub mod random;
pub mod spec;
pub mod stage;
#[cfg(feature = "program")]
pub mod stage_program;
pub mod stratify;
pub mod tables;
