//! Models by accuracy, and the champion.

use anyhow::{Context, Result};
use pipelines::tables::metrics::RankedModel;
use pipelines::tables::split::Split;

use crate::pairs::Pair;
use crate::study::{Study, TrainedModel};

pub fn rows(study: &Study, pairs: &[Pair]) -> Result<Vec<RankedModel>> {
    let mut rows = Vec::new();
    let confidence = study.spec.evaluation.confidence;
    let by_validation = ranked(study, Split::Validation)?;
    let by_test = ranked(study, Split::Test)?;
    let Some((champion, _)) = by_validation.first() else {
        return Ok(rows);
    };
    for (index, (trained, validation_accuracy)) in by_validation.iter().enumerate() {
        let name = &trained.model.name;
        let test_rank = by_test
            .iter()
            .position(|(other, _)| other.model.name == *name)
            .with_context(|| format!("{name} has no test accuracy"))?;
        let pair = pairs
            .iter()
            .find_map(|pair| compared_with_champion(pair, champion, trained));
        rows.push(RankedModel {
            model: name.clone(),
            runs: trained.runs.len() as u64,
            validation_rank: index as u64 + 1,
            validation_accuracy: *validation_accuracy,
            test_rank: test_rank as u64 + 1,
            test_accuracy: by_test[test_rank].1,
            champion: index == 0,
            difference_to_champion: pair.map(|(_, difference)| difference),
            p_value_corrected: pair.map(|(pair, _)| pair.p_value_corrected),
            distinguishable: pair.map(|(pair, _)| pair.significant(confidence)),
            scope: pair.map(|(pair, _)| pair.scope().to_owned()),
        });
    }
    Ok(rows)
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

/// `pair` with the difference `model` − `champion`, if it compares these two on test.
fn compared_with_champion<'a>(
    pair: &'a Pair<'a>,
    champion: &TrainedModel,
    model: &TrainedModel,
) -> Option<(&'a Pair<'a>, f64)> {
    let names = (pair.a.model.name.as_str(), pair.b.model.name.as_str());
    let (champion, model) = (champion.model.name.as_str(), model.model.name.as_str());
    if pair.split != Split::Test {
        None
    } else if names == (champion, model) {
        Some((pair, pair.comparison.difference))
    } else if names == (model, champion) {
        Some((pair, -pair.comparison.difference))
    } else {
        None
    }
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
        assert_eq!(found[0], "model-2,1,1,0.95,2,0.9,true,,,,");
        assert!(
            found[1].starts_with("model-1,1,2,0.9,1,0.95,false,0.05,"),
            "{found:?}"
        );
    }
}
