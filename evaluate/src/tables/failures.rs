//! Runs that ended without a result.

use anyhow::Result;
use pipelines::tables::metrics::FAILURES;
use polars::prelude::DataFrame;

use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(FAILURES);
    for failure in &study.failures {
        builder.push(row![&failure.model, failure.seed, &failure.reason])?;
    }
    builder.finish()
}
