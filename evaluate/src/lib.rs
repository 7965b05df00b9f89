//! Predictions and histories to tables of metrics.
//!
//! In come `predictions.parquet`, `history.parquet` and `timings.parquet` of every selected run
//! that is there ([`study::read`]); out go the tables of [`pipelines::tables::metrics`], each as Parquet and
//! CSV. A [`study::Study`] holds the runs model by model; the functions in [`statistics`] know only
//! values, those in [`tables`] turn a study into one data frame each. No model is loaded here.
//!
//! ```
//! use evaluate::statistics::{mcnemar, wilson};
//!
//! let interval = wilson::interval(9049, 10_000, 0.95);
//! assert!((interval.low, interval.high) > (0.898, 0.910));
//! assert!(mcnemar::p_value(300, 250)? < 0.05);
//! # Ok::<(), anyhow::Error>(())
//! ```

#[cfg(test)]
mod fixture;
pub mod pairs;
pub mod run;
pub mod statistics;
pub mod study;
pub mod table_builder;
pub mod tables;

use anyhow::Result;
use clap::Parser;
use pipelines::files::manifest::Outcome;
use pipelines::files::plan::Step;
use pipelines::files::step_run::StepRun;
use pipelines::stage_program::{StageArguments, interrupted};

/// Command line of the `evaluate` binary.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    about = "Turns predictions and histories into tables of metrics"
)]
pub struct Arguments {
    /// What all stages share
    #[command(flatten)]
    pub stage: StageArguments,
}

/// Evaluates the selected runs that are there. Runs that are not, or are not of this spec any more,
/// are left out with a warning; failed ones stand in a table of their own.
///
/// # Errors
/// No run at all; a damaged or foreign file; runs that were not made on the same images.
pub fn run(arguments: &Arguments) -> Result<()> {
    let spec = arguments.stage.load_spec()?;
    let Some(mut step) = StepRun::begin(&arguments.stage, &spec, &Step::Evaluate)? else {
        return Ok(());
    };
    let selection = arguments.stage.selection();
    let (study, left_out) = study::read(&arguments.stage.layout(), &spec, &selection)?;
    for warning in left_out {
        step.warn(warning);
    }
    for (table, mut frame) in tables::all(&study)? {
        interrupted(|| "evaluate begins again".to_owned())?;
        step.write(
            &table.parquet_file(),
            &table_builder::parquet(&table, &mut frame)?,
        )?;
        step.write(&table.csv_file(), &table_builder::csv(&mut frame)?)?;
    }
    step.finish(Outcome::Complete)
}
