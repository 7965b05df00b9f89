//! Whether the numbers of seeds and images that are printed give the power that they promise.

use evaluate::statistics::power::{Design, Needed};
use pipelines::random::Streams;
use rayon::prelude::*;

use crate::world::{InventedModel, draw, draw_seeds};
use crate::{CHANGES, TEST_IMAGES, compare_models, percent, study_models};

/// Level of one of seven changes when none is significant yet.
const LEVEL: f64 = 0.05 / 7.0;
/// Runs of each model for which images are counted.
const RUNS: usize = 5;
/// Larger numbers would take the simulation hours.
const MOST_RUNS: u64 = 60;
const MOST_IMAGES: u64 = 200_000;

/// Prints the table.
pub fn print(worlds: u64) {
    println!(
        "Power at the printed numbers, at the level of one of seven changes; per cent of the studies.\n"
    );
    println!(
        "| true change | seeds needed on 10,000 images | power there | images needed with five seeds | power there |"
    );
    println!("|---|--:|--:|--:|--:|");
    let models = study_models(None);
    let mut cases: Vec<(String, [InventedModel; 2])> = CHANGES
        .iter()
        .map(|&(model, of)| {
            let points = 100.0 * (models[model].accuracy - models[of].accuracy);
            let name = format!("{} on {}: {points:+.2} points", model + 1, of + 1);
            (name, [models[of], models[model]])
        })
        .collect();
    let equal = |accuracy| InventedModel {
        accuracy,
        seed_std: 0.003,
    };
    for points in [0.8, 1.2] {
        let name = format!("two models with a spread of 0.3: +{points:.2} points");
        cases.push((name, [equal(0.9), equal(0.9 + points / 100.0)]));
    }
    for (name, models) in cases {
        let design = true_design(&name, &models);
        let runs = design
            .runs_needed(TEST_IMAGES, LEVEL)
            .expect("a level below 1");
        let images = design
            .images_needed([RUNS; 2], LEVEL)
            .expect("a level below 1");
        let (runs, power_of_runs) = match runs {
            Needed::Number(runs) if runs <= MOST_RUNS => {
                let power = power(&name, &models, TEST_IMAGES, runs as usize, worlds);
                (runs.to_string(), power)
            }
            Needed::Number(runs) => (runs.to_string(), "not simulated".to_owned()),
            _ => ("no number".to_owned(), String::new()),
        };
        let (images, power_of_images) = match images {
            Needed::Number(images) if images <= MOST_IMAGES => {
                let power = power(&name, &models, images as usize, RUNS, worlds);
                (images.to_string(), power)
            }
            Needed::Number(images) => (images.to_string(), "not simulated".to_owned()),
            _ => ("no number".to_owned(), String::new()),
        };
        println!("| {name} | {runs} | {power_of_runs} | {images} | {power_of_images} |");
    }
}

/// The design with the true difference and spreads; the variances over images are means over a few
/// large worlds.
fn true_design(name: &str, models: &[InventedModel; 2]) -> Design {
    const WORLDS: u64 = 20;
    let designs: Vec<Design> = (0..WORLDS)
        .into_par_iter()
        .map(|world| {
            let generator = &mut Streams::new(1, name, 0).id(world);
            let seeds = draw_seeds(2, 20, generator);
            let correct = draw(models, &seeds, TEST_IMAGES, generator);
            let found = compare_models(&correct, 0, 1, 20);
            let seeds = found.over_seeds.expect("several runs");
            Design::found(found.difference, &seeds, TEST_IMAGES)
        })
        .collect();
    let mean = |of: &dyn Fn(&Design) -> f64| designs.iter().map(of).sum::<f64>() / WORLDS as f64;
    Design {
        difference: models[1].accuracy - models[0].accuracy,
        image_variance: mean(&|design| design.image_variance),
        seed_variances: models.map(|model| model.seed_std.powi(2)),
        interactions: [0, 1].map(|model| mean(&|design| design.interactions[model])),
    }
}

fn power(
    name: &str,
    models: &[InventedModel; 2],
    images: usize,
    runs: usize,
    worlds: u64,
) -> String {
    let found = (0..worlds)
        .into_par_iter()
        .filter(|&world| {
            let generator = &mut Streams::new(2, name, runs as u64).id(world);
            let seeds = draw_seeds(2, runs, generator);
            let correct = draw(models, &seeds, images, generator);
            compare_models(&correct, 0, 1, runs).p_value < LEVEL
        })
        .count();
    percent(found as f64, worlds)
}
