//! Every two models of a study, compared on validation and test.

use anyhow::Result;
use pipelines::random::Streams;
use pipelines::tables::images::Split;
use pipelines::tables::metrics::{ONE_RUN_EACH, OVER_SEEDS};
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};

    #[test]
    fn one_run_stands_against_one_of_the_same_seed() {
        let (a, b, c) = (images(0, 40), images(10, 60), images(100, 20));
        let study = fixture::study(&[
            ("model-1", &[(1, &a), (2, &b), (3, &c)]),
            ("model-2", &[(2, &c)]),
        ]);
        let pair = compare(&study).unwrap()[0];
        assert_eq!(
            (pair.runs_a, pair.runs_b, pair.scope()),
            (1, 1, ONE_RUN_EACH)
        );
        assert_eq!(pair.comparison.accuracy_a, 0.85, "seed 2");
        assert_eq!(pair.comparison.only_b_correct, 60.0);
    }

    #[test]
    fn all_runs_count_when_both_models_have_several() {
        let (a, b, c) = (images(0, 40), images(10, 60), images(100, 20));
        let study = fixture::study(&[
            ("model-1", &[(1, &a), (2, &b), (3, &c)]),
            ("model-2", &[(2, &c), (7, &b)]),
        ]);
        let pair = compare(&study).unwrap()[0];
        assert_eq!((pair.runs_a, pair.runs_b, pair.scope()), (3, 2, OVER_SEEDS));
    }

    #[test]
    fn a_pair_stays_the_same_whatever_else_is_selected_but_for_the_correction() {
        let (a, b, c) = (images(0, 40), images(10, 60), images(100, 20));
        let two = fixture::study(&[("model-1", &[(0, &a)]), ("model-3", &[(0, &b)])]);
        let three = fixture::study(&[
            ("model-1", &[(0, &a)]),
            ("model-2", &[(0, &c)]),
            ("model-3", &[(0, &b)]),
        ]);
        let (few, many) = (compare(&two).unwrap(), compare(&three).unwrap());
        assert_eq!((few.len(), many.len()), (2, 6));
        let same = |pair: &&Pair| pair.a.model.name == "model-1" && pair.b.model.name == "model-3";
        let found: Vec<_> = many.iter().filter(same).collect();
        assert_eq!(found[0].comparison, few[0].comparison);
        assert!(found[0].p_value_corrected > few[0].p_value_corrected);
    }
}
