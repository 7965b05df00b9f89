//! Every pair of models of a study, compared on validation and test.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use pipelines::random::Streams;
use pipelines::tables::metrics::{MOST_COMPARED_WITH_ALL, ONE_RUN_EACH, OVER_SEEDS};
use pipelines::tables::split::Split;
use rayon::prelude::*;

use crate::run::{Run, SplitPredictions};
use crate::statistics::comparison::{Comparison, compare as compare_correct, sampling_interval};
use crate::statistics::correct_matrix::CorrectMatrix;
use crate::statistics::interval::Interval;
use crate::study::{Study, TrainedModel};

/// Splits on which models are compared: choices are made on the first, verdicts on the second.
const COMPARED_SPLITS: [Split; 2] = [Split::Validation, Split::Test];

/// Two models on the images of one split.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The split.
    pub split: Split,
    /// The model that comes first in the spec.
    pub a: &'a TrainedModel,
    /// The model that comes later.
    pub b: &'a TrainedModel,
    /// The seed of the compared run of a; `None` when all runs are compared.
    pub seed_a: Option<u64>,
    /// The same of b.
    pub seed_b: Option<u64>,
    /// Number of images.
    pub images: usize,
    /// The comparison, b − a.
    pub comparison: Comparison,
    /// The paired bootstrap's interval over images, runs held fixed.
    pub sampling: Interval,
    /// The interval to quote: `sampling` for one run each, over images and seeds for more.
    pub interval: Interval,
    /// Whether the compared runs were made with different instruction sets; a set that was not
    /// recorded differs from every recorded one.
    pub mixed_instruction_sets: bool,
}

impl<'a> Pair<'a> {
    /// [`ONE_RUN_EACH`] or [`OVER_SEEDS`].
    pub fn scope(&self) -> &'static str {
        match self.comparison.over_seeds {
            None => ONE_RUN_EACH,
            Some(_) => OVER_SEEDS,
        }
    }

    /// The compared runs of a.
    pub fn compared_a(&self) -> Vec<&'a Run> {
        runs(self.a, self.seed_a).collect()
    }

    /// The compared runs of b.
    pub fn compared_b(&self) -> Vec<&'a Run> {
        runs(self.b, self.seed_b).collect()
    }
}

/// The splits of `study` that models are compared on. Some studies have no validation rows.
pub fn compared_splits(study: &Study) -> impl Iterator<Item = Split> {
    COMPARED_SPLITS
        .into_iter()
        .filter(|split| study.has(*split))
}

/// Compares every pair of models on every compared split. Each pair draws its bootstrap from its own
/// random stream, so the result does not depend on which other models are selected.
///
/// # Errors
/// None for a study whose runs have the same images.
pub fn compare(study: &Study) -> Result<Vec<Pair<'_>>> {
    let mut pairs = Vec::new();
    for split in compared_splits(study) {
        pairs.extend(
            model_pairs(study)
                .par_iter()
                .map(|(a, b)| compare_pair(study, split, a, b))
                .collect::<Result<Vec<_>>>()?,
        );
    }
    Ok(pairs)
}

/// The pairs of models that are compared, in the spec's order: every two up to [`MOST_COMPARED_WITH_ALL`]
/// models. Of more models, every two of the best so many, each model with its base, and each
/// with the champion, so that the number of pairs grows with that of the models and not with its square.
pub fn model_pairs(study: &Study) -> Vec<(&TrainedModel, &TrainedModel)> {
    let count = study.models.len();
    let every_two = |places: &[usize]| -> BTreeSet<(usize, usize)> {
        let pairs = places.iter().enumerate();
        pairs
            .flat_map(|(index, &a)| places[index + 1..].iter().map(move |&b| (a, b)))
            .collect()
    };
    let mut best = best_models(study);
    let champion = best.first().copied();
    best.sort_unstable();
    let mut pairs = every_two(&best);
    if best.len() < count {
        let place: HashMap<&str, usize> = study
            .models
            .iter()
            .map(|of| of.model.name.as_str())
            .zip(0..)
            .collect();
        for (index, trained) in study.models.iter().enumerate() {
            let base = trained.model.base();
            let base = base.and_then(|name| place.get(name).copied());
            let others = base
                .into_iter()
                .chain(champion)
                .filter(|&other| other != index);
            pairs.extend(others.map(|other| (index.min(other), index.max(other))));
        }
    }
    pairs
        .into_iter()
        .map(|(a, b)| (&study.models[a], &study.models[b]))
        .collect()
}

