//! A trained network and what it takes images for.

use anyhow::Result;
use ingest::unlabelled::Group;
use pipelines::tables::images::Images;
use pipelines::tables::split::Split;
use rayon::prelude::*;
use train::predict::{logits, probabilities};
use train::trained_network::TrainedNetwork;

use crate::prediction::Prediction;

/// Images that a thread classifies at a time.
const ROWS: usize = 64;

/// Classifies groups of images.
pub struct Classifier {
    trained: TrainedNetwork,
}

impl Classifier {
    /// With the weights of `trained`.
    pub fn new(trained: TrainedNetwork) -> Self {
        Self { trained }
    }

    /// The probabilities of all classes for each image of `group`, of which those that are `inverted` are
    /// marked.
    ///
    /// # Errors
    /// Images of another shape than the network's.
    pub fn classify(&self, group: Group, inverted: &[bool]) -> Result<Vec<Prediction>> {
        let info = &self.trained.header.dataset_info;
        let count = group.names.len();
        let images = Images {
            info: info.clone(),
            ids: (0..count as u32).collect(),
            splits: vec![Split::Test; count],
            labels: vec![0; count],
            pixels: group.pixels.into(),
            extra: Vec::new(),
        };
        let rows: Vec<u32> = (0..count as u32).collect();
        let (network, normalization) = (&self.trained.network, &self.trained.normalization);
        let logits: Vec<Vec<f32>> = rows
            .par_chunks(ROWS)
            .map(|rows| logits(network, &images, rows, normalization))
            .collect::<Result<_>>()?;
        let probabilities = probabilities(info.class_count(), &logits.concat());
        let each = probabilities.chunks_exact(info.class_count());
        Ok(group
            .names
            .into_iter()
            .zip(each)
            .enumerate()
            .map(|(row, (name, probabilities))| Prediction {
                name,
                probabilities: probabilities.to_vec(),
                is_inverted: inverted[row],
                image: images.image(row).to_vec(),
            })
            .collect())
    }
}
