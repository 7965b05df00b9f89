//! Every two models of a study, compared on validation and test.

use anyhow::Result;
use pipelines::images::Split;
use pipelines::random::Streams;
use pipelines::tables::{ONE_RUN_EACH, OVER_SEEDS};
use rayon::prelude::*;

use crate::statistics::comparison::{Comparison, compare as compare_hits};
use crate::statistics::hits::Hits;
use crate::statistics::holm;
use crate::study::{Study, TrainedModel};

/// Splits on which models are compared: choices are made on the first, verdicts on the second.
pub const COMPARED_SPLITS: [Split; 2] = [Split::Validation, Split::Test];

/// Two models on the images of one split.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The split.
    pub split: Split,
    /// The model that comes first in the spec.
    pub a: &'a TrainedModel,
    /// The model that comes later.
    pub b: &'a TrainedModel,
    /// Compared runs of a.
    pub runs_a: usize,
    /// Compared runs of b.
    pub runs_b: usize,
    /// Number of images.
    pub images: usize,
    /// What came out, b − a.
    pub comparison: Comparison,
    /// Holm's p-value over all pairs of the split.
    pub p_value_corrected: f64,
}

impl Pair<'_> {
    /// [`ONE_RUN_EACH`] or [`OVER_SEEDS`].
    pub fn scope(&self) -> &'static str {
        match self.comparison.over_seeds {
            None => ONE_RUN_EACH,
            Some(_) => OVER_SEEDS,
        }
    }

    /// Whether the corrected p-value is significant at 1 − `confidence`.
    pub fn significant(&self, confidence: f64) -> bool {
        self.p_value_corrected < 1.0 - confidence
    }
}

/// Compares every two models on every compared split. The bootstrap of a pair is drawn from a
/// stream of its own, so it stays the same whatever else is selected.
///
/// # Errors
/// None for a study whose runs have the same images.
pub fn compare(study: &Study) -> Result<Vec<Pair<'_>>> {
    let mut pairs = Vec::new();
    for split in COMPARED_SPLITS {
        let mut of_split = couples(study)
            .par_iter()
            .map(|(a, b)| compare_couple(study, split, a, b))
            .collect::<Result<Vec<_>>>()?;
        let p_values: Vec<f64> = of_split
            .iter()
            .map(|pair| pair.comparison.p_value)
            .collect();
        for (pair, corrected) in of_split.iter_mut().zip(holm::correct(&p_values)) {
            pair.p_value_corrected = corrected;
        }
        pairs.extend(of_split);
    }
    Ok(pairs)
}

/// Every two models, in the spec's order.
pub fn couples(study: &Study) -> Vec<(&TrainedModel, &TrainedModel)> {
    study
        .models
        .iter()
        .enumerate()
        .flat_map(|(index, a)| study.models[index + 1..].iter().map(move |b| (a, b)))
        .collect()
}

fn compare_couple<'a>(
    study: &'a Study,
    split: Split,
    a: &'a TrainedModel,
    b: &'a TrainedModel,
) -> Result<Pair<'a>> {
    let (hits_a, hits_b) = compared_hits(a, b, split)?;
    let evaluation = &study.spec.evaluation;
    let purpose = format!(
        "bootstrap {} {} {}",
        split.name(),
        a.model.name,
        b.model.name
    );
    let mut generator = Streams::new(evaluation.bootstrap_seed, &purpose, 0).id(0);
    let comparison = compare_hits(
        &hits_a,
        &hits_b,
        evaluation.confidence,
        evaluation.bootstrap_resamples,
        &mut generator,
    )?;
    Ok(Pair {
        split,
        a,
        b,
        runs_a: hits_a.run_count(),
        runs_b: hits_b.run_count(),
        images: hits_a.image_count(),
        comparison,
        p_value_corrected: comparison.p_value,
    })
}

/// All runs of both when both have several. Otherwise nothing is known of the seeds of one of them,
/// and one run stands against one: of the lowest seed that both have, or of each one's lowest.
fn compared_hits<'a>(
    a: &'a TrainedModel,
    b: &'a TrainedModel,
    split: Split,
) -> Result<(Hits<'a>, Hits<'a>)> {
    if a.runs.len() > 1 && b.runs.len() > 1 {
        return Ok((a.hits(split)?, b.hits(split)?));
    }
    let shared = common_seeds(a, b).first().copied();
    let seed_of = |trained: &TrainedModel| shared.unwrap_or(trained.runs[0].seed);
    Ok((
        a.hits_of_seed(seed_of(a), split)?,
        b.hits_of_seed(seed_of(b), split)?,
    ))
}

/// Seeds from which both were trained, ascending.
pub fn common_seeds(a: &TrainedModel, b: &TrainedModel) -> Vec<u64> {
    a.runs
        .iter()
        .map(|run| run.seed)
        .filter(|seed| b.runs.iter().any(|run| run.seed == *seed))
        .collect()
}
