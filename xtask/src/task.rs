//! What a run has to do, in order.

use std::collections::HashMap;

use pipelines::files::plan::{self, Selection};
use pipelines::files::step::Step;
use pipelines::spec::{Spec, SpecError, Sweep};

/// One step with what must come before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What to run.
    pub step: Step,
    /// For which models and seeds.
    pub selection: Selection,
    /// Tasks, by their index in the list, that must have succeeded.
    pub needs: Vec<usize>,
    /// Tasks that must have ended, well or not.
    pub after: Vec<usize>,
    /// Whether a later task of the list makes the same files for more seeds: it is worth its time
    /// only while those seeds are still to be trained.
    pub early: bool,
    /// Whether an earlier task of the list has the same step: a candidate of a sweep that goes on after a halt
    /// if it was not stopped there.
    pub again: bool,
}

/// The tasks of a whole run. After all models of a seed come the tables and the report of the
/// seeds so far, so that the first complete report is there as soon as it can be.
///
/// # Errors
/// A selected model that the spec does not have.
pub fn tasks(spec: &Spec, selection: &Selection) -> Result<Vec<Task>, SpecError> {
    let seeds = selection.seeds(spec);
    let mut tasks: Vec<Task> = Vec::new();
    // Of several tasks with the same step the last one made what is on disk.
    let mut latest: HashMap<Step, usize> = HashMap::new();
    for last in 0..seeds.len() {
        let so_far = Selection {
            models: selection.models.clone(),
            seeds: seeds[..=last].to_vec(),
            until_decided: selection.until_decided,
        };
        let all_seeds = last + 1 == seeds.len();
        let so_far = if all_seeds { selection.clone() } else { so_far };
        let report_before = tasks.len().checked_sub(1);
        for step in plan::steps(spec, &so_far)? {
            let repeated = matches!(step, Step::Evaluate | Step::Report);
            // Between looks nobody looks.
            if repeated && !all_seeds && selection.until_decided {
                continue;
            }
            if !repeated && latest.contains_key(&step) {
                continue;
            }
            if let Step::Train { model, .. } = &step
                && let Some(sweep) = spec.sweep(model)
            {
                push_halts(&mut tasks, &mut latest, sweep);
            }
            // Tables and report leave out the trainings that failed.
            let index = |producer: &Step| latest.get(producer).copied();
            let (trainings, others): (Vec<_>, Vec<_>) = plan::producers(spec, &so_far, &step)?
                .into_iter()
                .partition(|producer| matches!(producer, Step::Train { .. }));
            let needs = others.iter().filter_map(index).collect();
            let after = trainings.iter().filter_map(index);
            let after = after.chain(report_before.filter(|_| repeated));
            let after: Vec<usize> = after.collect();
            latest.insert(step.clone(), tasks.len());
            tasks.push(Task {
                after,
                early: repeated && !all_seeds,
                again: false,
                selection: so_far.clone(),
                step,
                needs,
            });
        }
    }
    Ok(tasks)
}

