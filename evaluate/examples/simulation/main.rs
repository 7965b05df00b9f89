//! Error rates of the statistics on invented studies, as the tables of `docs/statistics.md` have them.
//!
//! ```sh
//! cargo run --release --workspace --example simulation -- 4000
//! ```
//!
//! The first argument is the number of invented studies of each kind; `null`, `power` or `needed` after it
//! asks for one table alone. The numbers are the same each time.

mod dunnett;
mod null;
mod numbers_needed;
mod power;
mod world;

use evaluate::statistics::comparison::{Comparison, compare};
use evaluate::statistics::correct_matrix::CorrectMatrix;
use world::{Correct, InventedModel};

/// Numbers of seeds that the tables are for.
const SEEDS: [usize; 4] = [2, 3, 5, 10];
/// Test images, as in the study.
const TEST_IMAGES: usize = 10_000;
/// Model and the one that it is a change of, as in the study, from 0.
const CHANGES: [(usize, usize); 7] = [(1, 0), (2, 1), (3, 1), (4, 3), (5, 4), (6, 1), (7, 0)];
/// Mean accuracy and standard deviation of a run over seeds, in per cent, as the study found them.
const STUDY: [(f64, f64); 8] = [
    (90.41, 0.46),
    (90.74, 0.21),
    (90.76, 0.19),
    (90.20, 0.77),
    (89.77, 0.42),
    (87.62, 1.64),
    (91.12, 0.27),
    (88.36, 0.27),
];

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let worlds: u64 = words
        .get(1)
        .map_or(1_000, |word| word.parse().expect("a number of worlds"));
    println!("{worlds} invented studies of each kind.\n");
    let asked = |name: &str| words.get(2).is_none_or(|word| word == name);
    if asked("null") {
        null::print(worlds);
    }
    if asked("power") {
        power::print(worlds);
    }
    if asked("needed") {
        numbers_needed::print(worlds);
    }
}

/// The models of the study with `accuracy`, or with their own, and their spreads: the spread of a run
/// includes its interaction with the images, of 0.19 points, which the world draws by itself.
fn study_models(accuracy: Option<f64>) -> Vec<InventedModel> {
    STUDY
        .iter()
        .map(|&(mean, std)| InventedModel {
            accuracy: accuracy.unwrap_or(mean) / 100.0,
            seed_std: (std * std - 0.19_f64.powi(2)).max(0.0025).sqrt() / 100.0,
        })
        .collect()
}

/// Compares the first `seeds` runs of two models, b − a.
fn compare_models(correct: &Correct, a: usize, b: usize, seeds: usize) -> Comparison {
    let matrix = |model: usize| {
        let runs = correct[model][..seeds].iter().map(Vec::as_slice);
        CorrectMatrix::new(runs.collect()).expect("runs of the same images")
    };
    compare(&matrix(a), &matrix(b)).expect("at least two runs of the same images")
}

/// All pairs of `count` models, the earlier one first.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
}

/// A share of `worlds` in per cent.
fn percent(count: f64, worlds: u64) -> String {
    format!("{:.1}", 100.0 * count / worlds as f64)
}
