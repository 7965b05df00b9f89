//! A network that was trained, from its files.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use pipelines::files::layout::WEIGHTS_FILE;
use pipelines::files::manifest::Manifest;
use pipelines::files::output;
use pipelines::files::step::Step;
use pipelines::files::step_state::{StepStates, TrainedRun};
use pipelines::files::weights_header::WeightsHeader;
use pipelines::spec::{Model, Spec};
use pipelines::stage_program::StageArguments;
use safetensors::SafeTensors;

use crate::network::Network;
use crate::normalization::Normalization;
use crate::weights;

/// One model, trained from one seed.
#[derive(Debug)]
pub struct TrainedNetwork {
    /// The model.
    pub model: Model,
    /// What its file of weights says of it.
    pub header: WeightsHeader,
    /// With the weights after the last epoch.
    pub network: Network,
    /// What is done with pixels before they enter the network.
    pub normalization: Normalization,
    /// The file of weights.
    pub path: PathBuf,
    /// The record of the training.
    pub manifest: Manifest,
}

impl TrainedNetwork {
    /// Reads what `model` became from `seed`, if that is what the spec asks for now.
    ///
    /// # Errors
    /// A model that the spec does not have; one that is not trained, whose training is out of date or has
    /// failed, with the command to run; a damaged file.
    pub fn load(arguments: &StageArguments, spec: &Spec, model: &str, seed: u64) -> Result<Self> {
        let model = spec.model(model)?;
        let step = Step::Train {
            model: model.name.clone(),
            seed,
        };
        let (layout, selection) = (arguments.layout(), arguments.selection());
        let state = StepStates::new(&layout, spec, &selection).of(&step)?;
        let manifest = match state.trained_run()? {
            TrainedRun::Complete(manifest) => manifest.clone(),
            TrainedRun::Failed(reason) => bail!(
                "{}: expected a trained model, found a training that failed: {reason}",
                state.folder.display()
            ),
            TrainedRun::Missing(reason) => bail!(
                "{}: expected a trained model, found none that is up to date: {reason}; run `{}` first",
                state.folder.display(),
                arguments.remedy(&step)
            ),
        };
        let path = state.folder.join(WEIGHTS_FILE);
        let bytes = output::read(&state.folder, WEIGHTS_FILE)?;
        let (_, metadata) = SafeTensors::read_metadata(&bytes)
            .with_context(|| format!("{}: expected a safetensors file", path.display()))?;
        let header = WeightsHeader::of(metadata.metadata().as_ref())
            .with_context(|| path.display().to_string())?;
        let mut network = Network::new(model, &header.dataset_info, seed)?;
        weights::decode(&path, &bytes, &mut network)?;
        Ok(Self {
            model: model.clone(),
            normalization: header.channels().into(),
            header,
            network,
            path,
            manifest,
        })
    }
}
