//! How long the steps of a run will still take, from how long its other steps took.

use std::time::Duration;

use pipelines::files::layout::Layout;
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::plan::Selection;
use pipelines::files::step::Step;
use pipelines::spec::Spec;

/// A step and how much there is to do in it, to be compared with steps of its kind.
#[derive(Clone, Debug, PartialEq)]
struct Work {
    /// Steps of one kind take a time in proportion to their amount.
    kind: String,
    /// Trainings of other models say something about it, too.
    is_training: bool,
    amount: f64,
}

/// The time that the steps `left` will take if they run as fast as `ended` ones, `jobs` of them at once;
/// `None` before the first training has ended.
pub fn time_left(
    spec: &Spec,
    layout: &Layout,
    ended: &[&Step],
    left: &[&Step],
    jobs: usize,
) -> Option<Duration> {
    let spec = match spec.data.info() {
        Ok(_) => spec.clone(),
        Err(_) => spec.clone().with_ingested(layout).ok()?,
    };
    let measured = ended.iter().filter_map(|step| {
        let manifest = Manifest::read(&layout.step(&spec, step)).ok()??;
        let is_complete = manifest.outcome == Outcome::Complete;
        is_complete.then(|| Some((work(&spec, step)?, manifest.duration_s)))?
    });
    let measured: Vec<_> = measured.collect();
    let left: Option<Vec<_>> = left.iter().map(|step| work(&spec, step)).collect();
    let seconds = seconds_left(&measured, &left?)? / jobs as f64;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The duration in its largest one or two units: `about 2h 5m`.
pub fn in_words(left: Duration) -> String {
    let step_s = match left.as_secs() {
        0..60 => 1,
        60..3600 => 10,
        _ => 60,
    };
    let rounded_s = left.as_secs().div_ceil(step_s).max(1) * step_s;
    let rounded = Duration::from_secs(rounded_s);
    format!("about {}", humantime::format_duration(rounded))
}

/// Multiplications of the forward pass of each image in each epoch, or shards.
fn work(spec: &Spec, step: &Step) -> Option<Work> {
    let amount = match step {
        Step::Train { model, .. } => {
            let model = spec.model(model).ok()?;
            spec.architecture(model).ok()?.macs() as f64 * f64::from(model.epochs)
        }
        Step::Augment { policy } => {
            let policy = spec.policy(policy).ok()?;
            Selection::default().shard_count(spec, policy).ok()?.into()
        }
        Step::Ingest | Step::Evaluate | Step::Report => 1.0,
    };
    let kind = match step {
        Step::Train { model, .. } => model.clone(),
        step => step.to_string(),
    };
    Some(Work {
        kind,
        is_training: matches!(step, Step::Train { .. }),
        amount: amount.max(1.0),
    })
}

/// Seconds of `left`. A training of which no other seed was measured is compared with all trainings; any
/// other step of an unknown kind is short.
fn seconds_left(measured: &[(Work, f64)], left: &[Work]) -> Option<f64> {
    let speed = |like: &dyn Fn(&Work) -> bool| {
        let like = || measured.iter().filter(|(work, _)| like(work));
        let seconds: f64 = like().map(|(_, seconds)| seconds).sum();
        let amount: f64 = like().map(|(work, _)| work.amount).sum();
        (amount > 0.0).then(|| seconds / amount)
    };
    left.iter()
        .map(|work| {
            let own = speed(&|other| other.kind == work.kind);
            let speed = match own {
                Some(own) => own,
                None if work.is_training => speed(&|other| other.is_training)?,
                None => 0.0,
            };
            Some(speed * work.amount)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(kind: &str, amount: f64) -> Work {
        Work {
            kind: kind.to_owned(),
            is_training: true,
            amount,
        }
    }

    #[test]
    fn another_seed_takes_as_long_and_another_model_in_proportion() {
        let report = Work {
            is_training: false,
            ..training("report", 1.0)
        };
        let measured = [(training("a", 10.0), 20.0), (training("b", 30.0), 20.0)];
        let left = [training("a", 10.0), training("c", 8.0), report.clone()];
        assert_eq!(seconds_left(&measured, &left), Some(20.0 + 8.0));
        assert_eq!(seconds_left(&[], &left), None);
        assert_eq!(seconds_left(&[(report.clone(), 3.0)], &[report]), Some(3.0));
    }

    #[test]
    fn a_time_is_told_as_exactly_as_it_is_known() {
        let said = |seconds| in_words(Duration::from_secs(seconds));
        assert_eq!(said(0), "about 1s");
        assert_eq!(said(59), "about 59s");
        assert_eq!(said(61), "about 1m 10s");
        assert_eq!(said(7_510), "about 2h 6m");
    }
}
