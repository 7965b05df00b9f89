//! The files of a project: where they lie, how they are written whole, who may write them, and
//! whether they are still what the spec asks for.
//!
//! From the bottom up: [`atomic_file`] writes a file or nothing, [`lock`] keeps a folder to one
//! writer, [`layout`] has every path, [`plan`] expands a spec into [`step`]s, [`fingerprint`] is what
//! a step's bytes depend on and [`manifest`] the record beside them. [`step_state`] brings these
//! together: what a step reads, what it would write, and why it has to run. `step_run` is the life
//! of a step from its lock to its manifest.

pub mod artifact;
pub mod atomic_file;
pub mod bundled_subset;
pub mod checkpoint_header;
pub mod fingerprint;
pub mod follow_ups;
pub mod layout;
pub mod lock;
pub mod machine;
pub mod manifest;
pub mod output;
pub mod plan;
pub mod sha256;
pub mod source_listing;
pub mod spec_folder;
pub mod step;
pub mod step_folder;
#[cfg(feature = "stage")]
pub mod step_run;
pub mod step_state;
pub mod weights_header;
pub mod workspace;
