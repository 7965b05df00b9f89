//! Runs on a Slurm cluster of two nodes, with everything that happens to clusters. Where Slurm is not installed
//! and cannot be, these tests say that they were not tried.

mod cluster;

use std::time::Duration;

use nix::sys::signal::Signal;

use cluster::Cluster;

use crate::project::{Project, Running, assert_same, finished, run};

const ON_SLURM: &str = "run-all --executor slurm --mem 500";

/// Starts a cluster, or ends the test.
macro_rules! cluster {
    () => {
        match Cluster::start() {
            Some(cluster) => cluster,
            None => return,
        }
    };
}

/// The digest of what a run makes, without the files of the executor.
fn digest(project: &Project) -> std::collections::BTreeMap<String, String> {
    let mut digest = project.digest();
    digest.retain(|name, _| !name.contains("/slurm/"));
    digest
}

/// A project whose dense model trains for long enough to be disturbed; the same project run here.
fn long() -> (Project, Project) {
    let make = || {
        let project = Project::new();
        project.edit_spec("epochs = 8", "epochs = 150");
        project
    };
    let (project, here) = (make(), make());
    run(&mut here.command("run-all")).succeeded();
    (project, here)
}

#[test]
fn two_nodes_make_the_bytes_of_one_machine_and_a_second_run_has_nothing_to_do() {
    let cluster = cluster!();
    let project = Project::new();
    let output = run(&mut cluster.on(project.command(ON_SLURM))).succeeded();
    assert!(
        output.stdout.contains("train dense seed 0: done"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("report: "), "{}", output.stdout);
    assert_same(&digest(&project), &finished().digest());
    let log = project.path("runs/tiny/slurm/logs/train-dense-seed-0.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("epoch   8/8"), "{log}");
    let again = run(&mut cluster.on(project.command(ON_SLURM))).succeeded();
    assert!(!again.stderr.contains("job "), "{}", again.stderr);
}

/// The nodes begin in the folder of the root, which lies outside of the workspace here.
#[test]
fn a_spec_that_extends_a_named_one_runs_on_the_nodes() {
    let cluster = cluster!();
    let project = Project::new();
    let spec = "extends = \"smoke\"\ndescription = \"One model of smoke\"\n";
    std::fs::write(project.path("named.toml"), spec).unwrap();
    let command = project.command_of("named", &format!("{ON_SLURM} --models model-8"));
    let mut command = cluster.on(command);
    // What cargo tells a program that it runs must not be needed.
    let output = run(command.env_remove("CARGO_MANIFEST_DIR")).succeeded();
    assert!(output.stdout.contains("model-8"), "{}", output.stdout);
}

#[test]
fn killed_tasks_a_lost_node_and_a_controller_that_is_away_change_no_byte() {
    let cluster = cluster!();
    let (project, here) = long();
    let running = Running::start(cluster.on(project.command(ON_SLURM)));
    let task = || cluster.running("train").into_iter().next();
    let checkpoint = project.path("runs/tiny/train/dense/seed-0/checkpoint.safetensors");
    let begun = || checkpoint.is_file().then_some(());
    // Somebody cancels a task.
    let first = cluster.wait("a training", task);
    cluster.wait("a checkpoint", begun);
    cluster.ask(&format!("scancel {first}"));
    // The attempt that follows loses its node.
    let second = cluster.wait("the next attempt", || task().filter(|task| *task != first));
    let node = cluster.ask(&format!("squeue --noheader --jobs={second} --format=%N"));
    cluster.ask(&format!(
        "scontrol update nodename={} state=down reason=test",
        node.trim()
    ));
    std::thread::sleep(Duration::from_secs(1));
    cluster.ask(&format!(
        "scontrol update nodename={} state=resume",
        node.trim()
    ));
    cluster.wait("the task on a node again", || {
        cluster.hurry();
        task()
    });
    // Nobody answers for a while.
    cluster.stop("controller");
    let waits = running.wait_for(|line| line.contains("does not answer"));
    assert!(waits.is_some());
    cluster.revive("controller");
    let (code, said) = running.end();
    assert_eq!(code, Some(0), "{said}");
    assert_same(&digest(&project), &digest(&here));
}

#[test]
fn a_task_at_its_time_limit_goes_on_at_its_last_epoch() {
    let cluster = cluster!();
    let (project, here) = long();
    let running = Running::start(cluster.on(project.command(ON_SLURM)));
    let task = cluster.wait("a training", || cluster.running("train").into_iter().next());
    let log = project.path("runs/tiny/slurm/logs/train-dense-seed-0.log");
    let read = || std::fs::read_to_string(&log).unwrap_or_default();
    cluster.wait("an epoch", || {
        read().contains("epoch   2/150").then_some(())
    });
    // What Slurm sends when the time is nearly up.
    cluster.ask(&format!("scancel --batch --signal=TERM {task}"));
    cluster.wait("its end", || {
        read()
            .contains("goes on when its turn comes again")
            .then_some(())
    });
    cluster.wait("the task on a node again", || {
        cluster.hurry();
        read().contains("goes on after epoch").then_some(())
    });
    let (code, said) = running.end();
    assert_eq!(code, Some(0), "{said}");
    assert_same(&digest(&project), &digest(&here));
}

#[test]
fn ctrl_c_leaves_the_jobs_a_second_run_waits_for_them_and_cancel_ends_them() {
    let cluster = cluster!();
    let project = Project::new();
    project.edit_spec("epochs = 8", "epochs = 20000");
    let running = Running::start(cluster.on(project.command(ON_SLURM)));
    let task = cluster.wait("a training", || cluster.running("train").into_iter().next());
    running.signal_all(Signal::SIGINT);
    let (code, said) = running.end();
    assert_eq!(code, Some(130), "{said}");
    assert!(
        said.contains("cargo xtask status") && said.contains("cargo xtask cancel"),
        "{said}"
    );
    let again = format!("{ON_SLURM} --detach");
    let output = run(&mut cluster.on(project.command(&again))).succeeded();
    assert!(
        output.stderr.contains("in the queue already"),
        "{}",
        output.stderr
    );
    let status = run(&mut cluster.on(project.command("status")))
        .succeeded()
        .stdout;
    assert!(status.contains("running  train dense seed 0"), "{status}");
    assert!(status.contains("train-dense-seed-0.log"), "{status}");
    assert!(
        cluster.running("train").contains(&task),
        "it is the same task"
    );
    run(&mut cluster.on(project.command("cancel"))).succeeded();
    cluster.wait("an empty queue", || {
        cluster
            .ask("squeue --noheader")
            .trim()
            .is_empty()
            .then_some(())
    });
    let status = run(&mut cluster.on(project.command("status")))
        .succeeded()
        .stdout;
    assert!(status.contains("cancelled"), "{status}");
}

#[test]
fn a_refusal_is_shown_in_sbatchs_own_words_and_leaves_no_job() {
    let cluster = cluster!();
    let project = Project::new();
    let words = format!("{ON_SLURM} --partition nowhere");
    run(&mut cluster.on(project.command(&words)))
        .failed_with(&["sbatch", "invalid partition specified: nowhere"]);
    assert_eq!(cluster.ask("squeue --noheader").trim(), "");
}

#[test]
fn a_failed_model_stops_neither_the_others_nor_the_report() {
    let cluster = cluster!();
    let project = Project::new();
    project.edit_spec("learning_rate = 0.05", "learning_rate = 1e30");
    let words = format!("{ON_SLURM} --seeds 0");
    run(&mut cluster.on(project.command(&words))).failed_with(&["train convolution seed 0 failed"]);
    let report = std::fs::read_to_string(project.path("runs/tiny/report/report.md")).unwrap();
    assert!(report.contains("1 run failed"), "{report}");
}

#[test]
fn a_task_that_takes_too_much_memory_says_what_it_had() {
    let cluster = cluster!();
    let project = Project::new();
    project.edit_spec("epochs = 8", "epochs = 20000");
    run(&mut cluster.on(project.command("run-all --executor slurm --mem 20 --detach"))).succeeded();
    let said = cluster.wait("a task that is ended", || {
        let log =
            std::fs::read_to_string(project.path("runs/tiny/slurm/logs/evaluate.log")).ok()?;
        log.lines()
            .find(|line| line.contains("out of memory"))
            .map(str::to_owned)
    });
    assert!(
        said.contains("it had 20 MiB (--mem), the plan had forecast"),
        "{said}"
    );
    run(&mut cluster.on(project.command("cancel"))).succeeded();
}

#[test]
fn without_slurm_the_message_says_so_and_nothing_runs() {
    let project = Project::new();
    let mut command = project.command("run-all --executor slurm");
    run(command.env("PATH", project.root()))
        .failed_with(&["expected Slurm's `sbatch` on the PATH"]);
    let output = project.run("run-all --partition cpu");
    output.failed_with(&["--partition: expected `--executor slurm` beside it"]);
    assert!(project.files().is_empty(), "{:?}", project.files());
}
