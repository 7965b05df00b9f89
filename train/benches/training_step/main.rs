//! Whole training steps (gather, forward, loss, backward, update) of the eight models of the
//! paper: images a second and effective GFLOP/s, with one and with all threads.
//!
//! `cargo bench -p train --bench training_step [MODEL…]`. GFLOP/s count three times the forward
//! pass's multiply-accumulates, twice each, whatever the kernels save of them.

use std::time::Instant;

use anyhow::Result;
use pipelines::machine;
use pipelines::spec::{Model, Spec};
use train::batches::{gather, shuffled};
use train::kernels::threads::build_pool;
use train::trainer::Trainer;

/// Seconds that a figure is measured for.
const MEASURED_S: f64 = 1.0;
/// Repetitions, of which the fastest counts: other programs only ever add time.
const REPETITIONS: usize = 3;

fn main() -> Result<()> {
    let spec = Spec::load("paper")?;
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let cores = machine::cores();
    println!("{}, {cores} cores", machine::processor());
    println!("model    batch  threads   images/s  GFLOP/s");
    for model in &spec.models {
        if !wanted.is_empty() && !wanted.contains(&model.name) {
            continue;
        }
        let macs = model.architecture()?.macs();
        for threads in if cores > 1 { vec![1, cores] } else { vec![1] } {
            let images_per_s = build_pool(threads)?.install(|| measure(model))?;
            println!(
                "{}  {:>5}  {threads:>7}  {images_per_s:>9.0}  {:>7.1}",
                model.name,
                model.batch_size,
                images_per_s * macs as f64 * 6.0 / 1e9,
            );
        }
    }
    Ok(())
}

/// Images a second, on the bundled subset.
fn measure(model: &Model) -> Result<f64> {
    let images = ingest::bundled::train()?;
    let rows = shuffled((0..images.len() as u32).collect(), 0, 0);
    let mut batches = rows.chunks_exact(model.batch_size).cycle();
    let mut trainer = Trainer::new(model, 0)?;
    let mut next = gather(&images, &rows[..model.batch_size], 255.0);
    let mut step = || -> Result<()> {
        let rows = batches.next().unwrap_or_default();
        let x = std::mem::take(&mut next);
        let (score, gathered) = rayon::join(|| trainer.step(x), || gather(&images, rows, 255.0));
        score?;
        next = gathered;
        Ok(())
    };
    for _ in 0..5 {
        step()?;
    }
    let mut best = 0.0_f64;
    for _ in 0..REPETITIONS {
        let started = Instant::now();
        let mut steps = 0;
        while started.elapsed().as_secs_f64() < MEASURED_S / REPETITIONS as f64 {
            step()?;
            steps += 1;
        }
        let images = steps * model.batch_size;
        best = best.max(images as f64 / started.elapsed().as_secs_f64());
    }
    Ok(best)
}
