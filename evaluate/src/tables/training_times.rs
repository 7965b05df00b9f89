//! How long the runs took.

use anyhow::Result;
use pipelines::tables::metrics::TrainingTime;

use crate::frames::{indices, medians, numbers, sums, timings};
use crate::study::Study;

pub fn rows(study: &Study) -> Result<Vec<TrainingTime>> {
    let timings = timings(study)?;
    let sums = sums(&timings, &["run"], &["duration_s"])?;
    let medians = medians(&timings, &["run"], &["duration_s", "images_per_s"])?;
    let durations_s = numbers(&sums, "duration_s_sum")?;
    let median_epochs_s = numbers(&medians, "duration_s_median")?;
    let images_per_s = numbers(&medians, "images_per_s_median")?;
    let runs: Vec<_> = study.runs().collect();
    // A run without timed epochs has no group.
    let groups = indices(&sums, "run")?.into_iter().enumerate();
    let rows = groups.map(|(group, position)| {
        let (model, run) = runs[position as usize];
        TrainingTime {
            model: model.to_owned(),
            seed: run.seed,
            epochs: run.timing.epochs.len() as u64,
            duration_s: durations_s[group],
            median_epoch_s: median_epochs_s[group],
            images_per_s: images_per_s[group],
            step_duration_s: run.timing.step_duration_s,
            threads: run.timing.threads as u64,
            processor: run.timing.processor.clone(),
            instruction_set: run.timing.instruction_set.clone(),
        }
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use pipelines::tables::history::EpochTiming;

    use super::*;
    use crate::fixture;

    #[test]
    fn durations_add_up_and_speeds_are_medians_of_epochs() {
        let mut study = fixture::study(&[("model-1", &[(0, &[]), (3, &[])])]);
        let timing = |epoch, duration_s, images_per_s| EpochTiming {
            epoch,
            duration_s,
            images_per_s,
        };
        study.models[0].runs[1].timing.epochs = vec![
            timing(1, 8.0, 100.0),
            timing(2, 2.0, 500.0),
            timing(3, 3.0, 400.0),
        ];
        study.models[0].runs[1].timing.instruction_set = Some("avx2".to_owned());
        assert_eq!(
            fixture::lines(&rows(&study).unwrap()),
            [
                "model-1,0,1,2.0,2.0,800.0,3.0,2,none,",
                "model-1,3,3,13.0,3.0,400.0,3.0,2,none,avx2",
            ]
        );
    }
}
