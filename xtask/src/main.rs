//! `cargo xtask`: the right stages in the right order.
//!
//! Knows processes and manifests, not data: only a stage reads and writes its tables.
//! [`task`] lists the steps of a spec, [`scheduler`] runs those that are not fresh, each as a process
//! of its stage, [`verify`] checks the files.

mod cargo_checks;
mod clean;
mod command_line;
mod completions;
mod conclusion;
mod forecast;
mod jobs;
mod memory;
mod new;
mod open;
mod plan_cost;
mod plan_table;
mod progress;
mod run;
mod scheduler;
mod slurm;
mod spec;
mod spec_lock;
mod stage_binaries;
mod stage_process;
mod step_arguments;
mod task;
mod time_left;
mod tool;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use command_line::{Arguments, Command};
use pipelines::stage::Stage;

fn main() -> ExitCode {
    pipelines::stage_program::main(|arguments: Arguments| run(arguments.command))
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::RunAll { run, executor } => run::all(&run, &executor),
        Command::Status(arguments) => run::on_cluster(&arguments, slurm::status),
        Command::Cancel(arguments) => {
            run::on_cluster(&arguments, |cluster, _| slurm::cancel(cluster))
        }
        Command::SlurmTask(arguments) => slurm::task(&arguments),
        Command::Ingest(arguments) => run::stage(Stage::Ingest, &arguments),
        Command::Augment(arguments) => run::stage(Stage::Augment, &arguments),
        Command::Train(arguments) => run::stage(Stage::Train, &arguments),
        Command::Evaluate(arguments) => run::stage(Stage::Evaluate, &arguments),
        Command::Report { arguments, open } => {
            run::stage(Stage::Report, &arguments)?;
            if open {
                open::report(&arguments)
            } else {
                Ok(())
            }
        }
        Command::New { spec, data } => new::run(&spec, &data),
        Command::Plan(arguments) => plan_table::print(&arguments),
        Command::Spec(arguments) => spec::print(&arguments),
        Command::Inspect { arguments } => tool::run("inspect", &arguments),
        Command::Predict(_) => tool::run("predict", &tool::own_words()),
        Command::Export(_) => tool::run("export", &tool::own_words()),
        Command::Verify { root } => verify::run(&root),
        Command::Clean(arguments) => clean::run(&arguments),
        Command::Test { arguments } => cargo_checks::test(&arguments),
        Command::Bench { bench, words } => cargo_checks::bench(bench.as_deref(), &words),
        Command::Ci => cargo_checks::ci(),
        Command::Completions { shell } => completions::print_script(shell),
        Command::Complete { index, words } => completions::print_candidates(index, &words),
    }
}
