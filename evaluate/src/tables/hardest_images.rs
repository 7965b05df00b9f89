//! Test images that most models get wrong.

use anyhow::Result;
use pipelines::class::{CLASS_COUNT, CLASS_NAMES};
use pipelines::tables::images::Split;
use pipelines::tables::metrics::HARDEST_IMAGES;
use polars::prelude::DataFrame;

use crate::run::SplitPredictions;
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

/// Most rows that the table has.
const MOST_IMAGES: usize = 100;

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(HARDEST_IMAGES);
    let runs: Vec<Vec<&SplitPredictions>> = study
        .models
        .iter()
        .map(|trained| {
            trained
                .runs
                .iter()
                .filter_map(|run| run.split(Split::Test))
                .collect()
        })
        .collect();
    let Some(first) = runs.first().and_then(|runs| runs.first()) else {
        return builder.finish();
    };
    let mut images: Vec<Difficulty> = (0..first.images())
        .map(|image| Difficulty::of(&runs, image))
        .filter(|difficulty| difficulty.wrong_share > 0.5)
        .collect();
    images.sort_by(|a, b| {
        b.wrong_share
            .total_cmp(&a.wrong_share)
            .then(a.true_probability.total_cmp(&b.true_probability))
            .then(a.image.cmp(&b.image))
    });
    let run_count: usize = runs.iter().map(Vec::len).sum();
    for (index, difficulty) in images.into_iter().take(MOST_IMAGES).enumerate() {
        let label = first.labels[difficulty.image];
        builder.push(row![
            index + 1,
            first.ids[difficulty.image],
            label,
            CLASS_NAMES[usize::from(label)],
            difficulty.wrong_share,
            difficulty.wrong_runs,
            run_count,
            difficulty.predicted,
            CLASS_NAMES[difficulty.predicted],
            difficulty.true_probability,
        ])?;
    }
    builder.finish()
}

/// How hard one image is.
struct Difficulty {
    image: usize,
    wrong_share: f64,
    wrong_runs: usize,
    predicted: usize,
    true_probability: f64,
}

impl Difficulty {
    /// Of the image at `image` in each of the models' runs. Each model weighs the same.
    fn of(models: &[Vec<&SplitPredictions>], image: usize) -> Self {
        let mut votes = [0_usize; CLASS_COUNT];
        let (mut wrong_runs, mut wrong_share, mut true_probability) = (0, 0.0, 0.0);
        for runs in models {
            let (mut wrong, mut probability) = (0, 0.0);
            for run in runs {
                votes[usize::from(run.predicted[image])] += 1;
                wrong += usize::from(!run.hits[image]);
                let class = image * CLASS_COUNT + usize::from(run.labels[image]);
                probability += f64::from(run.probabilities[class]);
            }
            wrong_runs += wrong;
            wrong_share += wrong as f64 / runs.len() as f64;
            true_probability += probability / runs.len() as f64;
        }
        let mut predicted = 0;
        for class in 1..CLASS_COUNT {
            if votes[class] > votes[predicted] {
                predicted = class;
            }
        }
        Self {
            image,
            wrong_share: wrong_share / models.len() as f64,
            wrong_runs,
            predicted,
            true_probability: true_probability / models.len() as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn models_weigh_the_same_however_many_runs_they_have() {
        // Image 3 is wrong in one model of two, image 5 in both, image 7 in two runs of four.
        let study = fixture::study(&[
            ("model-1", &[(0, &[3, 5, 7]), (1, &[3, 5]), (2, &[3, 5])]),
            ("model-2", &[(0, &[5, 7])]),
        ]);
        let found = fixture::rows(&mut table(&study).unwrap());
        assert_eq!(found.len(), 2);
        assert!(
            found[0].starts_with("1,1005,5,Sandal,1.0,4,4,6,Shirt,"),
            "{found:?}"
        );
        assert!(
            found[1].starts_with("2,1007,7,Sneaker,0.6666666666666666,2,4,"),
            "{found:?}"
        );
    }
}
