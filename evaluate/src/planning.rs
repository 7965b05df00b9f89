//! Before training: the smallest effect that the chosen seeds can show.

use std::fmt::Write;

use anyhow::Result;
use pipelines::files::layout::{Layout, OVERVIEW_FILE};
use pipelines::files::plan::Selection;
use pipelines::spec::Spec;
use pipelines::tables::overview;
use pipelines::tables::split::Split;

use crate::statistics::comparison::compare;
use crate::statistics::power::Design;
use crate::study::{self, Study};
use crate::tables::needed::average_spread;

/// Numbers of seeds beside the chosen one.
const OTHER_SEEDS: [usize; 3] = [3, 5, 10];
/// Test images when none are ingested.
const TEST_IMAGES: usize = 10_000;

/// What is expected of two models of a study.
struct Expected {
    design: Design,
    images: usize,
    from: &'static str,
}

/// Says which difference of test accuracy the selected seeds would find with 80 % power, corrected for all
/// changes of the selected models. The spread is that of the trained runs, or else what the spec
/// expects.
///
/// # Errors
/// A damaged file, or a selected model that the spec does not have.
pub fn smallest_effect(layout: &Layout, spec: &Spec, selection: &Selection) -> Result<String> {
    let models = selection.models(spec)?;
    let changes = models.iter().filter(|name| {
        let base = spec.model(name).ok().and_then(|model| model.base());
        base.is_some_and(|base| models.contains(&base))
    });
    let changes = changes.count();
    if changes == 0 {
        return Ok("no selected model is a change of another selected one".to_owned());
    }
    let Some(expected) = expected(layout, spec, selection)? else {
        return Ok(
            "the smallest effect that the seeds can show is not known: no model has two runs, and \
             the spec has no evaluation.expected_seed_std"
                .to_owned(),
        );
    };
    let level = (1.0 - spec.evaluation.confidence) / changes as f64;
    let chosen = selection.seeds(spec).len();
    let points = |seeds: usize| -> Result<String> {
        let smallest = expected
            .design
            .smallest_difference(expected.images, seeds, level)?;
        Ok(format!("{:.2} points", smallest * 100.0))
    };
    let mut text = if chosen < 2 {
        "one seed says nothing about other seeds of the same model".to_owned()
    } else {
        format!(
            "smallest change of test accuracy that {chosen} seeds can show: {}",
            points(chosen)?
        )
    };
    for seeds in OTHER_SEEDS {
        if seeds != chosen {
            write!(text, "; {seeds} seeds: {}", points(seeds)?)?;
        }
    }
    let [a, b] = expected.design.seed_variances;
    let interaction: f64 = expected.design.interactions.iter().sum();
    let spread = ((a + b + interaction / expected.images as f64) / 2.0).sqrt();
    write!(
        text,
        "\n(80 % power as one of {changes} changes, {} test images, a standard deviation of {:.2} points \
         over seeds {})",
        expected.images,
        spread * 100.0,
        expected.from
    )?;
    Ok(text)
}

fn expected(layout: &Layout, spec: &Spec, selection: &Selection) -> Result<Option<Expected>> {
    // Without a trained run there is nothing to read.
    if let Ok((study, _)) = study::read(layout, spec, selection)
        && let Some(expected) = of_runs(&study)?
    {
        return Ok(Some(expected));
    }
    let evaluation = &spec.evaluation;
    let Some(seed_std) = evaluation.expected_seed_std else {
        return Ok(None);
    };
    let ingested = overview::read(&layout.ingested(&spec.data.name), OVERVIEW_FILE);
    let images: usize = ingested.map_or(TEST_IMAGES, |rows| {
        let rows = rows.iter().filter(|row| row.split == Split::Test);
        rows.map(|row| row.images as usize).sum()
    });
    Ok(Some(Expected {
        design: Design {
            difference: 0.0,
            image_variance: evaluation.expected_excess_disagreement.unwrap_or(0.0),
            seed_variances: [seed_std * seed_std; 2],
            interactions: [0.0; 2],
        },
        images: images.max(1),
        from: "as the spec expects",
    }))
}

/// From the models with several runs; `None` when no change has two models with several.
fn of_runs(study: &Study) -> Result<Option<Expected>> {
    let Some((variance, interaction)) = average_spread(study)? else {
        return Ok(None);
    };
    let mut found: Vec<(f64, usize)> = Vec::new();
    for trained in &study.models {
        let base = trained.model.base();
        let against = study
            .models
            .iter()
            .find(|of| Some(of.model.name.as_str()) == base);
        if let Some(against) = against.filter(|of| of.runs.len() > 1 && trained.runs.len() > 1) {
            let (a, b) = (against.correct(Split::Test)?, trained.correct(Split::Test)?);
            if let Some(seeds) = compare(&a, &b)?.over_seeds {
                found.push((
                    seeds.images.variance * a.image_count() as f64,
                    a.image_count(),
                ));
            }
        }
    }
    let Some(&(_, images)) = found.first() else {
        return Ok(None);
    };
    let sum: f64 = found.iter().map(|(variance, _)| variance).sum();
    Ok(Some(Expected {
        design: Design {
            difference: 0.0,
            image_variance: sum / found.len() as f64,
            seed_variances: [variance; 2],
            interactions: [interaction; 2],
        },
        images,
        from: "in the runs so far",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_training_the_spec_says_what_to_expect() {
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec::load("paper").unwrap();
        let of = |seeds: &[u64]| {
            let selection = Selection {
                seeds: seeds.to_vec(),
                ..Selection::default()
            };
            smallest_effect(&Layout::new(folder.path()), &spec, &selection).unwrap()
        };
        let five = of(&[0, 1, 2, 3, 4]);
        let start = "smallest change of test accuracy that 5 seeds can show: ";
        assert!(five.starts_with(start), "{five}");
        assert!(
            five.contains("as one of 7 changes, 10000 test images"),
            "{five}"
        );
        assert!(of(&[0]).starts_with("one seed says nothing"));
    }
}
