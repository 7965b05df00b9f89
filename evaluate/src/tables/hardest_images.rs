//! Test images that most models misclassify.

use pipelines::tables::metrics::HardImage;
use pipelines::tables::split::Split;

use crate::run::SplitPredictions;
use crate::study::Study;

/// Largest number of rows of the table.
const MAX_IMAGES: usize = 100;

pub fn rows(study: &Study) -> Vec<HardImage> {
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
        return Vec::new();
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
    let run_count = runs.iter().map(Vec::len).sum::<usize>() as u64;
    let name = |label| study.info.class_name(label).to_owned();
    let ranked = images.into_iter().take(MAX_IMAGES).zip(1..);
    let rows = ranked.map(|(difficulty, rank)| {
        let label = first.labels[difficulty.image];
        let predicted = most_predicted(&runs, difficulty.image, study.info.class_count());
        HardImage {
            rank,
            id: first.ids[difficulty.image].into(),
            label: label.into(),
            class: name(label),
            wrong_share: difficulty.wrong_share,
            wrong_runs: difficulty.wrong_runs,
            runs: run_count,
            predicted: predicted.into(),
            predicted_class: name(predicted),
            true_probability: difficulty.true_probability,
        }
    });
    rows.collect()
}

/// How hard one image is.
struct Difficulty {
    image: usize,
    wrong_share: f64,
    wrong_runs: u64,
    true_probability: f64,
}

impl Difficulty {
    /// Of the image at `image` in each of the models' runs. Each model has the same weight.
    fn of(models: &[Vec<&SplitPredictions>], image: usize) -> Self {
        let (mut wrong_runs, mut wrong_share, mut true_probability) = (0, 0.0, 0.0);
        for runs in models {
            let (mut wrong, mut probability) = (0, 0.0);
            for run in runs {
                wrong += u64::from(!run.correct[image]);
                probability += f64::from(run.true_probabilities[image]);
            }
            wrong_runs += wrong;
            wrong_share += wrong as f64 / runs.len() as f64;
            true_probability += probability / runs.len() as f64;
        }
        Self {
            image,
            wrong_share: wrong_share / models.len() as f64,
            wrong_runs,
            true_probability: true_probability / models.len() as f64,
        }
    }
}

/// The class that most runs predict for the image at `image`; ties go to the lowest label.
fn most_predicted(models: &[Vec<&SplitPredictions>], image: usize, class_count: usize) -> u16 {
    let mut votes = vec![0_u64; class_count];
    for run in models.iter().flatten() {
        votes[usize::from(run.predicted[image])] += 1;
    }
    let mut best = 0;
    for (class, &count) in votes.iter().enumerate() {
        if count > votes[best] {
            best = class;
        }
    }
    best as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn each_model_has_the_same_weight_whatever_its_number_of_runs() {
        // Image 3 is wrong in one model of two, image 5 in both, image 7 in two runs of four.
        let study = fixture::study(&[
            ("model-1", &[(0, &[3, 5, 7]), (1, &[3, 5]), (2, &[3, 5])]),
            ("model-2", &[(0, &[5, 7])]),
        ]);
        let found = fixture::lines(&rows(&study));
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
