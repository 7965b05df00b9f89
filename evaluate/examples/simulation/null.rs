//! Studies whose models are all equally accurate: every finding is a false alarm.

use evaluate::statistics::alpha_spending::decided;
use evaluate::statistics::comparison::Comparison;
use evaluate::statistics::distribution::t_p_value;
use evaluate::statistics::holm;
use pipelines::random::Streams;
use rayon::prelude::*;

use crate::dunnett;
use crate::world::{InventedModel, draw, draw_seeds};
use crate::{CHANGES, SEEDS, TEST_IMAGES, compare_models, pairs, percent, study_models};

/// Validation images, as in the study.
const VALIDATION_IMAGES: usize = 12_000;
/// Looks of the sequential rule: after the third to the tenth seed.
const LOOKS: std::ops::RangeInclusive<usize> = 3..=10;
/// Accuracy of every model, in per cent.
const ACCURACY: f64 = 90.4;

/// Sums over worlds, for one number of seeds.
#[derive(Clone, Copy, Default)]
struct Sums {
    satterthwaite_pairs: f64,
    smallest_degrees_pairs: f64,
    banerjee_pairs: f64,
    satterthwaite_changes: f64,
    banerjee_changes: f64,
    covered_by_satterthwaite: f64,
    covered: f64,
    champion_family: f64,
    dunnett: f64,
    dunnett_own_spreads: f64,
    champion_excess: f64,
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        Self {
            satterthwaite_pairs: self.satterthwaite_pairs + other.satterthwaite_pairs,
            smallest_degrees_pairs: self.smallest_degrees_pairs + other.smallest_degrees_pairs,
            banerjee_pairs: self.banerjee_pairs + other.banerjee_pairs,
            satterthwaite_changes: self.satterthwaite_changes + other.satterthwaite_changes,
            banerjee_changes: self.banerjee_changes + other.banerjee_changes,
            covered_by_satterthwaite: self.covered_by_satterthwaite
                + other.covered_by_satterthwaite,
            covered: self.covered + other.covered,
            champion_family: self.champion_family + other.champion_family,
            dunnett: self.dunnett + other.dunnett,
            dunnett_own_spreads: self.dunnett_own_spreads + other.dunnett_own_spreads,
            champion_excess: self.champion_excess + other.champion_excess,
        }
    }
}

/// Sums for each number of seeds, and false alarms of two ways of looking after each seed.
#[derive(Clone, Copy, Default)]
struct World {
    sums: [Sums; SEEDS.len()],
    peeking: f64,
    spending: f64,
}

/// Prints both tables for the study's spreads and for equal ones.
pub fn print(worlds: u64) {
    let equal = InventedModel {
        accuracy: ACCURACY / 100.0,
        seed_std: 0.004,
    };
    for (name, models) in [
        ("the study's spreads", study_models(Some(ACCURACY))),
        ("equal spreads of 0.4 points", vec![equal; 8]),
    ] {
        let total = (0..worlds)
            .into_par_iter()
            .map(|world| simulate(&models, name, world))
            .reduce(World::default, |a, b| World {
                sums: std::array::from_fn(|index| a.sums[index].plus(b.sums[index])),
                peeking: a.peeking + b.peeking,
                spending: a.spending + b.spending,
            });
        print_tables(name, &total, worlds);
    }
}

fn simulate(models: &[InventedModel], name: &str, world: u64) -> World {
    let generator = &mut Streams::new(0, &format!("simulation null {name}"), 0).id(world);
    let most = SEEDS[SEEDS.len() - 1];
    let seeds = draw_seeds(models.len(), most, generator);
    let test = draw(models, &seeds, TEST_IMAGES, generator);
    let validation = draw(models, &seeds, VALIDATION_IMAGES, generator);
    let mut found = World::default();
    for (sums, &count) in found.sums.iter_mut().zip(&SEEDS) {
        let compared: Vec<((usize, usize), Comparison)> = pairs(models.len())
            .map(|(a, b)| ((a, b), compare_models(&test, a, b, count)))
            .collect();
        let p_of = |rule: &dyn Fn(&Comparison, usize) -> f64, of: &[(usize, usize)]| -> Vec<f64> {
            let of_pair = |&(a, b): &(usize, usize)| {
                let pair = (a.min(b), a.max(b));
                let found = compared.iter().find(|(names, _)| *names == pair);
                rule(&found.expect("every pair is compared").1, count)
            };
            of.iter().map(of_pair).collect()
        };
        let banerjee = |comparison: &Comparison, _: usize| comparison.p_value;
        let all: Vec<_> = pairs(models.len()).collect();
        sums.satterthwaite_pairs = alarm(&p_of(&|comparison, _| satterthwaite(comparison), &all));
        sums.smallest_degrees_pairs = alarm(&p_of(&smallest_degrees, &all));
        sums.banerjee_pairs = alarm(&p_of(&banerjee, &all));
        sums.satterthwaite_changes =
            alarm(&p_of(&|comparison, _| satterthwaite(comparison), &CHANGES));
        sums.banerjee_changes = alarm(&p_of(&banerjee, &CHANGES));
        let count_of = all.len() as f64;
        let covered =
            |p_values: Vec<f64>| p_values.iter().filter(|&&p| p >= 0.05).count() as f64 / count_of;
        sums.covered_by_satterthwaite =
            covered(p_of(&|comparison, _| satterthwaite(comparison), &all));
        sums.covered = covered(p_of(&banerjee, &all));
        let mean = |correct: &[Vec<bool>]| {
            let runs = &correct[..count];
            let right = runs.iter().flatten().filter(|&&correct| correct).count();
            right as f64 / (count * runs[0].len()) as f64
        };
        let champion = (0..models.len())
            .max_by(|&a, &b| mean(&validation[a]).total_cmp(&mean(&validation[b])))
            .expect("there are models");
        let family: Vec<_> = (0..models.len())
            .filter(|&model| model != champion)
            .map(|model| (model, champion))
            .collect();
        sums.champion_family = alarm(&p_of(&banerjee, &family));
        let compared: Vec<Comparison> = family
            .iter()
            .map(|&(model, champion)| compare_models(&test, champion, model, count))
            .collect();
        (sums.dunnett, sums.dunnett_own_spreads) = dunnett_alarms(&compared, count);
        sums.champion_excess = mean(&test[champion]) - models[champion].accuracy;
    }
    let p_values: Vec<Vec<f64>> = LOOKS
        .map(|count| {
            let p_value = |&(b, a): &(usize, usize)| compare_models(&test, a, b, count).p_value;
            CHANGES.iter().map(p_value).collect()
        })
        .collect();
    let informations: Vec<f64> = LOOKS.map(|count| count as f64 / most as f64).collect();
    found.peeking = p_values.iter().map(|of| alarm(of)).fold(0.0, f64::max);
    let spending = decided(&p_values, &informations, 0.05);
    found.spending = f64::from(u8::from(spending.iter().any(Option::is_some)));
    found
}

