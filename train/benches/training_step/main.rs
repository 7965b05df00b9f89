//! Whole training steps (gather, forward, loss, backward, update) of the eight models of the
//! paper and of the networks in `networks.toml`: images a second and effective GFLOP/s with one and
//! with all threads, then the share of the time and effective GFLOP/s by layer and direction with all
//! threads, beside the machine's peak.
//!
//! `cargo xtask bench --bench training_step [MODEL…]`. GFLOP/s count the multiply-accumulates
//! of a plain implementation, twice each: the forward pass's once forwards and twice backwards, but
//! once for the first layer, whose input needs no gradient. Kernels that save some of them reach
//! more than the machine's peak.

mod peak;
mod shares;
mod speed;
mod steps;

use anyhow::Result;
use pipelines::files::machine;
use pipelines::spec::{Model, Spec};
use train::kernels::simd;
use train::thread_pool::{build_pool, keep_awake};

fn main() -> Result<()> {
    let networks = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/training_step/networks.toml"
    );
    let (paper, networks) = (Spec::load("paper")?, Spec::load(networks)?);
    // Both have images of the bundled subset's shape and classes.
    let info = paper.data.info()?;
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let models: Vec<&Model> = [&paper, &networks]
        .into_iter()
        .flat_map(|spec| &spec.models)
        .filter(|model| wanted.is_empty() || wanted.contains(&model.name))
        .collect();
    let cores = machine::cores();
    let peak = |threads| build_pool(threads).map(|pool| pool.install(peak::gflop_per_s));
    println!(
        "{}, {cores} cores, {}; peak {:.0} GFLOP/s of one thread, {:.0} of all\n",
        machine::processor(),
        simd::instruction_set(),
        peak(1)?,
        peak(cores)?,
    );
    println!("model           batch  threads  images/s  GFLOP/s");
    for model in &models {
        for threads in if cores > 1 { vec![1, cores] } else { vec![1] } {
            let pool = build_pool(threads)?;
            let images_per_s = pool.install(|| keep_awake(|| speed::images_per_s(model)))?;
            println!(
                "{:<14}  {:>5}  {threads:>7}  {images_per_s:>8.0}  {:>7.1}",
                model.name,
                model.batch_size,
                images_per_s * model.architecture(&info)?.training_operations() as f64 / 1e9,
            );
        }
    }
    for model in &models {
        println!(
            "\n{:<54} {:>15} {:>15}",
            format!("{}, {cores} threads", model.name),
            "forwards GFLOP/s",
            "backwards GFLOP/s"
        );
        let pool = build_pool(cores)?;
        let shares = pool.install(|| keep_awake(|| shares::measure(model)))?;
        for share in shares {
            println!("{share}");
        }
    }
    Ok(())
}
