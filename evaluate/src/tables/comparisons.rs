//! Every two models on the same images, over all their runs and seed by seed.

use anyhow::Result;
use pipelines::tables::metrics::{COMPARISONS, MCNEMAR, SATTERTHWAITE, SEED_COMPARISONS};
use polars::prelude::DataFrame;

use crate::pairs::{COMPARED_SPLITS, Pair, common_seeds, couples};
use crate::statistics::comparison::disagreements;
use crate::statistics::mcnemar;
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study, pairs: &[Pair]) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(COMPARISONS);
    for pair in pairs {
        let comparison = &pair.comparison;
        let interval = comparison.interval();
        let seeds = comparison.over_seeds;
        builder.push(row![
            pair.split.name(),
            &pair.a.model.name,
            &pair.b.model.name,
            pair.scope(),
            pair.runs_a,
            pair.runs_b,
            pair.images,
            comparison.accuracy_a,
            comparison.accuracy_b,
            comparison.difference,
            comparison.only_a_correct,
            comparison.only_b_correct,
            comparison.sampling.low,
            comparison.sampling.high,
            comparison.sampling_std_error,
            seeds.map(|seeds| seeds.seed_std_error),
            comparison.std_error(),
            seeds.map(|seeds| seeds.degrees_of_freedom),
            interval.low,
            interval.high,
            if seeds.is_some() {
                SATTERTHWAITE
            } else {
                MCNEMAR
            },
            comparison.p_value,
            pair.p_value_corrected,
            pair.significant(study.spec.evaluation.confidence),
        ])?;
    }
    builder.finish()
}

/// The comparisons seed by seed.
pub fn by_seed(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(SEED_COMPARISONS);
    for split in COMPARED_SPLITS {
        for (a, b) in couples(study) {
            for seed in common_seeds(a, b) {
                let hits_a = a.hits_of_seed(seed, split)?;
                let hits_b = b.hits_of_seed(seed, split)?;
                let (only_a, only_b) = disagreements(hits_a.runs()[0], hits_b.runs()[0]);
                builder.push(row![
                    split.name(),
                    &a.model.name,
                    &b.model.name,
                    seed,
                    hits_a.image_count(),
                    hits_b.accuracy() - hits_a.accuracy(),
                    only_a,
                    only_b,
                    mcnemar::p_value(only_a, only_b)?,
                ])?;
            }
        }
    }
    builder.finish()
}