/// 1 when any p-value is significant after Holm's correction.
fn alarm(p_values: &[f64]) -> f64 {
    let any = holm::correct(p_values).iter().any(|&p| p < 0.05);
    f64::from(u8::from(any))
}

/// Student's t with Satterthwaite's degrees of freedom.
pub fn satterthwaite(comparison: &Comparison) -> f64 {
    let t = comparison.difference / comparison.std_error();
    t_p_value(t, satterthwaite_degrees(comparison)).expect("degrees of freedom above 0")
}

fn satterthwaite_degrees(comparison: &Comparison) -> f64 {
    let parts = comparison.over_seeds.expect("several runs").parts();
    let uncertainty: f64 = parts
        .iter()
        .map(|part| part.variance.powi(2) / part.degrees_of_freedom)
        .sum();
    comparison.std_error().powi(4) / uncertainty
}

/// Student's t with the smallest number of runs less one.
fn smallest_degrees(comparison: &Comparison, seeds: usize) -> f64 {
    let t = comparison.difference / comparison.std_error();
    t_p_value(t, seeds as f64 - 1.0).expect("degrees of freedom above 0")
}

/// 1 for an alarm of Dunnett's test of the models that were compared with the champion: with one spread
/// for all models, and with the spreads and Satterthwaite's degrees of freedom of each comparison.
fn dunnett_alarms(compared: &[Comparison], seeds: usize) -> (f64, f64) {
    let seed_variance = |comparison: &Comparison, side: usize| {
        comparison.over_seeds.expect("several runs").seeds[side].variance_of_mean
    };
    // The champion is the first side of each comparison.
    let others = compared
        .iter()
        .map(|comparison| seed_variance(comparison, 1));
    let variances: Vec<f64> = others.chain([seed_variance(&compared[0], 0)]).collect();
    let pooled = variances.iter().sum::<f64>() / variances.len() as f64;
    let pooled_degrees = (variances.len() * (seeds - 1)) as f64;
    let alarm = |p: &dyn Fn(&Comparison) -> f64| {
        f64::from(u8::from(
            compared.iter().any(|comparison| p(comparison) < 0.05),
        ))
    };
    let of_pooled = |comparison: &Comparison| {
        let images = comparison.over_seeds.expect("several runs").images.variance;
        let t = comparison.difference.abs() / (images + 2.0 * pooled).sqrt();
        dunnett::p_value(t, compared.len(), pooled_degrees)
    };
    let of_own = |comparison: &Comparison| {
        let t = comparison.difference.abs() / comparison.std_error();
        dunnett::p_value(
            t,
            compared.len(),
            satterthwaite_degrees(comparison).max(1.0),
        )
    };
    (alarm(&of_pooled), alarm(&of_own))
}

fn print_tables(name: &str, total: &World, worlds: u64) {
    println!(
        "All models equally accurate, {name}; per cent of the studies, or of the intervals.\n"
    );
    println!(
        "| seeds | 28 pairs, Satterthwaite | 28 pairs, smallest number of runs − 1 | 28 pairs | \
         7 changes, Satterthwaite | 7 changes | champion's 7, Dunnett | champion's 7, Dunnett with own \
         spreads | champion's 7 | coverage, Satterthwaite | coverage | \
         champion's test accuracy, points too high |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (sums, seeds) in total.sums.iter().zip(SEEDS) {
        println!(
            "| {seeds} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:+.2} |",
            percent(sums.satterthwaite_pairs, worlds),
            percent(sums.smallest_degrees_pairs, worlds),
            percent(sums.banerjee_pairs, worlds),
            percent(sums.satterthwaite_changes, worlds),
            percent(sums.banerjee_changes, worlds),
            percent(sums.dunnett, worlds),
            percent(sums.dunnett_own_spreads, worlds),
            percent(sums.champion_family, worlds),
            percent(sums.covered_by_satterthwaite, worlds),
            percent(sums.covered, worlds),
            100.0 * sums.champion_excess / worlds as f64,
        );
    }
    println!(
        "\nA false alarm among the 7 changes when one looks after each seed from 3 to 10: {} % \
         without spending, {} % with it.\n",
        percent(total.peeking, worlds),
        percent(total.spending, worlds)
    );
}