/// Places of the models that are compared with each other, best first: by validation accuracy, or by test
/// accuracy where nothing validates; ties in the spec's order.
pub fn best_models(study: &Study) -> Vec<usize> {
    let split = match study.has(Split::Validation) {
        true => Split::Validation,
        false => Split::Test,
    };
    let accuracy = |trained: &TrainedModel| {
        let runs = trained.runs.iter().filter_map(|run| run.split(split));
        let accuracies: Vec<f64> = runs.map(SplitPredictions::accuracy).collect();
        accuracies.iter().sum::<f64>() / accuracies.len().max(1) as f64
    };
    let accuracies: Vec<f64> = study.models.iter().map(accuracy).collect();
    let mut places: Vec<usize> = (0..study.models.len()).collect();
    places.sort_by(|&a, &b| accuracies[b].total_cmp(&accuracies[a]));
    places.truncate(MOST_COMPARED_WITH_ALL);
    places
}

fn compare_pair<'a>(
    study: &'a Study,
    split: Split,
    a: &'a TrainedModel,
    b: &'a TrainedModel,
) -> Result<Pair<'a>> {
    let (seed_a, seed_b) = compared_seeds(a, b);
    let (correct_a, correct_b) = (correct(a, seed_a, split)?, correct(b, seed_b, split)?);
    let evaluation = &study.spec.evaluation;
    let purpose = format!(
        "bootstrap {} {} {}",
        split.name(),
        a.model.name,
        b.model.name
    );
    let mut generator = Streams::new(evaluation.bootstrap_seed, &purpose, 0).id(0);
    let comparison = compare_correct(&correct_a, &correct_b)?;
    let confidence = evaluation.confidence;
    let resamples = evaluation.bootstrap_resamples;
    let sampling = sampling_interval(
        &correct_a,
        &correct_b,
        confidence,
        resamples,
        &mut generator,
    )?;
    Ok(Pair {
        split,
        a,
        b,
        seed_a,
        seed_b,
        images: correct_a.image_count(),
        comparison,
        sampling,
        interval: match comparison.over_seeds {
            None => sampling,
            Some(_) => comparison.interval_at(confidence)?,
        },
        mixed_instruction_sets: mixed_instruction_sets(runs(a, seed_a).chain(runs(b, seed_b))),
    })
}

/// The seeds to compare; `None` means all runs. When one model has a single run, the spread over its
/// seeds is unknown, and one run of each is compared: of the lowest seed that both have, or else of
/// the lowest seed of each.
fn compared_seeds(a: &TrainedModel, b: &TrainedModel) -> (Option<u64>, Option<u64>) {
    if a.runs.len() > 1 && b.runs.len() > 1 {
        return (None, None);
    }
    let shared = common_seeds(a, b).first().copied();
    let seed = |trained: &TrainedModel| shared.or(trained.runs.first().map(|run| run.seed));
    (seed(a), seed(b))
}

fn correct(trained: &TrainedModel, seed: Option<u64>, split: Split) -> Result<CorrectMatrix<'_>> {
    match seed {
        None => trained.correct(split),
        Some(seed) => trained.correct_of_seeds(&[seed], split),
    }
}

