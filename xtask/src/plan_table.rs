//! What would run and why.

use std::process::Command;

use anyhow::Result;
use pipelines::files::checkpoint_header;
use pipelines::files::layout::Layout;
use pipelines::files::plan::{Selection, producers, steps};
use pipelines::files::spec_folder;
use pipelines::files::step::Step;
use pipelines::files::step_state::{StepState, StepStates};
use pipelines::spec::Spec;
use pipelines::stage::Stage;
use pipelines::stage_program::{print_line, write_line};

use crate::command_line::RunArguments;
use crate::plan_cost::{self, Speed};
use crate::stage_binaries;

/// Prints the plan of a run.
///
/// # Errors
/// An invalid spec. A step whose manifest cannot be read has a line that says so.
pub fn print(arguments: &RunArguments) -> Result<()> {
    let spec = arguments.stage.load_spec()?;
    let layout = arguments.stage.layout();
    spec_folder::is_own(&layout, &spec)?;
    let selection = arguments.stage.selection();
    let rows = states(&layout, &spec, &selection, arguments.stage.force)?;
    print_line(table(&rows).trim_end());
    print_sweeps(arguments, &spec, &selection);
    match is_shape_known(&layout, &spec) {
        true => smallest_effect(arguments),
        false => print_line(SHAPE_NOT_KNOWN),
    }
    Ok(())
}

/// What stands in the place of costs and effects before the images were read.
const SHAPE_NOT_KNOWN: &str = "what training costs and which effect the seeds can show is known once \
     `cargo xtask ingest` has read the images: the spec leaves their shape and classes to them";

/// Whether the spec says what the images are, or `ingest` has read them.
fn is_shape_known(layout: &Layout, spec: &Spec) -> bool {
    spec.data.info().is_ok() || layout.ingested(&spec.data.name).exists()
}

/// The candidates of each sweep with the time that they would take. A manifest that cannot be read has its line
/// in the table already.
fn print_sweeps(arguments: &RunArguments, spec: &Spec, selection: &Selection) {
    let layout = arguments.stage.layout();
    // What the spec leaves to the data is known once they are ingested.
    let spec = match spec.data.info() {
        Ok(_) => spec.clone(),
        Err(_) => spec
            .clone()
            .with_ingested(&layout)
            .unwrap_or_else(|_| spec.clone()),
    };
    let mut states = StepStates::new(&layout, &spec, selection);
    let speed = Speed::measured(&mut states, &spec, selection).unwrap_or_default();
    match plan_cost::sweeps(&spec, selection, speed, arguments.stage.thread_count()) {
        Ok(lines) => lines.iter().for_each(|line| print_line(line)),
        Err(error) => tracing::warn!("{error:#}"),
    }
}

/// Lets `evaluate` say which effect the seeds can show. The plan needs no build: without the program
/// there is nothing to say.
fn smallest_effect(arguments: &RunArguments) {
    let mut words = arguments.stage.to_words();
    words.push("--smallest-effect".into());
    let said = stage_binaries::find(Stage::Evaluate.name())
        .and_then(|program| Ok(Command::new(program).args(words).output()?));
    match said {
        Ok(output) if output.status.success() => {
            print_line(String::from_utf8_lossy(&output.stdout).trim_end());
        }
        // A line of the program's own log.
        Ok(output) => write_line(
            &mut std::io::stderr(),
            String::from_utf8_lossy(&output.stderr).trim_end(),
        ),
        Err(error) => tracing::debug!("the smallest effect is not known: {error:#}"),
    }
}

/// What a run would do with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Fresh,
    /// It would fail as it did before, for this reason, and is not run again.
    Failed(String),
    /// It would run, for this reason.
    Run(String),
    /// It is looked at again when this step, which it needs, has run.
    After(Step),
    /// What lies on disk cannot be read, for this reason.
    Unreadable(String),
}

