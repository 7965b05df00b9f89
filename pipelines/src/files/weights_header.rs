//! What a file of weights says of the network in it.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::manifest::ChannelStatistics;
use crate::spec::dataset_info::DatasetInfo;

/// Key of the metadata of `weights.safetensors`: a [`WeightsHeader`] as JSON.
pub const SPEC: &str = "spec";

/// What was trained, on which images, and what was done with their pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightsHeader {
    /// The model as the spec has it.
    pub model: Value,
    /// The seed of the run.
    pub seed: u64,
    /// What pixels were divided by; either this or the next is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixel_divisor: Option<f64>,
    /// What pixels were standardised by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalization: Option<ChannelStatistics>,
    /// Shape of the images and names of the classes.
    pub dataset_info: DatasetInfo,
}

impl WeightsHeader {
    /// Reads the metadata of a file of weights.
    ///
    /// # Errors
    /// Metadata without [`SPEC`], or with other contents.
    pub fn of(metadata: Option<&std::collections::HashMap<String, String>>) -> Result<Self> {
        let text = metadata
            .and_then(|metadata| metadata.get(SPEC))
            .with_context(|| format!("expected metadata `{SPEC}`, found none"))?;
        serde_json::from_str(text).with_context(|| format!("metadata `{SPEC}` is damaged"))
    }

    /// What is taken away from the pixels of each channel, and what they are divided by, in levels of 0
    /// to 255.
    pub fn channels(&self) -> ChannelStatistics {
        match &self.normalization {
            Some(channels) => channels.clone(),
            None => {
                let channels = self.dataset_info.shape.channels;
                ChannelStatistics::divisor(self.pixel_divisor.unwrap_or(1.0), channels)
            }
        }
    }
}
