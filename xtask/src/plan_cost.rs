//! What the trainings of a plan would cost, from those that were measured.

use std::time::Duration;

use anyhow::Result;
use pipelines::files::manifest::Outcome;
use pipelines::files::plan::{Selection, steps};
use pipelines::files::step::Step;
use pipelines::files::step_state::StepStates;
use pipelines::spec::{Model, Spec};

use crate::memory;

/// Seconds of one thread for a multiply-add of training, as a measured training took.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    /// Of one thread.
    seconds_per_mac: f64,
    /// Of each run, whatever its length.
    constant_s: f64,
}

impl Speed {
    /// The mean over the trainings of `selection` that came to an end; `None` while there is none, or while the
    /// shape of the images is not known.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn measured(
        states: &mut StepStates,
        spec: &Spec,
        selection: &Selection,
    ) -> Result<Option<Self>> {
        let (mut seconds, mut macs, mut constant_s, mut runs) = (0.0, 0.0, 0.0, 0.0);
        for step in steps(spec, selection)? {
            let Step::Train { model, .. } = &step else {
                continue;
            };
            let state = states.of(&step)?;
            let complete = state
                .manifest
                .as_ref()
                .filter(|of| of.outcome == Outcome::Complete);
            if let Some(manifest) = complete
                && let Some(epochs_s) = manifest.epochs_duration_s
                && let Some(macs_of_epoch) = macs_of_epoch(spec, spec.model(model)?)
            {
                seconds += epochs_s * manifest.made_by.threads as f64;
                macs += macs_of_epoch * f64::from(spec.model(model)?.epochs);
                constant_s += (manifest.duration_s - epochs_s).max(0.0);
                runs += 1.0;
            }
        }
        Ok((macs > 0.0).then(|| Self {
            seconds_per_mac: seconds / macs,
            constant_s: constant_s / runs,
        }))
    }

    /// Seconds of `threads` threads for `epochs` of `model`.
    fn seconds(self, spec: &Spec, model: &Model, epochs: u32, threads: usize) -> Option<f64> {
        let macs = macs_of_epoch(spec, model)? * f64::from(epochs);
        Some(self.constant_s + macs * self.seconds_per_mac / threads as f64)
    }
}

/// Proportional to the multiply-adds of an epoch: all models of a spec train on the same images.
fn macs_of_epoch(spec: &Spec, model: &Model) -> Option<f64> {
    Some(spec.architecture(model).ok()?.macs().max(1) as f64)
}

/// A line for each sweep: its candidates, the epochs that they train for, and the time and memory that this takes
/// on `threads` threads.
pub fn sweeps(
    spec: &Spec,
    selection: &Selection,
    speed: Option<Speed>,
    threads: usize,
) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for sweep in selection.sweeps(spec)? {
        let (rungs, sizes) = (sweep.rungs(), sweep.rung_sizes());
        let (mut epochs, mut seconds) = (0.0, speed.map(|_| 0.0));
        // Who goes on is not known yet, so the mean of all candidates stands for them.
        let count = sweep.candidates.len() as f64;
        for candidate in &sweep.candidates {
            let mut before = 0;
            for (&rung, &size) in rungs.iter().zip(&sizes) {
                let reach = rung.min(candidate.model.epochs);
                let share = size as f64 / count * sweep.seeds.len() as f64;
                epochs += share * f64::from(reach - before);
                let more = speed
                    .and_then(|of| of.seconds(spec, &candidate.model, reach - before, threads));
                seconds = seconds.zip(more).map(|(sum, more)| sum + share * more);
                before = reach;
            }
        }
        let time = match seconds {
            Some(seconds) => format!("about {} on {threads} threads", duration(seconds)),
            None => "time not known before the first training".to_owned(),
        };
        let bytes = sweep
            .candidates
            .iter()
            .filter_map(|of| memory::training_bytes(spec, &of.model))
            .max();
        let bytes = bytes.map_or(String::new(), |bytes| {
            format!(", each at most about {}", memory::text(bytes))
        });
        lines.push(format!(
            "sweep {}: {} candidates of {}, {} runs, {:.0} epochs, {time}{bytes}",
            sweep.name,
            sweep.candidates.len(),
            sweep.extends,
            sweep.candidates.len() * sweep.seeds.len(),
            epochs,
        ));
        for candidate in &sweep.candidates {
            lines.push(format!(
                "  {}  {}",
                candidate.model.name,
                candidate.described()
            ));
        }
    }
    Ok(lines)
}

/// Rounded up to seconds, or to minutes from ten minutes on.
fn duration(seconds: f64) -> String {
    let unit = if seconds < 600.0 { 1.0 } else { 60.0 };
    let rounded = ((seconds / unit).ceil() * unit).max(1.0) as u64;
    humantime::format_duration(Duration::from_secs(rounded)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipelines::files::layout::Layout;

    #[test]
    fn the_epochs_of_a_halved_sweep_are_those_of_its_halts() {
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
        let selection = Selection::default();
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let mut states = StepStates::new(&layout, &spec, &selection);
        let speed = Speed::measured(&mut states, &spec, &selection).unwrap();
        assert!(speed.is_none());
        // 9 for one epoch, 3 for two more, 1 for six more, each from two seeds.
        let lines = sweeps(&spec, &selection, None, 2).unwrap();
        assert!(
            lines[0].starts_with(
                "sweep rate: 9 candidates of model-8, 18 runs, 42 epochs, time not known before the first training"
            ),
            "{}",
            lines[0]
        );
        assert_eq!(lines.len(), 10);
        let fixed = Speed {
            seconds_per_mac: 1e-6,
            constant_s: 0.5,
        };
        let lines = sweeps(&spec, &selection, Some(fixed), 2).unwrap();
        assert!(lines[0].contains("about "), "{}", lines[0]);
    }
}
