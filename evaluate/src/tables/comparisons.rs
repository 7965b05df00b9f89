//! Every pair of models on the same images, over all their runs and seed by seed.

use anyhow::Result;
use pipelines::tables::metrics::{BANERJEE, MCNEMAR, ModelComparison, SeedComparison};

use crate::family::Family;
use crate::pairs::{Pair, common_seeds, compared_splits, model_pairs};
use crate::statistics::comparison::disagreements;
use crate::statistics::mcnemar;
use crate::study::Study;

/// All pairs of a split are one family: an exploration.
pub fn rows(study: &Study, pairs: &[Pair]) -> Result<Vec<ModelComparison>> {
    let mut rows = Vec::new();
    for split in compared_splits(study) {
        let family = Family::of_pairs(pairs, split, study.spec.evaluation.confidence)?;
        for (pair, corrected) in family.members.iter().map(|member| (member.pair, member)) {
            let comparison = &pair.comparison;
            let seeds = comparison.over_seeds;
            rows.push(ModelComparison {
                split: pair.split.name().to_owned(),
                model_a: pair.a.model.name.clone(),
                model_b: pair.b.model.name.clone(),
                scope: pair.scope().to_owned(),
                runs_a: pair.compared_a().len() as u64,
                runs_b: pair.compared_b().len() as u64,
                n: pair.images as u64,
                accuracy_a: comparison.accuracy_a,
                accuracy_b: comparison.accuracy_b,
                difference: comparison.difference,
                only_a_correct: comparison.only_a_correct,
                only_b_correct: comparison.only_b_correct,
                sampling_low: pair.sampling.low,
                sampling_high: pair.sampling.high,
                sampling_std_error: comparison.sampling_std_error,
                seed_std_error: seeds.map(|seeds| seeds.seed_std_error()),
                std_error: comparison.std_error(),
                low: pair.interval.low,
                high: pair.interval.high,
                simultaneous_low: corrected.simultaneous.low,
                simultaneous_high: corrected.simultaneous.high,
                test: match seeds {
                    Some(_) => BANERJEE.to_owned(),
                    None => MCNEMAR.to_owned(),
                },
                p_value: comparison.p_value,
                p_value_corrected: corrected.p_value_corrected,
                significant: corrected.significant,
                mixed_instruction_sets: pair.mixed_instruction_sets,
            });
        }
    }
    Ok(rows)
}

/// The comparisons seed by seed.
pub fn by_seed(study: &Study) -> Result<Vec<SeedComparison>> {
    let mut rows = Vec::new();
    for split in compared_splits(study) {
        for (a, b) in model_pairs(study) {
            for seed in common_seeds(a, b) {
                let correct_a = a.correct_of_seeds(&[seed], split)?;
                let correct_b = b.correct_of_seeds(&[seed], split)?;
                let (only_a, only_b) = disagreements(correct_a.runs()[0], correct_b.runs()[0]);
                rows.push(SeedComparison {
                    split: split.name().to_owned(),
                    model_a: a.model.name.clone(),
                    model_b: b.model.name.clone(),
                    seed,
                    n: correct_a.image_count() as u64,
                    difference: correct_b.accuracy() - correct_a.accuracy(),
                    only_a_correct: only_a,
                    only_b_correct: only_b,
                    p_value: mcnemar::p_value(only_a, only_b)?,
                });
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};
    use crate::pairs::compare;
    use pipelines::tables::split::Split;

    #[test]
    fn models_without_validation_rows_are_compared_on_the_test_split_alone() {
        let (few, many) = (images(0, 20), images(0, 40));
        let mut study = fixture::study(&[("model-1", &[(1, &few)]), ("model-2", &[(1, &many)])]);
        for model in &mut study.models {
            for run in &mut model.runs {
                run.splits.retain(|split| split.split == Split::Test);
            }
        }
        let pairs = compare(&study).unwrap();
        let compared = rows(&study, &pairs).unwrap();
        let by_seed = by_seed(&study).unwrap();
        let splits = compared.iter().map(|row| &row.split);
        let splits: Vec<&String> = splits.chain(by_seed.iter().map(|row| &row.split)).collect();
        assert_eq!(splits, ["test", "test"]);
    }
}
