//! Studies with the accuracies and spreads that the study found.

use evaluate::statistics::alpha_spending::decided;
use evaluate::statistics::holm;
use pipelines::random::Streams;
use rayon::prelude::*;

use crate::null::satterthwaite;
use crate::world::{draw, draw_seeds};
use crate::{CHANGES, SEEDS, STUDY, TEST_IMAGES, compare_models, pairs, percent, study_models};

/// Sums over worlds.
#[derive(Clone, Default)]
struct Sums {
    /// For each number of seeds and each change whether it is found among the changes.
    found: [[f64; CHANGES.len()]; SEEDS.len()],
    /// For each number of seeds how many of the changes Satterthwaite's degrees of freedom would find.
    satterthwaite: [f64; SEEDS.len()],
    /// For each number of seeds whether any change is found with the wrong sign.
    wrong: [f64; SEEDS.len()],
    /// For each number of seeds the share of the intervals of all pairs that cover.
    covered: [f64; SEEDS.len()],
    /// For each number of seeds whether the best model is among those that may be the best.
    best: [f64; SEEDS.len()],
    /// The number of models that may be the best.
    candidates: [f64; SEEDS.len()],
    /// The number of changes that looking after each seed from 3 to 10 decides.
    decided: f64,
}

/// Prints the table.
pub fn print(worlds: u64) {
    let total = (0..worlds)
        .into_par_iter()
        .map(simulate)
        .reduce(Sums::default, |a, b| Sums {
            found: std::array::from_fn(|seeds| {
                std::array::from_fn(|change| a.found[seeds][change] + b.found[seeds][change])
            }),
            satterthwaite: sum(a.satterthwaite, b.satterthwaite),
            wrong: sum(a.wrong, b.wrong),
            covered: sum(a.covered, b.covered),
            best: sum(a.best, b.best),
            candidates: sum(a.candidates, b.candidates),
            decided: a.decided + b.decided,
        });
    println!("The study's accuracies and spreads; per cent.\n");
    let names: Vec<String> = CHANGES
        .iter()
        .map(|&(model, of)| {
            let points = STUDY[model].0 - STUDY[of].0;
            format!("{} on {} ({points:+.2})", model + 1, of + 1)
        })
        .collect();
    println!(
        "| seeds | {} | found of 7 | the same, Satterthwaite | wrong sign | coverage, 28 pairs | best model may be best | models that may be best |",
        names.join(" | ")
    );
    println!("|--:|{}", "--:|".repeat(CHANGES.len() + 6));
    for (index, seeds) in SEEDS.iter().enumerate() {
        let found = total.found[index].map(|count| percent(count, worlds));
        println!(
            "| {seeds} | {} | {:.2} | {:.2} | {} | {} | {} | {:.1} |",
            found.join(" | "),
            total.found[index].iter().sum::<f64>() / worlds as f64,
            total.satterthwaite[index] / worlds as f64,
            percent(total.wrong[index], worlds),
            percent(total.covered[index], worlds),
            percent(total.best[index], worlds),
            total.candidates[index] / worlds as f64
        );
    }
    println!(
        "\nLooking after each seed from 3 to 10 with spending finds {:.1} of the 7 changes on average; \
         ten seeds without looking find {:.1}.\n",
        total.decided / worlds as f64,
        total.found[SEEDS.len() - 1].iter().sum::<f64>() / worlds as f64
    );
}

fn sum<const N: usize>(a: [f64; N], b: [f64; N]) -> [f64; N] {
    std::array::from_fn(|index| a[index] + b[index])
}

fn simulate(world: u64) -> Sums {
    let generator = &mut Streams::new(0, "simulation power", 0).id(world);
    let models = study_models(None);
    let most = SEEDS[SEEDS.len() - 1];
    let seeds = draw_seeds(models.len(), most, generator);
    let test = draw(&models, &seeds, TEST_IMAGES, generator);
    let mut sums = Sums::default();
    let flag = |is: bool| f64::from(u8::from(is));
    for (index, &count) in SEEDS.iter().enumerate() {
        let changes: Vec<_> = CHANGES
            .iter()
            .map(|&(model, of)| compare_models(&test, of, model, count))
            .collect();
        let p_values: Vec<f64> = changes.iter().map(|change| change.p_value).collect();
        for (change, corrected) in holm::correct(&p_values).into_iter().enumerate() {
            let (model, of) = CHANGES[change];
            let effect = models[model].accuracy - models[of].accuracy;
            let same_sign = (changes[change].difference > 0.0) == (effect > 0.0);
            sums.found[index][change] = flag(corrected < 0.05 && same_sign);
            if corrected < 0.05 && !same_sign {
                sums.wrong[index] = 1.0;
            }
        }
        let p_values: Vec<f64> = changes.iter().map(satterthwaite).collect();
        let found = holm::correct(&p_values).into_iter().filter(|&p| p < 0.05);
        sums.satterthwaite[index] = found.count() as f64;
        // Whether a model is significantly below another in its own family of one-sided tests.
        let mut below = vec![false; models.len()];
        let mut covered = 0;
        for (a, b) in pairs(models.len()) {
            let found = compare_models(&test, a, b, count);
            let effect = models[b].accuracy - models[a].accuracy;
            let interval = found.interval_at(0.95).expect("a confidence below 1");
            covered += u32::from(interval.meets(effect, 0.0));
            if found.p_value / 2.0 < 0.05 / (models.len() - 1) as f64 {
                below[if found.difference > 0.0 { a } else { b }] = true;
            }
        }
        let all = pairs(models.len()).count();
        sums.covered[index] = f64::from(covered) / all as f64;
        let best = (0..models.len())
            .max_by(|&a, &b| models[a].accuracy.total_cmp(&models[b].accuracy))
            .expect("there are models");
        sums.best[index] = flag(!below[best]);
        sums.candidates[index] = below.iter().filter(|&&below| !below).count() as f64;
    }
    let p_values: Vec<Vec<f64>> = (3..=most)
        .map(|count| {
            let p_value = |&(b, a): &(usize, usize)| compare_models(&test, a, b, count).p_value;
            CHANGES.iter().map(p_value).collect()
        })
        .collect();
    let informations: Vec<f64> = (3..=most).map(|count| count as f64 / most as f64).collect();
    let decided = decided(&p_values, &informations, 0.05);
    sums.decided = decided.iter().flatten().count() as f64;
    sums
}