fn states(
    layout: &Layout,
    spec: &Spec,
    selection: &Selection,
    force: bool,
) -> Result<Vec<(Step, State)>> {
    let mut rows: Vec<(Step, State)> = Vec::new();
    let mut states = StepStates::new(layout, spec, selection);
    for step in steps(spec, selection)? {
        let needs = producers(spec, selection, &step)?;
        let will_run = |need: &Step| {
            let runs = |state: &State| !matches!(state, State::Fresh | State::Failed(_));
            rows.iter().any(|(step, state)| step == need && runs(state))
        };
        let state = match needs.into_iter().find(will_run) {
            _ if force => State::Run("forced".into()),
            Some(need) => State::After(need),
            None => match states.of(&step) {
                Ok(state) => match (&state.stale, state.failure()) {
                    (Some(reason), _) => State::Run(continued(&state).unwrap_or(reason.clone())),
                    (None, Some(reason)) => State::Failed(reason.to_owned()),
                    (None, None) => State::Fresh,
                },
                Err(error) => State::Unreadable(format!("{error:#}")),
            },
        };
        rows.push((step, state));
    }
    Ok(rows)
}

/// Where an interrupted training goes on.
fn continued(state: &StepState) -> Option<String> {
    let made_from = state.expected.as_ref().ok()?;
    let epochs = checkpoint_header::epochs_done(&state.folder, made_from)?;
    Some(format!("goes on after epoch {epochs}"))
}

/// One line a step and one for all.
fn table(rows: &[(Step, State)]) -> String {
    let width = rows.iter().map(|(step, _)| step.to_string().len()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for (step, state) in rows {
        let state = match state {
            State::Fresh => "fresh".to_owned(),
            State::Failed(reason) => format!("failed {reason}"),
            State::Run(reason) => format!("run    {reason}"),
            State::After(need) => format!("later  after {need}"),
            State::Unreadable(reason) => format!("error  {reason}"),
        };
        text += &format!("{:width$}  {state}\n", step.to_string());
    }
    let fresh = rows
        .iter()
        .filter(|(_, state)| *state == State::Fresh)
        .count();
    text += &format!("{} steps, {fresh} of them fresh\n", rows.len());
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn in_an_empty_folder_everything_comes_after_ingest() {
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec::load("smoke").unwrap();
        let selection = Selection {
            models: vec!["model-1".into(), "model-5".into()],
            seeds: vec![0],
            ..Selection::default()
        };
        let rows = states(&Layout::new(folder.path()), &spec, &selection, false).unwrap();
        expect![[r#"
            ingest                run    not made yet
            augment affine        later  after ingest
            train model-1 seed 0  later  after ingest
            train model-5 seed 0  later  after ingest
            evaluate              later  after ingest
            report                later  after ingest
            6 steps, 0 of them fresh
        "#]]
        .assert_eq(&table(&rows));
    }

    #[test]
    fn the_shape_of_images_that_nobody_has_read_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let mut spec = Spec::load("smoke").unwrap();
        assert!(is_shape_known(&layout, &spec));
        spec.data.image_size = None;
        assert!(!is_shape_known(&layout, &spec));
        std::fs::create_dir_all(layout.ingested(&spec.data.name)).unwrap();
        assert!(is_shape_known(&layout, &spec));
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_an_error_of_its_step() {
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec::load("smoke").unwrap();
        let layout = Layout::new(folder.path());
        let selection = Selection {
            models: vec!["model-1".into()],
            seeds: vec![0],
            ..Selection::default()
        };
        let ingested = layout.ingested(&spec.data.name);
        std::fs::create_dir_all(&ingested).unwrap();
        std::fs::write(ingested.join("manifest.json"), "{}").unwrap();
        let rows = states(&layout, &spec, &selection, false).unwrap();
        assert!(matches!(&rows[0].1, State::Unreadable(reason) if reason.contains("damaged")));
        assert_eq!(rows[1].1, State::After(Step::Ingest));
    }

    #[test]
    fn forced_steps_all_run() {
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec::load("smoke").unwrap();
        let selection = Selection::default();
        let rows = states(&Layout::new(folder.path()), &spec, &selection, true).unwrap();
        let forced = State::Run("forced".into());
        assert!(rows.iter().all(|(_, state)| *state == forced));
    }
}
