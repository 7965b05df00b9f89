//! A training that runs out of memory says so.

use crate::project::Project;

#[test]
fn a_training_without_enough_memory_says_what_it_had_and_what_was_forecast() {
    let project = Project::new();
    project.run("ingest").succeeded();
    project.edit_spec("units = 16", "units = 60000");
    // Room for the program, and not for 47 million weights with their gradients and moments.
    let output = project.run_after("ulimit -v 1500000", "train --models dense");
    output.failed_with(&[
        "train dense seed 0 failed: out of memory",
        "it had 1.4 GiB (ulimit -v)",
        "the plan had forecast 1.",
    ]);
}
