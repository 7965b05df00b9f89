//! After SIGKILL at any moment the next run continues, to the bytes of a run that was never killed.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::project::{Project, Running, finished, stage_of};

/// Number of kills after which the test ends with the current run; [`KILLS_VARIABLE`] overrides it.
const KILLS: usize = 8;
/// With at least this many kills, each stage must have been hit.
const MANY_KILLS: usize = 100;
/// Environment variable with the number of kills.
const KILLS_VARIABLE: &str = "ATELIER_KILLS";
/// Limit on the time from the start of a stage to the kill; every stage is shorter on a slow machine.
const MAX_DELAY_S: f64 = 0.6;

#[test]
fn killed_runs_continue_to_the_same_bytes() {
    let wanted = match std::env::var(KILLS_VARIABLE) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => KILLS,
    };
    let mut kills: BTreeMap<String, usize> = BTreeMap::new();
    let mut runs = 0;
    while kills.values().sum::<usize>() < wanted {
        let project = Project::new();
        while let Some(stage) = run_and_kill(&project) {
            *kills.entry(stage).or_default() += 1;
        }
        assert_eq!(
            project.digest(),
            finished().digest(),
            "after kills in {kills:?}"
        );
        project.run("verify").succeeded();
        runs += 1;
    }
    if wanted >= MANY_KILLS {
        assert_eq!(kills.len(), 5, "every stage was hit: {kills:?}");
    }
    println!("{runs} runs continued after kills in {kills:?}");
}

/// Runs on and kills everything at a random moment; returns the running stage, or `None`
/// if the run ended before.
fn run_and_kill(project: &Project) -> Option<String> {
    let running = Running::start(project.command("run-all"));
    // In the first stage that runs, the second or the third, or in one that follows soon.
    let mut stages_left = 1 + (3.0 * random_fraction()) as usize;
    let mut stage = None;
    while stages_left > 0
        && let Some(line) = running.wait_for(|line| stage_of(line).is_some())
    {
        stage = stage_of(&line);
        stages_left -= 1;
    }
    let delay_s = MAX_DELAY_S * random_fraction().powi(3);
    std::thread::sleep(Duration::from_secs_f64(delay_s));
    running.signal_all(Signal::SIGKILL);
    let begun_since = running.lines.try_iter().filter_map(|line| stage_of(&line));
    let stage = begun_since.last().or(stage);
    match running.end().0 {
        Some(code) => {
            assert_eq!(code, 0, "a run that was not killed failed");
            None
        }
        None => stage,
    }
}

/// A uniform number in 0..1, different in each call and process.
fn random_fraction() -> f64 {
    (RandomState::new().build_hasher().finish() >> 11) as f64 / (1_u64 << 53) as f64
}
