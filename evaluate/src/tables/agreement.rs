//! How often models predict the same class.

use pipelines::tables::metrics::ModelAgreement;
use pipelines::tables::split::Split;

use crate::pairs::best_models;
use crate::run::SplitPredictions;
use crate::statistics::agreement::{Agreement, agreement, mean};
use crate::study::{Study, TrainedModel};

pub fn rows(study: &Study) -> Vec<ModelAgreement> {
    let mut rows = Vec::new();
    // Of many models, the seeds of each and the best among each other.
    let mut best = best_models(study);
    best.sort_unstable();
    for (index, a) in study.models.iter().enumerate() {
        let others = best
            .iter()
            .filter(|&&other| other > index && best.contains(&index));
        for &other in std::iter::once(&index).chain(others) {
            let b = &study.models[other];
            let pairs = run_pairs(a, b);
            let Some((first, _)) = pairs.first() else {
                continue;
            };
            let agreements: Vec<Agreement> = pairs
                .iter()
                .map(|(a, b)| agreement(&a.labels, &a.predicted, &b.predicted))
                .collect();
            let mean = mean(&agreements);
            rows.push(ModelAgreement {
                model_a: a.model.name.clone(),
                model_b: b.model.name.clone(),
                run_pairs: pairs.len() as u64,
                n: first.images() as u64,
                agreement: mean.agreement,
                kappa: mean.kappa,
                both_correct: mean.both_correct,
                only_a_correct: mean.only_a_correct,
                only_b_correct: mean.only_b_correct,
                both_wrong: mean.both_wrong,
                same_wrong_class: mean.same_wrong_class,
            });
        }
    }
    rows
}

/// Every run of a with every run of b; within one model every pair of runs, the lower seed first.
fn run_pairs<'a>(
    a: &'a TrainedModel,
    b: &'a TrainedModel,
) -> Vec<(&'a SplitPredictions, &'a SplitPredictions)> {
    let same = a.model.name == b.model.name;
    let test = |trained: &'a TrainedModel| {
        trained
            .runs
            .iter()
            .filter_map(|run| run.split(Split::Test))
            .collect::<Vec<_>>()
    };
    let (runs_a, runs_b) = (test(a), test(b));
    let mut pairs = Vec::new();
    for (index, run_a) in runs_a.iter().enumerate() {
        for run_b in &runs_b[if same { index + 1 } else { 0 }..] {
            pairs.push((*run_a, *run_b));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn seeds_of_one_model_are_compared_with_each_other_and_models_run_by_run() {
        let study = fixture::study(&[
            ("model-1", &[(0, &[1]), (1, &[1, 2]), (2, &[3])]),
            ("model-2", &[(0, &[1])]),
        ]);
        let found = fixture::lines(&rows(&study));
        assert_eq!(found.len(), 2, "model-2 has no two runs");
        assert!(found[0].starts_with("model-1,model-1,3,400,"), "{found:?}");
        assert!(found[1].starts_with("model-1,model-2,3,400,"), "{found:?}");
    }
}
