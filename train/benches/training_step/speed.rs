use std::time::Instant;

use anyhow::Result;
use pipelines::spec::Model;
use train::trainer::Trainer;

use crate::steps::Batches;

/// Seconds of one repetition.
const REPETITION_S: f64 = 0.3;
/// Repetitions, of which the fastest counts: other programs only ever add time.
const REPETITIONS: usize = 4;
/// Steps before the first that is timed.
const WARM_UP: usize = 5;

/// Images a second, gathering the next batch during each step as a run does.
pub fn images_per_s(model: &Model) -> Result<f64> {
    let mut batches = Batches::of(model)?;
    let mut trainer = Trainer::new(model, batches.info(), 0)?;
    let mut next = batches.next();
    let mut step = || -> Result<()> {
        let x = std::mem::take(&mut next);
        let (score, gathered) = rayon::join(|| trainer.step(x), || batches.next());
        next = gathered;
        score.map(drop)
    };
    for _ in 0..WARM_UP {
        step()?;
    }
    let mut best = 0.0_f64;
    for _ in 0..REPETITIONS {
        let started = Instant::now();
        let mut steps = 0;
        while started.elapsed().as_secs_f64() < REPETITION_S {
            step()?;
            steps += 1;
        }
        let images = (steps * model.batch_size) as f64;
        best = best.max(images / started.elapsed().as_secs_f64());
    }
    Ok(best)
}
