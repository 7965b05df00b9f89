//! How many test images or seeds a change needs to be found as it is judged.

use anyhow::Result;
use pipelines::tables::metrics::{NO_DIFFERENCE, NO_NUMBER_WOULD_DO, NO_SPREAD_KNOWN, NUMBER};
use pipelines::tables::split::Split;

use crate::family::Member;
use crate::statistics::power::{Design, Needed, images_needed_of_single_runs};
use crate::study::Study;

/// A number, or why there is none.
pub struct NeededCells {
    /// The number; `None` unless `status` is [`NUMBER`].
    pub number: Option<u64>,
    /// One of the constants of [`pipelines::tables::metrics`].
    pub status: &'static str,
}

/// The seeds that a change needs, and the spread that they are computed from.
pub struct SeedsNeeded {
    /// Runs of each model.
    pub needed: NeededCells,
    /// Root mean square of the standard deviations over seeds; `None` when none is known.
    pub std: Option<f64>,
    /// What the spread is of; `None` with it.
    pub from: Option<&'static str>,
}

impl From<Needed> for NeededCells {
    fn from(needed: Needed) -> Self {
        let (number, status) = match needed {
            Needed::Number(number) => (Some(number), NUMBER),
            Needed::NoNumberWouldDo => (None, NO_NUMBER_WOULD_DO),
            Needed::NoDifference => (None, NO_DIFFERENCE),
        };
        Self { number, status }
    }
}

/// Test images on which as many runs would find the difference of `member` at its level.
///
/// # Errors
/// None for a valid comparison.
pub fn images(member: &Member) -> Result<NeededCells> {
    let comparison = &member.pair.comparison;
    let needed = match &comparison.over_seeds {
        None => images_needed_of_single_runs(
            comparison.difference,
            comparison.mean_square,
            member.level,
        ),
        Some(seeds) => {
            let runs = [
                member.pair.compared_a().len(),
                member.pair.compared_b().len(),
            ];
            Design::found(comparison.difference, seeds, member.pair.images)
                .images_needed(runs, member.level)?
        }
    };
    Ok(needed.into())
}

/// Runs of each model that would find the difference of `member` at its level on as many images. Single
/// runs take the spread of all models with several.
///
/// # Errors
/// None for a valid comparison.
pub fn seeds(study: &Study, member: &Member) -> Result<SeedsNeeded> {
    let comparison = &member.pair.comparison;
    let images = member.pair.images;
    let (design, from) = match &comparison.over_seeds {
        Some(seeds) => (
            Design::found(comparison.difference, seeds, images),
            "this pair",
        ),
        None => {
            let Some((variance, interaction)) = average_spread(study)? else {
                return Ok(SeedsNeeded {
                    needed: NeededCells {
                        number: None,
                        status: NO_SPREAD_KNOWN,
                    },
                    std: None,
                    from: None,
                });
            };
            // Of single runs the variance over images includes both interactions.
            let over_images = comparison.sampling_std_error.powi(2) * images as f64;
            let design = Design {
                difference: comparison.difference,
                image_variance: (over_images - 2.0 * interaction).max(0.0),
                seed_variances: [variance; 2],
                interactions: [interaction; 2],
            };
            (design, "all models")
        }
    };
    let variance_of_runs = (design.seed_variances.iter().sum::<f64>()
        + design.interactions.iter().sum::<f64>() / images as f64)
        / 2.0;
    Ok(SeedsNeeded {
        needed: design.runs_needed(images, member.level)?.into(),
        std: Some(variance_of_runs.sqrt()),
        from: Some(from),
    })
}

/// Variance over seeds of the accuracy on infinitely many images, and that of the interaction, of the
/// models with several runs, weighted by their degrees of freedom; `None` without any.
pub fn average_spread(study: &Study) -> Result<Option<(f64, f64)>> {
    let (mut variances, mut interactions, mut degrees_of_freedom) = (0.0, 0.0, 0.0);
    for trained in &study.models {
        let correct = trained.correct(Split::Test)?;
        if let Some(seed) = correct.seed_component() {
            let residual = seed.residual_of_run().min(seed.variance_of_run());
            variances += seed.degrees_of_freedom * (seed.variance_of_run() - residual);
            interactions += seed.degrees_of_freedom * residual * correct.image_count() as f64;
            degrees_of_freedom += seed.degrees_of_freedom;
        }
    }
    Ok((degrees_of_freedom > 0.0).then(|| {
        (
            variances / degrees_of_freedom,
            interactions / degrees_of_freedom,
        )
    }))
}
