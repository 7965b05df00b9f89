//! Differences of published accuracies against the noise of single runs, as our own runs show it.

use pipelines::spec::published::{Direction, Published, PublishedClaim};
use pipelines::tables::metrics::{OVER_SEEDS, PublishedDifference};

use super::{Finding, Verdict};
use crate::evaluated::Tables;
use crate::number::{p_equals, points, signed};
use crate::paper::Paper;
use crate::paper::steps::{self, Told};
use crate::sections::models::kinds_of_changes;
use crate::words::{count, join_and};

/// Which models are above the first one, and which of them by more than noise.
pub fn above_baseline(
    published: &Published,
    tables: &Tables,
    claim: &PublishedClaim,
) -> Option<Finding> {
    let (baseline, others) = published.accuracies.split_first()?;
    let above: Vec<&str> = others
        .iter()
        .filter(|row| row.test_percent > baseline.test_percent)
        .map(|row| row.model.as_str())
        .collect();
    let as_stated = above == claim.models;
    let tested: Vec<(&str, Option<&PublishedDifference>)> = above
        .iter()
        .map(|model| (*model, difference_of(tables, model, &baseline.model)))
        .collect();
    let noise: Vec<&PublishedDifference> = tested
        .iter()
        .filter_map(|(_, row)| *row)
        .filter(|row| !row.beyond_noise)
        .collect();
    let words: Vec<String> = tested
        .iter()
        .filter_map(|(model, row)| Some(format!("{model}: {}", in_words((*row)?))))
        .collect();
    let mut text = format!("Above {} are {}.", baseline.model, join_and(&above));
    if !words.is_empty() {
        text.push_str(&format!(" {}. {}", words.join("; "), noise_of(tables)));
    }
    let verdict = match (as_stated, noise.is_empty()) {
        (false, _) => Verdict::Contradicted,
        (true, true) => Verdict::Holds,
        (true, false) => Verdict::Noise,
    };
    Some(Finding::of(claim, text, verdict))
}

/// One model against another.
pub fn difference(paper: &Paper<'_>, claim: &PublishedClaim) -> Option<Finding> {
    let &Paper {
        published,
        spec,
        tables,
        ..
    } = paper;
    let (model, against) = (claim.model.as_deref()?, claim.against.as_deref()?);
    let test = |name| Some(published.accuracy(name)?.test_percent);
    let stated = claim.direction?;
    let points_printed = test(model)? - test(against)?;
    let as_stated = match stated {
        Direction::Up => points_printed > 0.0,
        Direction::Down => points_printed < 0.0,
        Direction::None => points_printed == 0.0,
    };
    let row = difference_of(tables, model, against);
    let mut sentences = vec![match row {
        Some(row) => format!("{model} − {against}: {}.", in_words(row)),
        None => format!("{model} − {against}: {} points.", signed(points_printed, 2)),
    }];
    sentences.push(match row {
        Some(_) => noise_of(tables),
        None => "No runs of both are here to say how large the noise is.".to_owned(),
    });
    let kinds = kinds_of_changes(spec, model);
    if kinds.len() > 1 {
        sentences.push(format!(
            "The table changes {} at once: {}.",
            count(kinds.len(), "setting"),
            kinds.join(", ")
        ));
    }
    let mut quotes = claim.quotes.clone();
    if let Some(isolated) = &claim.isolated {
        quotes.push(isolated.clone());
        sentences.push(
            "The paper also ran them one by one and prints no figures of those runs.".to_owned(),
        );
    }
    sentences.extend(steps::sentences(paper, &claim.steps, Told::Accuracy));
    let verdict = match (as_stated, row) {
        (false, _) => Verdict::Contradicted,
        (true, Some(row)) if !row.beyond_noise => Verdict::Noise,
        (true, _) if kinds.len() > 1 && claim.isolated.is_none() => Verdict::Imprecise,
        (true, _) => Verdict::Holds,
    };
    Some(Finding {
        quotes,
        recomputation: sentences.join(" "),
        verdict,
    })
}

fn difference_of<'a>(
    tables: &'a Tables,
    model: &str,
    against: &str,
) -> Option<&'a PublishedDifference> {
    let mut rows = tables.published_differences.iter();
    rows.find(|row| row.model == model && row.against == against)
}

fn in_words(row: &PublishedDifference) -> String {
    format!(
        "{} points, z = {}, corrected p {}, {} the noise",
        points(row.published_difference),
        signed(row.z, 1),
        p_equals(row.p_value_corrected),
        if row.beyond_noise { "beyond" } else { "within" },
    )
}

/// What the noise is made of.
fn noise_of(tables: &Tables) -> String {
    let rows = &tables.published_differences;
    let seeds = rows.iter().all(|row| row.scope == OVER_SEEDS);
    format!(
        "The noise is that of one run of each on the paper's number of test images{}; p is corrected for {} \
         (Holm).",
        if seeds {
            ", with the spread over our seeds"
        } else {
            ", without the spread over seeds"
        },
        count(rows.len(), "comparison"),
    )
}
