//! The candidates of sweeps by validation accuracy.

use std::cmp::Reverse;

use pipelines::spec::value_text;
use pipelines::tables::metrics::{CandidateScores, CandidateValue};

use crate::statistics::spread;
use crate::study::{StudiedSweep, Study};

/// One row for each candidate.
pub fn rows(study: &Study) -> Vec<CandidateScores> {
    study.sweeps.iter().flat_map(of_sweep).collect()
}

/// One row for each varied key of each candidate, in the order of the spec.
pub fn values(study: &Study) -> Vec<CandidateValue> {
    let mut rows = Vec::new();
    for StudiedSweep { sweep, .. } in &study.sweeps {
        for candidate in &sweep.candidates {
            for (parameter, value) in &candidate.values {
                rows.push(CandidateValue {
                    sweep: sweep.name.clone(),
                    model: candidate.model.name.clone(),
                    parameter: parameter.clone(),
                    value: value_text(value),
                    number: value.as_f64(),
                });
            }
        }
    }
    rows
}

fn of_sweep(studied: &StudiedSweep) -> Vec<CandidateScores> {
    let StudiedSweep {
        sweep,
        progress,
        standing,
    } = studied;
    let mut order: Vec<usize> = (0..sweep.candidates.len()).collect();
    let failure = |index: usize| progress[index].iter().find_map(|run| run.failure.clone());
    // A candidate that failed keeps the score of the halts before it in the standing alone.
    let judged = |index: usize| standing.scores[index].filter(|_| failure(index).is_none());
    order.sort_by(|&a, &b| {
        let key = |index: usize| Reverse((judged(index).is_some(), standing.required[index]));
        let score = |index: usize| judged(index).unwrap_or(f64::NEG_INFINITY);
        key(a).cmp(&key(b)).then(score(b).total_cmp(&score(a)))
    });
    let row = |(rank, index): (u64, usize)| {
        let candidate = &sweep.candidates[index];
        let (runs, epochs) = (&progress[index], standing.required[index]);
        let (judged, failure) = (judged(index), failure(index));
        let accuracies = runs.iter().filter_map(|run| {
            let last = (epochs as usize).checked_sub(1)?;
            run.validation_accuracies.get(last).copied()
        });
        let accuracies: Vec<f64> = accuracies.collect();
        CandidateScores {
            sweep: sweep.name.clone(),
            model: candidate.model.name.clone(),
            values: candidate.described(),
            rank: judged.map(|_| rank),
            chosen: standing.chosen == Some(index),
            runs: runs.len() as u64,
            epochs: epochs.into(),
            stopped: standing.chosen.is_some()
                && failure.is_none()
                && epochs < candidate.model.epochs,
            validation_accuracy: judged,
            validation_std: judged
                .and_then(|_| spread::variance(&accuracies))
                .map(f64::sqrt),
            failure,
        }
    };
    (1..).zip(order).map(row).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use pipelines::spec::{Progress, Spec};

    use super::*;
    use crate::fixture;

    #[test]
    fn those_that_trained_longer_come_first_and_failures_last() {
        let text = r#"
            extends = "smoke"
            description = ""
            [[sweep]]
            name = "rate"
            extends = "model-8"
            halving = { factor = 2, min_epochs = 1 }
            [sweep.parameters]
            epochs = [2]
            "optimizer.learning_rate" = [0.1, 0.2, 0.3, 0.4]
        "#;
        let sweep = Spec::from_text("x.toml", text).unwrap().sweeps[0].clone();
        let run = |accuracies: &[f64], failure: Option<&str>| {
            vec![Progress {
                validation_accuracies: accuracies.to_vec(),
                failure: failure.map(str::to_owned),
            }]
        };
        let progress = vec![
            run(&[0.9], Some("NaN")),
            run(&[0.5], None),
            run(&[0.6, 0.65], None),
            run(&[0.2], None),
        ];
        let mut study = fixture::study(&[("model-1", &[(0, &[])])]);
        study.sweeps = vec![StudiedSweep {
            standing: sweep.standing(&progress),
            sweep,
            progress,
        }];
        let found = rows(&study);
        let found: Vec<String> = found
            .iter()
            .map(|row| {
                format!(
                    "{} {:?} chosen {} after {} stopped {} {:?} {:?}\n",
                    row.values,
                    row.rank,
                    row.chosen,
                    row.epochs,
                    row.stopped,
                    row.validation_accuracy,
                    row.failure
                )
            })
            .collect();
        expect![[r#"
            epochs 2; optimizer.learning_rate 0.3 Some(1) chosen true after 2 stopped false Some(0.65) None
            epochs 2; optimizer.learning_rate 0.2 Some(2) chosen false after 1 stopped true Some(0.5) None
            epochs 2; optimizer.learning_rate 0.4 Some(3) chosen false after 1 stopped true Some(0.2) None
            epochs 2; optimizer.learning_rate 0.1 None chosen false after 2 stopped false None Some("NaN")
        "#]].assert_eq(&found.concat());
        assert_eq!(values(&study)[1].number, Some(0.1));
    }
}
