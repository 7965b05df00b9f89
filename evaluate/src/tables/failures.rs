//! Runs that ended without a result.

use pipelines::tables::metrics::FailedRun;

use crate::study::Study;

pub fn rows(study: &Study) -> Vec<FailedRun> {
    let failures = study.failures.iter().map(|failure| FailedRun {
        model: failure.model.clone(),
        seed: failure.seed,
        reason: failure.reason.clone(),
    });
    failures.collect()
}
