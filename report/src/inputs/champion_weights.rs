//! The weights of the champion.

use std::path::PathBuf;

use anyhow::Result;
use pipelines::files::layout::{Layout, WEIGHTS_FILE};
use pipelines::files::output;
use pipelines::spec::Spec;

use super::ShownRun;

/// The file of weights of one run.
#[derive(Clone, Debug)]
pub struct ChampionWeights {
    /// The model.
    pub model: String,
    /// The file.
    pub path: PathBuf,
    /// Its contents.
    pub bytes: Vec<u8>,
}

impl ChampionWeights {
    /// Those of `run`.
    ///
    /// # Errors
    /// Names the file that is missing or damaged.
    pub fn read(layout: &Layout, spec: &Spec, run: &ShownRun) -> Result<Self> {
        let folder = layout.trained(&spec.name, &run.model, run.seed);
        Ok(Self {
            model: run.model.clone(),
            bytes: output::read(&folder, WEIGHTS_FILE)?,
            path: folder.join(WEIGHTS_FILE),
        })
    }
}
