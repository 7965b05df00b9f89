//! Models by accuracy, and the champion.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use pipelines::tables::metrics::RankedModel;
use pipelines::tables::split::Split;

use crate::family::{Family, may_be_best_and_worst};
use crate::pairs::{Pair, best_models};
use crate::statistics::letters::letters;
use crate::study::{Study, TrainedModel};

/// The comparisons with the champion are a family of their own; ranks and letters are of all pairs.
///
/// # Errors
/// None for a valid study.
pub fn rows(study: &Study, pairs: &[Pair]) -> Result<Vec<RankedModel>> {
    let mut rows = Vec::new();
    let confidence = study.spec.evaluation.confidence;
    let by_test = ranked(study, Split::Test)?;
    // The test split chooses nothing: without validation rows there is no champion.
    let validates = study.has(Split::Validation);
    let listed = match validates {
        true => ranked(study, Split::Validation)?,
        false => by_test.clone(),
    };
    let champion = listed.first().filter(|_| validates);
    let with_champion = champion
        .map(|(champion, _)| Family::against(study, pairs, Split::Test, &champion.model.name))
        .transpose()?;
    let order = Order::new(study, &by_test, pairs)?;
    for (index, (trained, accuracy)) in listed.iter().enumerate() {
        let name = &trained.model.name;
        let test_rank = by_test
            .iter()
            .position(|(other, _)| other.model.name == *name)
            .with_context(|| format!("{name} has no test accuracy"))?;
        let member = with_champion.as_ref().and_then(|family| family.of(name));
        let (may_be_best, may_be_worst) =
            may_be_best_and_worst(pairs, Split::Test, confidence, name);
        let count = |ahead: &[bool]| ahead.iter().filter(|&&ahead| ahead).count() as u64;
        let better: Vec<bool> = order.ahead.iter().map(|row| row[test_rank]).collect();
        rows.push(RankedModel {
            model: name.clone(),
            runs: trained.runs.len() as u64,
            validation_rank: validates.then_some(index as u64 + 1),
            validation_accuracy: validates.then_some(*accuracy),
            test_rank: test_rank as u64 + 1,
            test_accuracy: by_test[test_rank].1,
            champion: validates && index == 0,
            difference_to_champion: member.map(|member| member.difference),
            simultaneous_low: member.map(|member| member.simultaneous.low),
            simultaneous_high: member.map(|member| member.simultaneous.high),
            p_value: member.map(|member| member.pair.comparison.p_value),
            p_value_corrected: member.map(|member| member.p_value_corrected),
            distinguishable: member.map(|member| member.significant),
            scope: member.map(|member| member.pair.scope().to_owned()),
            may_be_best,
            may_be_worst,
            rank_low: 1 + count(&better),
            rank_high: by_test.len() as u64 - count(&order.ahead[test_rank]),
            letters: order.letters[test_rank].clone(),
        });
    }
    Ok(rows)
}

/// What the comparisons of all pairs say of the order of the models.
struct Order {
    /// Whether the model of the row is significantly more accurate on test than that of the column, in
    /// the order of test accuracy.
    ahead: Vec<Vec<bool>>,
    /// The compact letter display, in the same order.
    letters: Vec<String>,
}

impl Order {
    fn new(study: &Study, by_test: &[(&TrainedModel, f64)], pairs: &[Pair]) -> Result<Self> {
        let confidence = study.spec.evaluation.confidence;
        let family = Family::of_pairs(pairs, Split::Test, confidence)?;
        let position = |trained: &TrainedModel| {
            by_test
                .iter()
                .position(|(other, _)| other.model.name == trained.model.name)
        };
        let mut ahead = vec![vec![false; by_test.len()]; by_test.len()];
        for member in family.members.iter().filter(|member| member.significant) {
            if let (Some(model), Some(against)) = (position(member.model), position(member.against))
            {
                if member.difference > 0.0 {
                    ahead[model][against] = true;
                } else {
                    ahead[against][model] = true;
                }
            }
        }
        // Letters tell apart models of which every two are compared; the others have none.
        let best: BTreeSet<&str> = best_models(study)
            .into_iter()
            .map(|place| study.models[place].model.name.as_str())
            .collect();
        let lettered: Vec<usize> = (0..by_test.len())
            .filter(|&place| best.contains(by_test[place].0.model.name.as_str()))
            .collect();
        let differ = |a: usize, b: usize| {
            let (a, b) = (lettered[a], lettered[b]);
            ahead[a][b] || ahead[b][a]
        };
        let mut all = vec![String::new(); by_test.len()];
        for (place, found) in lettered.iter().zip(letters(lettered.len(), differ)) {
            all[*place] = found;
        }
        Ok(Self {
            ahead,
            letters: all,
        })
    }
}

/// Models with their mean accuracy on `split`, best first; ties in the spec's order.
fn ranked(study: &Study, split: Split) -> Result<Vec<(&TrainedModel, f64)>> {
    let mut ranked = study
        .models
        .iter()
        .map(|trained| Ok((trained, trained.correct(split)?.accuracy())))
        .collect::<Result<Vec<_>>>()?;
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(ranked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};
    use crate::pairs;

    #[test]
    fn the_champion_is_the_best_on_validation_whatever_the_test_split_says() {
        let (few, many) = (images(0, 20), images(0, 40));
        let mut study = fixture::study(&[("model-1", &[(0, &many)]), ("model-2", &[(0, &few)])]);
        for (trained, wrong) in study.models.iter_mut().zip([&few, &many]) {
            trained.runs[0].splits[1] = fixture::predictions(Split::Test, wrong, 10);
        }
        let pairs = pairs::compare(&study).unwrap();
        let found = fixture::lines(&rows(&study, &pairs).unwrap());
        assert!(
            found[0].starts_with("model-2,1,1,0.95,2,0.9,true,,,,,,,,"),
            "{found:?}"
        );
        assert!(
            found[1].starts_with("model-1,1,2,0.9,1,0.95,false,0.05,"),
            "{found:?}"
        );
    }

    #[test]
    fn ranks_and_letters_tell_which_orders_agree_with_the_data() {
        let (few, more, most) = (images(0, 20), images(0, 24), images(0, 120));
        let study = fixture::study(&[
            ("model-1", &[(0, &most)]),
            ("model-2", &[(0, &few)]),
            ("model-3", &[(0, &more)]),
        ]);
        let pairs = pairs::compare(&study).unwrap();
        let rows = rows(&study, &pairs).unwrap();
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                let ranks = (row.rank_low, row.rank_high);
                (
                    &*row.model,
                    ranks,
                    &*row.letters,
                    row.may_be_best,
                    row.may_be_worst,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("model-2", (1, 2), "a", true, false),
                ("model-3", (1, 2), "a", true, false),
                ("model-1", (3, 3), "b", false, true),
            ]
        );
    }
}
