//! What a stage is told for one step.

use pipelines::files::plan::Selection;
use pipelines::files::step::Step;
use pipelines::stage_program::{SeedRange, StageArguments};

/// The arguments of the stage that does `step` for `selection`.
pub fn step_arguments(
    stage: &StageArguments,
    selection: &Selection,
    step: &Step,
) -> StageArguments {
    let mut arguments = stage.clone();
    arguments.models.clone_from(&selection.models);
    arguments.seeds = selection.seeds.iter().map(|&seed| seed.into()).collect();
    if selection.until_decided {
        arguments.seeds.push(SeedRange::UntilDecided);
    }
    arguments.of_step(step)
}
