//! Whole runs of the program on the bundled subset: the same bytes for any number of threads and
//! after any interruption, and what happens when something is wrong.

mod large_data;
mod project;
mod same_data;

use std::fs;
use std::process::{Child, Command, Output};
use std::thread;
use std::time::Duration;

use pipelines::files::layout::{HISTORY_FILE, PREDICTIONS_FILE, WEIGHTS_FILE};
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::tables::history::read_history;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;
use project::Project;

fn succeed(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_run_writes_its_files_and_one_line_an_epoch() {
    let project = Project::new();
    let output = project.train(&["--models", "cnn"]);
    succeed(&output);
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), 6, "{lines}");
    assert!(lines.starts_with("cnn seed 0  epoch   1/6"), "{lines}");

    let folder = project.folder("cnn", 0);
    assert!(!project.checkpoint("cnn", 0).exists());
    let history = read_history(&folder, HISTORY_FILE).unwrap();
    assert_eq!(history.len(), 6);
    let last = history[5];
    assert!(last.train_loss < 0.8 * history[0].train_loss);
    assert!(last.learning_rate < history[0].learning_rate);
    assert!(history[4].train_inference_accuracy.is_none());
    assert!(last.train_inference_accuracy.unwrap() > 0.5);

    let predictions = Predictions::read(&folder, PREDICTIONS_FILE).unwrap();
    assert_eq!(predictions.len(), 400 + 1000);
    assert_eq!(predictions.ids[0], 1600);
    let right = (0..400)
        .filter(|&row| predictions.predicted(row) == predictions.labels[row])
        .count();
    assert_eq!(predictions.splits[399], Split::Validation);
    assert_eq!(predictions.splits[400], Split::Test);
    assert_eq!(Some(right as f64 / 400.0), last.validation_accuracy);
}

#[test]
fn a_run_with_averaged_weights_and_views_predicts_with_them() {
    let project = Project::new();
    project.augment();
    succeed(&project.train(&["--models", "residual"]));
    let folder = project.folder("residual", 0);
    let history = read_history(&folder, HISTORY_FILE).unwrap();
    // Epoch by epoch the rate of the first step: it rises for 19 of 95 steps.
    assert_eq!(history[0].learning_rate, 0.01);
    assert_eq!(history[1].learning_rate, 0.1);
    assert!(history[4].learning_rate < 0.02);
    let predictions = Predictions::read(&folder, PREDICTIONS_FILE).unwrap();
    let accuracy = |predicted: &dyn Fn(usize) -> u16| {
        let right = (0..400).filter(|&row| predicted(row) == predictions.labels[row]);
        right.count() as f64 / 400.0
    };
    // What validates is what predicts.
    let single = accuracy(&|row| predictions.predicted(row));
    assert_eq!(Some(single), history[4].validation_accuracy);
    let views = accuracy(&|row| predictions.predicted_in_views(row).unwrap());
    assert!(single > 0.2 && views > 0.2, "{single} {views}");
    assert!(predictions.view_probabilities.unwrap() != predictions.probabilities);
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let project = Project::new();
    project.augment();
    for model in ["cnn", "wide", "residual"] {
        let results = ["1", "2", "4"].map(|threads| {
            succeed(&project.train(&["--models", model, "--threads", threads, "--force"]));
            project.results(model, 0)
        });
        assert!(results[0] == results[1], "{model}: 1 and 2 threads");
        assert!(results[0] == results[2], "{model}: 1 and 4 threads");
    }
}

