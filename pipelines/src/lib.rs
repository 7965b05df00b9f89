//! The contract between the stages: what an experiment is, where its files lie and when they are
//! still good.
//!
//! In comes a TOML spec ([`spec::Spec`]), out go the list of steps that it asks for
//! ([`plan::steps`]), the path of every file ([`layout::Layout`]) and the record of how each was
//! made ([`manifest::Manifest`]). The stages meet in files only, so every name and column that two
//! of them share is written here and nowhere else.
//!
//! Without features this crate knows neither Parquet nor progress bars and builds in seconds. The
//! feature `program` adds the command line and the log that all programs share
//! ([`stage_program`]), the feature `stage` what the five stages share on top: [`images`],
//! [`predictions`], [`history`], [`parquet_file`] and [`step_run`].
//!
//! ```
//! use pipelines::spec::Spec;
//!
//! let spec = Spec::load("paper")?;
//! let model = spec.model("model-7")?;
//! assert_eq!(model.architecture()?.parameters(), 993_930);
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod artifact;
pub mod atomic_file;
pub mod class;
pub mod fingerprint;
pub mod layout;
pub mod lock;
pub mod machine;
pub mod manifest;
pub mod plan;
pub mod published;
pub mod random;
pub mod sha256;
pub mod spec;
pub mod stage;
pub mod step_folder;
pub mod tables;
pub mod trained_run;

#[cfg(feature = "stage")]
pub mod footer;
#[cfg(feature = "stage")]
mod guarded;
#[cfg(feature = "stage")]
pub mod history;
#[cfg(feature = "stage")]
pub mod image_column;
#[cfg(feature = "stage")]
pub mod images;
#[cfg(feature = "stage")]
pub mod overview;
#[cfg(feature = "stage")]
pub mod page_header;
#[cfg(feature = "stage")]
pub mod parquet_file;
#[cfg(feature = "stage")]
pub mod parquet_limits;
#[cfg(feature = "stage")]
pub mod predictions;
#[cfg(feature = "program")]
pub mod stage_program;
#[cfg(feature = "stage")]
pub mod step_run;
#[cfg(feature = "stage")]
mod thrift;