fn runs(trained: &TrainedModel, seed: Option<u64>) -> impl Iterator<Item = &Run> {
    let runs = trained.runs.iter();
    runs.filter(move |run| seed.is_none_or(|seed| run.seed == seed))
}

fn mixed_instruction_sets<'a>(mut runs: impl Iterator<Item = &'a Run>) -> bool {
    let Some(first) = runs.next() else {
        return false;
    };
    runs.any(|run| run.timing.instruction_set != first.timing.instruction_set)
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
    fn one_run_is_compared_with_one_of_the_same_seed() {
        let (a, b, c) = (images(0, 40), images(10, 60), images(100, 20));
        let study = fixture::study(&[
            ("model-1", &[(1, &a), (2, &b), (3, &c)]),
            ("model-2", &[(2, &c)]),
        ]);
        let pair = compare(&study).unwrap()[0];
        let runs = (pair.compared_a().len(), pair.compared_b().len());
        assert_eq!((runs, pair.scope()), ((1, 1), ONE_RUN_EACH));
        assert_eq!(pair.comparison.accuracy_a, 0.85, "seed 2");
        assert_eq!(pair.comparison.only_b_correct, 60.0);
    }

    #[test]
    fn different_instruction_sets_count_only_among_the_compared_runs() {
        let wrong = images(0, 40);
        let mut study = fixture::study(&[
            ("model-1", &[(1, &wrong), (2, &wrong)]),
            ("model-2", &[(1, &wrong)]),
        ]);
        let mixed = |study: &Study| compare(study).unwrap()[0].mixed_instruction_sets;
        assert!(!mixed(&study));
        let set_of = |study: &mut Study, model: usize, run: usize, set: Option<&str>| {
            let timing = &mut study.models[model].runs[run].timing;
            timing.instruction_set = set.map(str::to_owned);
        };
        set_of(&mut study, 0, 1, Some("avx512"));
        assert!(!mixed(&study), "seed 2 of model-1 is not compared");
        set_of(&mut study, 0, 0, Some("avx2"));
        set_of(&mut study, 1, 0, Some("avx2"));
        assert!(!mixed(&study));
        set_of(&mut study, 1, 0, Some("avx512"));
        assert!(mixed(&study));
        set_of(&mut study, 1, 0, None);
        assert!(mixed(&study), "a set that was not recorded may be another");
    }

    #[test]
    fn the_number_of_pairs_grows_with_that_of_many_models_and_not_with_its_square() {
        let wrong = images(0, 40);
        let study = |count: usize| {
            let mut study = fixture::study(&[("model-1", &[(0, &wrong)])]);
            let first = study.models[0].clone();
            study.models = (0..count)
                .map(|number| {
                    let mut trained = first.clone();
                    trained.model.name = format!("m{number}");
                    trained.model.extends = (number > 0).then(|| "m1".to_owned());
                    trained
                })
                .collect();
            study
        };
        assert_eq!(model_pairs(&study(20)).len(), 190);
        // Every two of twenty, and the others with the first, which is the champion, and the second.
        assert_eq!(model_pairs(&study(60)).len(), 190 + 2 * 40);
        assert_eq!(model_pairs(&study(100)).len(), 190 + 2 * 80);
    }

    #[test]
    fn all_runs_count_when_both_models_have_several() {
        let (a, b, c) = (images(0, 40), images(10, 60), images(100, 20));
        let study = fixture::study(&[
            ("model-1", &[(1, &a), (2, &b), (3, &c)]),
            ("model-2", &[(2, &c), (7, &b)]),
        ]);
        let pair = compare(&study).unwrap()[0];
        let runs = (pair.compared_a().len(), pair.compared_b().len());
        assert_eq!((runs, pair.scope()), ((3, 2), OVER_SEEDS));
    }

    #[test]
    fn other_selected_models_do_not_change_the_comparison_of_a_pair() {
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
        assert_eq!(found[0].sampling, few[0].sampling);
    }
}