#[test]
fn a_run_killed_again_and_again_ends_in_the_same_bytes() {
    let project = Project::new();
    project.augment();
    for model in ["cnn", "augmented", "residual"] {
        let words = ["--models", model];
        succeed(&project.train(&words));
        let expected = project.results(model, 0);
        fs::remove_dir_all(project.folder(model, 0)).unwrap();

        let mut kills = 0;
        let mut patience = Duration::from_millis(5);
        loop {
            let mut child = project.start(&words);
            // From the first read to beyond the last epoch, later each time.
            thread::sleep(patience);
            patience = patience.mul_f64(1.2);
            match child.try_wait().unwrap() {
                Some(status) => {
                    assert!(status.success());
                    break;
                }
                None => kills += 1,
            }
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(kills > 0);
        assert!(
            project.results(model, 0) == expected,
            "{model}, {kills} kills"
        );
        assert!(!project.checkpoint(model, 0).exists());
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_epoch_and_the_message_names_it() {
    let project = Project::new();
    let words = ["--models", "cnn"];
    let child = project.start_until_checkpoint(&words, "cnn", 0);
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
    assert!(
        errors(&output).contains("interrupted: cnn seed 0 goes on after epoch "),
        "{}",
        errors(&output)
    );
    let output = project.train(&words);
    succeed(&output);
    assert!(errors(&output).contains("cnn seed 0: goes on after epoch "));
}

#[cfg(unix)]
#[test]
fn a_damaged_or_foreign_checkpoint_is_not_used() {
    let project = Project::new();
    let words = ["--models", "cnn", "--seeds", "0"];
    succeed(&project.train(&words));
    let expected = project.results("cnn", 0);

    let interrupted = |seed: &str| {
        let words = ["--models", "cnn", "--seeds", seed, "--force"];
        let number = seed.parse().unwrap();
        let child = project.start_until_checkpoint(&words, "cnn", number);
        signal(&child, "-KILL");
        child.wait_with_output().unwrap();
        fs::read(project.checkpoint("cnn", number)).unwrap()
    };
    let foreign = interrupted("1");
    let mut damaged = interrupted("0");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for (bytes, reason) in [
        (foreign, "one of another: spec changed: seed: 1 → 0"),
        (damaged, "is damaged: expected SHA-256"),
        (b"short".to_vec(), "expected a safetensors file"),
    ] {
        fs::remove_dir_all(project.folder("cnn", 0)).unwrap();
        fs::create_dir_all(project.folder("cnn", 0)).unwrap();
        fs::write(project.checkpoint("cnn", 0), bytes).unwrap();
        let output = project.train(&words);
        succeed(&output);
        let errors = errors(&output);
        assert!(errors.contains("cnn seed 0: begins again: "), "{errors}");
        assert!(errors.contains(reason), "{errors}");
        assert!(project.results("cnn", 0) == expected);
    }
}

#[test]
fn a_run_whose_loss_is_nan_is_recorded_and_the_others_are_trained() {
    let project = Project::new();
    let words = ["--models", "diverging,cnn", "--seeds", "0"];
    let output = project.train(&words);
    assert_eq!(output.status.code(), Some(1));
    let text = errors(&output);
    assert!(
        text.contains("train diverging seed 0 failed: epoch 1, batch "),
        "{text}"
    );
    assert!(
        text.contains("expected a loss of at most 10000, found"),
        "{text}"
    );
    assert!(project.folder("cnn", 0).join(WEIGHTS_FILE).exists());
    assert!(!project.folder("diverging", 0).join(WEIGHTS_FILE).exists());
    let manifest = Manifest::read(&project.folder("diverging", 0))
        .unwrap()
        .unwrap();
    assert!(matches!(manifest.outcome, Outcome::Failed { .. }));

    let again = project.train(&words);
    assert_eq!(again.status.code(), Some(1), "{}", errors(&again));
    assert!(again.stdout.is_empty());
}

#[cfg(unix)]
fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    // The shell's own: not every machine has a program of that name.
    let sent = Command::new("sh")
        .args(["-c", "kill \"$0\" \"$1\"", signal, &id])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn standardised_pixels_are_recorded_with_the_weights_and_in_the_manifest() {
    let divisor = "pixel_divisor = 255.0";
    let project = Project::with(|spec| spec.replace(divisor, "normalization = \"standard\""));
    succeed(&project.train(&["--models", "wide"]));
    let folder = project.folder("wide", 0);
    let manifest = Manifest::read(&folder).unwrap().unwrap();
    let normalization = manifest.normalization.unwrap();
    // Mean and standard deviation of the levels of Fashion-MNIST, over its first 1,600 images.
    let (mean, deviation) = (normalization.mean[0], normalization.standard_deviation[0]);
    assert!((mean - 73.0).abs() < 3.0, "{mean}");
    assert!((deviation - 90.0).abs() < 3.0, "{deviation}");
    let weights = fs::read(folder.join(WEIGHTS_FILE)).unwrap();
    let recorded = format!("\\\"normalization\\\":{{\\\"mean\\\":[{mean}],");
    let text = String::from_utf8_lossy(&weights);
    assert!(text.contains(&recorded), "{}", &text[..2_000]);
    let history = read_history(&folder, HISTORY_FILE).unwrap();
    assert!(history[0].validation_accuracy.unwrap() > 0.5);
}