/// Lets the candidates of `sweep` go on after each of their halts, once.
fn push_halts(tasks: &mut Vec<Task>, latest: &mut HashMap<Step, usize>, sweep: &Sweep) {
    let trainings = sweep.trainings();
    let mut before: Vec<usize> = trainings
        .iter()
        .filter_map(|step| latest.get(step).copied())
        .collect();
    if before.iter().any(|&index| tasks[index].again) {
        return;
    }
    for _ in 1..sweep.rungs().len() {
        let first = tasks.len();
        for &index in &before {
            latest.insert(tasks[index].step.clone(), tasks.len());
            tasks.push(Task {
                after: before.clone(),
                again: true,
                ..tasks[index].clone()
            });
        }
        before = (first..tasks.len()).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::{Expect, expect};

    use super::*;

    fn check(models: &[&str], seeds: &[u64], expected: &Expect) {
        let spec = Spec::load("smoke").unwrap();
        let selection = Selection {
            models: models.iter().map(ToString::to_string).collect(),
            seeds: seeds.to_vec(),
            ..Selection::default()
        };
        let mut text = String::new();
        for (number, task) in tasks(&spec, &selection).unwrap().iter().enumerate() {
            let early = if task.early { ", early" } else { "" };
            writeln!(
                text,
                "{number} {} of seeds {:?} needs {:?} after {:?}{early}",
                task.step, task.selection.seeds, task.needs, task.after
            )
            .unwrap();
        }
        expected.assert_eq(&text);
    }

    #[test]
    fn one_seed_runs_straight_through() {
        check(
            &["model-1", "model-8"],
            &[0],
            &expect![[r#"
                0 ingest of seeds [0] needs [] after []
                1 train model-1 seed 0 of seeds [0] needs [0] after []
                2 train model-8 seed 0 of seeds [0] needs [0] after []
                3 evaluate of seeds [0] needs [0] after [1, 2]
                4 report of seeds [0] needs [0, 3] after [1, 2]
            "#]],
        );
    }

    #[test]
    fn each_seed_ends_in_a_report_of_the_seeds_so_far() {
        check(
            &["model-5"],
            &[3, 4],
            &expect![[r#"
                0 ingest of seeds [3] needs [] after []
                1 augment affine of seeds [3] needs [0] after []
                2 train model-5 seed 3 of seeds [3] needs [0, 1] after []
                3 evaluate of seeds [3] needs [0] after [2], early
                4 report of seeds [3] needs [0, 1, 3] after [2], early
                5 train model-5 seed 4 of seeds [3, 4] needs [0, 1] after []
                6 evaluate of seeds [3, 4] needs [0] after [2, 5, 4]
                7 report of seeds [3, 4] needs [0, 1, 6] after [2, 5, 4]
            "#]],
        );
    }

    #[test]
    fn candidates_go_on_after_each_halt_and_the_winner_comes_after_them() {
        let text = r#"
            extends = "smoke"
            description = ""
            [[sweep]]
            name = "rate"
            extends = "model-8"
            halving = { factor = 2, min_epochs = 1 }
            [sweep.parameters]
            epochs = [2]
            batch_size = [32, 64]
        "#;
        let spec = Spec::from_text("sweep.toml", text).unwrap();
        let selection = Selection {
            models: vec!["model-8".into(), "rate".into()],
            ..Selection::default()
        };
        let mut text = String::new();
        for (number, task) in tasks(&spec, &selection).unwrap().iter().enumerate() {
            let again = if task.again { ", again" } else { "" };
            let step = task.step.to_string();
            writeln!(
                text,
                "{number} {step} needs {:?} after {:?}{again}",
                task.needs, task.after
            )
            .unwrap();
        }
        expect![[r#"
            0 ingest needs [] after []
            1 train model-8 seed 0 needs [0] after []
            2 train rate-99e1b32a seed 0 needs [0] after []
            3 train rate-c8df33f0 seed 0 needs [0] after []
            4 train rate-99e1b32a seed 0 needs [0] after [2, 3], again
            5 train rate-c8df33f0 seed 0 needs [0] after [2, 3], again
            6 train rate seed 0 needs [0] after [4, 5]
            7 evaluate needs [0] after [1, 4, 5, 6]
            8 report needs [0, 7] after [1, 4, 5, 6]
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn seeds_until_decided_have_no_reports_between_two_looks() {
        let spec = Spec::load("smoke").unwrap();
        let selection = Selection {
            models: vec!["model-1".into()],
            seeds: vec![0, 1, 2],
            until_decided: true,
        };
        let tasks = tasks(&spec, &selection).unwrap();
        let steps: Vec<String> = tasks.iter().map(|task| task.step.to_string()).collect();
        assert_eq!(steps[4..], ["evaluate", "report"], "{steps:?}");
        assert!(tasks.iter().all(|task| !task.early));
    }
}
