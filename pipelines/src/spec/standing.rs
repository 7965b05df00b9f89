//! How far each candidate of a sweep has to train, and which of them is the best.

use serde::Serialize;

use super::Sweep;

/// What is known of one candidate trained from one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Validation accuracy after each epoch so far.
    pub validation_accuracies: Vec<f64>,
    /// Why it came to an end without a result.
    pub failure: Option<String>,
}

/// What the trainings of a sweep's candidates say so far. It follows from them alone, so whoever looks at
/// the same files finds the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Of each candidate the epochs that it has to train for, as far as is known.
    pub required: Vec<u32>,
    /// Of each candidate the mean validation accuracy over its seeds at its last halt, which is the end for
    /// those that were not stopped; `None` before, and when a run failed.
    pub scores: Vec<Option<f64>>,
    /// Place of the best candidate; `None` until all have ended, and when all failed.
    pub chosen: Option<usize>,
    /// Why none is chosen, in words; empty otherwise.
    pub missing: String,
}

impl Sweep {
    /// The standing of the candidates, where `progress` tells of each the runs of all seeds.
    pub fn standing(&self, progress: &[Vec<Progress>]) -> Standing {
        let count = self.candidates.len();
        let mut standing = Standing {
            required: vec![0; count],
            scores: vec![None; count],
            chosen: None,
            missing: String::new(),
        };
        let mut alive: Vec<usize> = (0..count).collect();
        let rungs = self.rungs();
        for (number, &rung) in rungs.iter().enumerate() {
            let reach = |index: usize| rung.min(self.candidates[index].model.epochs);
            for &index in &alive {
                standing.required[index] = reach(index);
            }
            let has_reached = |run: &Progress, index: usize| {
                run.validation_accuracies.len() >= reach(index) as usize
            };
            let waits = |index: &&usize| {
                let mut runs = progress[**index].iter();
                runs.any(|run| run.failure.is_none() && !has_reached(run, **index))
            };
            let waiting = alive.iter().filter(waits).count();
            if waiting > 0 {
                standing.missing = format!(
                    "{waiting} of {} candidates of `{}` have not trained for {rung} epochs yet",
                    alive.len(),
                    self.name
                );
                return standing;
            }
            // Who failed has no score from there on, and did not stand in the way before.
            alive.retain(|&index| progress[index].iter().all(|run| has_reached(run, index)));
            for &index in &alive {
                let at = reach(index) as usize - 1;
                let sum: f64 = progress[index]
                    .iter()
                    .map(|run| run.validation_accuracies[at])
                    .sum();
                standing.scores[index] = Some(sum / progress[index].len() as f64);
            }
            // Stable, so that the first of equals is the better one.
            let score = |index: usize| standing.scores[index].unwrap_or(f64::NEG_INFINITY);
            alive.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
            if number + 1 < rungs.len() {
                alive.truncate(self.promoted(alive.len()));
                alive.sort_unstable();
            }
        }
        standing.chosen = alive.first().copied();
        if standing.chosen.is_none() {
            standing.missing = format!("every candidate of `{}` failed", self.name);
        }
        standing
    }
}

#[cfg(test)]
mod tests {
    use super::super::Spec;
    use super::*;

    /// Nine candidates of up to nine epochs, of which a third goes on after one and after three.
    fn sweep() -> Sweep {
        let text = r#"
            extends = "smoke"
            description = ""
            [[sweep]]
            name = "rate"
            extends = "model-8"
            seeds = [0, 1]
            halving = { factor = 3, min_epochs = 1 }
            [sweep.parameters]
            epochs = [9]
            batch_size = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        "#;
        let spec = Spec::from_text("sweep.toml", text).unwrap();
        spec.sweeps[0].clone()
    }

    /// Each candidate is the better the later it stands; it has trained as far as it has to.
    fn trained(epochs: &[u32]) -> Vec<Vec<Progress>> {
        let accuracies = |index: usize, epochs: u32| vec![index as f64 / 10.0; epochs as usize];
        let run = |(index, &epochs): (usize, &u32)| Progress {
            validation_accuracies: accuracies(index, epochs),
            failure: None,
        };
        epochs
            .iter()
            .enumerate()
            .map(|of| vec![run(of), run(of)])
            .collect()
    }

    #[test]
    fn a_third_goes_on_at_each_halt_and_the_best_is_chosen_at_the_end() {
        let sweep = sweep();
        assert_eq!(sweep.rungs(), [1, 3, 9]);
        assert_eq!(sweep.rung_sizes(), [9, 3, 1]);
        let mut epochs = vec![0; 9];
        for expected in [
            [1, 1, 1, 1, 1, 1, 1, 1, 1],
            [1, 1, 1, 1, 1, 1, 3, 3, 3],
            [1, 1, 1, 1, 1, 1, 3, 3, 9],
        ] {
            let standing = sweep.standing(&trained(&epochs));
            assert_eq!(standing.required, expected);
            assert_eq!(standing.chosen, None);
            epochs = standing.required;
        }
        let standing = sweep.standing(&trained(&epochs));
        assert_eq!(standing.chosen, Some(8));
        assert_eq!(standing.scores[2], Some(0.2));
    }

    #[test]
    fn one_run_that_lags_behind_holds_up_the_halt() {
        let sweep = sweep();
        let mut runs = trained(&[1; 9]);
        runs[4][1].validation_accuracies.clear();
        let standing = sweep.standing(&runs);
        assert_eq!(standing.required, [1; 9]);
        assert_eq!(
            standing.missing,
            "1 of 9 candidates of `rate` have not trained for 1 epochs yet"
        );
    }

    #[test]
    fn a_candidate_that_fails_drops_out_where_it_failed() {
        let sweep = sweep();
        let mut runs = trained(&[1, 1, 1, 1, 1, 1, 3, 3, 2]);
        runs[8][0].failure = Some("NaN".into());
        runs[8][1].failure = Some("NaN".into());
        let standing = sweep.standing(&runs);
        assert_eq!(standing.required, [1, 1, 1, 1, 1, 1, 3, 9, 3]);
        let all = vec![
            vec![Progress {
                validation_accuracies: vec![],
                failure: Some("NaN".into())
            }];
            9
        ];
        let standing = sweep.standing(&all);
        assert_eq!(
            (standing.chosen, &*standing.missing),
            (None, "every candidate of `rate` failed")
        );
    }
}
