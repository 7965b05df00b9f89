//! What changes, and what has to run again because of it: that and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use expect_test::{Expect, expect};
use pipelines::files::artifact::Artifact;
use pipelines::files::fingerprint::Fingerprint;
use pipelines::files::layout::{
    Layout, MANIFEST_FILE, OVERVIEW_FILE, TEST_FILE, TRAIN_FILE, shard_file,
};
use pipelines::files::machine::MadeBy;
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::plan::{Selection, steps};
use pipelines::files::step::Step;
use pipelines::files::step_state::{StepState, StepStates};
use pipelines::spec::{Augmentation, Spec};

/// A project on disk whose stages are imitated: each writes files whose bytes are its fingerprint,
/// so that they change when anything does that they are made from.
struct Project {
    folder: tempfile::TempDir,
    spec: Spec,
    selection: Selection,
}

impl Project {
    fn new() -> Self {
        let mut spec = Spec::load("smoke").unwrap();
        spec.published.as_mut().unwrap().text = "figures".into();
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
            spec,
            selection: Selection {
                models: ["model-1", "model-2", "model-5"]
                    .map(str::to_owned)
                    .to_vec(),
                seeds: vec![0],
                ..Selection::default()
            },
        };
        project.run();
        project
    }

    fn layout(&self) -> Layout {
        Layout::new(self.folder.path())
    }

    /// Runs what is not fresh; says which steps and why.
    fn run(&self) -> String {
        let layout = self.layout();
        let mut ran = String::new();
        for step in steps(&self.spec, &self.selection).unwrap() {
            let state = self.state(&step).unwrap();
            if let Some(reason) = &state.stale {
                ran += &format!("{step}: {reason}\n");
                self.make(&layout, &step, state.expected.clone().unwrap());
            }
            let state = self.state(&step).unwrap();
            assert_eq!(state.stale, None, "{step} after it ran");
        }
        ran
    }

    /// What is known of `step` now.
    fn state(&self, step: &Step) -> anyhow::Result<Rc<StepState>> {
        StepStates::new(&self.layout(), &self.spec, &self.selection).of(step)
    }

    fn make(&self, layout: &Layout, step: &Step, made_from: Fingerprint) {
        let folder = layout.step(&self.spec, step);
        fs::create_dir_all(&folder).unwrap();
        let bytes = serde_json::to_vec(&made_from).unwrap();
        let mut outputs = BTreeMap::new();
        for name in self.file_names(step) {
            let bytes = [name.as_bytes(), &bytes].concat();
            outputs.insert(
                name.clone(),
                Artifact::write(&folder.join(name), &bytes).unwrap(),
            );
        }
        let manifest = Manifest {
            outputs,
            ..Manifest::new(step, made_from, MadeBy::here(1))
        };
        manifest.write(&folder).unwrap();
    }

    fn file_names(&self, step: &Step) -> Vec<String> {
        match step {
            Step::Ingest => [TRAIN_FILE, TEST_FILE, OVERVIEW_FILE]
                .map(str::to_owned)
                .to_vec(),
            Step::Augment { policy } => {
                let policy = self.spec.policy(policy).unwrap();
                let count = self.selection.shard_count(&self.spec, policy).unwrap();
                (0..count).map(shard_file).collect()
            }
            _ => vec!["result".to_owned()],
        }
    }

    fn folder_of(&self, step: &Step) -> std::path::PathBuf {
        self.layout().step(&self.spec, step)
    }

    fn edit_manifest(&self, step: &Step, edit: impl FnOnce(&mut Manifest)) {
        let folder = self.folder_of(step);
        let mut manifest = Manifest::read(&folder).unwrap().unwrap();
        edit(&mut manifest);
        manifest.write(&folder).unwrap();
    }
}

fn check(change: impl FnOnce(&mut Project), expected: &Expect) {
    let mut project = Project::new();
    change(&mut project);
    expected.assert_eq(&project.run());
    assert_eq!(project.run(), "", "the second time");
}

fn train(model: &str) -> Step {
    Step::Train {
        model: model.to_owned(),
        seed: 0,
    }
}

fn affine() -> Step {
    Step::Augment {
        policy: "affine".to_owned(),
    }
}

#[test]
fn nothing_changed_means_nothing_runs() {
    check(|_| {}, &expect![[""]]);
}

#[test]
fn words_about_a_model_change_only_what_quotes_them() {
    check(
        |p| p.spec.models[0].title = "another title".into(),
        &expect![[r#"
            evaluate: spec changed: spec.models.0.title: "baseline" → "another title"
            report: spec changed: spec.models.0.title: "baseline" → "another title"
        "#]],
    );
    check(
        |p| p.spec.description = "another".into(),
        &expect![[r#"
        evaluate: spec changed: spec.description: "The models of `quick` on the bundled subset, trained for an epoch or two" → "another"
        report: spec changed: spec.description: "The models of `quick` on the bundled subset, trained for an epoch or two" → "another"
    "#]],
    );
}

#[test]
fn a_choice_that_the_report_quotes_changes_the_report_alone() {
    check(
        |p| p.spec.data.choice = Some("another".into()),
        &expect![[r#"
            report: spec changed: choices.0.1: "All models hold out the same fifth of the training rows, models 5 and 6 too; the paper's equal validation and test figures suggest that it validated those two on the test set." → "another"
        "#]],
    );
}

#[test]
fn a_changed_model_trains_again_and_no_other_does() {
    check(
        |p| p.spec.models[1].epochs += 1,
        &expect![[r#"
        train model-2 seed 0: spec changed: model.epochs: 1 → 2
        evaluate: spec changed: spec.models.1.epochs: 1 → 2
        report: spec changed: spec.models.1.epochs: 1 → 2
    "#]],
    );
    check(
        |p| p.spec.models[0].batch_size = 32,
        &expect![[r#"
        train model-1 seed 0: spec changed: model.batch_size: 64 → 32
        evaluate: spec changed: spec.models.0.batch_size: 64 → 32
        report: spec changed: spec.models.0.batch_size: 64 → 32
    "#]],
    );
    check(
        |p| p.spec.models[0].augmentation = Augmentation::from("affine"),
        &expect![[r#"
            train model-1 seed 0: spec changed: model.augmentation: "none" → "affine"
            evaluate: spec changed: spec.models.0.augmentation: "none" → "affine"
            report: spec changed: spec.models.0.augmentation: "none" → "affine"
        "#]],
    );
}

#[test]
fn longer_training_on_a_policy_needs_further_shards_and_spoils_none() {
    check(
        |p| p.spec.models[4].epochs += 1,
        &expect![[r#"
        augment affine: copy-002.parquet is not made yet
        train model-5 seed 0: spec changed: model.epochs: 2 → 3
        evaluate: spec changed: spec.models.4.epochs: 2 → 3
        report: spec changed: spec.models.4.epochs: 2 → 3
    "#]],
    );
}

#[test]
fn a_changed_policy_makes_its_shards_and_their_models_again() {
    check(
        |p| p.spec.policies[0].rotation_deg = Some(20.0),
        &expect![[r#"
            augment affine: spec changed: policy.rotation_deg: 10.0 → 20.0
            train model-5 seed 0: input changed: runs/smoke/augment/affine/copy-000.parquet
            evaluate: spec changed: spec.policies.0.rotation_deg: 10.0 → 20.0
            report: spec changed: spec.policies.0.rotation_deg: 10.0 → 20.0
        "#]],
    );
    check(
        |p| p.spec.policies[0].copies = Some(1),
        &expect![[r#"
            train model-5 seed 0: input changed: runs/smoke/augment/affine/copy-001.parquet
            evaluate: spec changed: spec.policies.0.copies: nothing → 1
            report: spec changed: spec.policies.0.copies: nothing → 1
        "#]],
    );
}

#[test]
fn another_split_changes_everything() {
    check(
        |p| p.spec.data.validation_split = 0.25,
        &expect![[r#"
        ingest: spec changed: validation_split: 0.2 → 0.25
        augment affine: input changed: data/ingested/bundled/train.parquet
        train model-1 seed 0: input changed: data/ingested/bundled/test.parquet
        train model-2 seed 0: input changed: data/ingested/bundled/test.parquet
        train model-5 seed 0: input changed: data/ingested/bundled/test.parquet
        evaluate: spec changed: spec.data.validation_split: 0.2 → 0.25
        report: spec changed: spec.data.validation_split: 0.2 → 0.25
    "#]],
    );
}

#[test]
fn another_scale_of_pixels_leaves_the_images_as_they_are() {
    check(
        |p| p.spec.data.pixel_divisor = Some(256.0),
        &expect![[r#"
        train model-1 seed 0: spec changed: pixel_divisor: 255.0 → 256.0
        train model-2 seed 0: spec changed: pixel_divisor: 255.0 → 256.0
        train model-5 seed 0: spec changed: pixel_divisor: 255.0 → 256.0
        evaluate: spec changed: spec.data.pixel_divisor: 255.0 → 256.0
        report: spec changed: spec.data.pixel_divisor: 255.0 → 256.0
    "#]],
    );
}

#[test]
fn leave_to_fall_back_changes_nothing_by_itself() {
    check(|p| p.spec.data.bundled_fallback = false, &expect![""]);
}

#[test]
fn other_intervals_leave_the_models_as_they_are() {
    check(
        |p| p.spec.evaluation.confidence = 0.99,
        &expect![[r#"
        evaluate: spec changed: spec.evaluation.confidence: 0.95 → 0.99
        report: spec changed: spec.evaluation.confidence: 0.95 → 0.99
    "#]],
    );
}

#[test]
fn a_further_seed_trains_only_that() {
    check(
        |p| p.selection.seeds.push(1),
        &expect![[r#"
        train model-1 seed 1: not made yet
        train model-2 seed 1: not made yet
        train model-5 seed 1: not made yet
        evaluate: spec changed: seeds: [0] → [0,1]
        report: spec changed: seeds: [0] → [0,1]
    "#]],
    );
}

#[test]
fn fewer_models_need_new_tables_only() {
    check(
        |p| p.selection.models.truncate(2),
        &expect![[r#"
        evaluate: spec changed: models: ["model-1","model-2","model-5"] → ["model-1","model-2"]
        report: spec changed: models: ["model-1","model-2","model-5"] → ["model-1","model-2"]
    "#]],
    );
}

#[test]
fn a_newer_stage_runs_again_and_what_it_changed_does_too() {
    let older = |step: Step| {
        move |p: &mut Project| p.edit_manifest(&step, |m| m.made_from.stage_version = 0)
    };
    check(
        older(Step::Ingest),
        &expect![[r#"
            ingest: ingest is now version 4 instead of 0
        "#]],
    );
    check(
        older(affine()),
        &expect![[r#"
        augment affine: augment is now version 2 instead of 0
    "#]],
    );
    check(
        older(train("model-1")),
        &expect![[r#"
        train model-1 seed 0: train is now version 3 instead of 0
    "#]],
    );
    check(
        older(Step::Evaluate),
        &expect![[r#"
            evaluate: evaluate is now version 6 instead of 0
        "#]],
    );
    check(
        older(Step::Report),
        &expect![[r#"
            report: report is now version 13 instead of 0
        "#]],
    );
}

#[test]
fn another_bundled_subset_is_ingested_again() {
    let exchange = |p: &mut Project| {
        p.edit_manifest(&Step::Ingest, |manifest| {
            let hash = manifest.made_from.inputs.values_mut().next().unwrap();
            *hash = "0".repeat(64);
        });
    };
    check(
        exchange,
        &expect![[r#"
        ingest: input changed: ingest/data/t10k-images-idx3-ubyte.gz
    "#]],
    );
}

#[test]
fn another_input_reaches_what_reads_it() {
    // As if ingest had been run by hand on other images.
    let exchange = |p: &mut Project| {
        let path = p.folder_of(&Step::Ingest).join(TEST_FILE);
        let artifact = Artifact::write(&path, b"other images").unwrap();
        p.edit_manifest(&Step::Ingest, |manifest| {
            manifest.outputs.insert(TEST_FILE.to_owned(), artifact);
        });
    };
    check(
        exchange,
        &expect![[r#"
        train model-1 seed 0: input changed: data/ingested/bundled/test.parquet
        train model-2 seed 0: input changed: data/ingested/bundled/test.parquet
        train model-5 seed 0: input changed: data/ingested/bundled/test.parquet
        evaluate: input changed: data/ingested/bundled/test.parquet
        report: input changed: data/ingested/bundled/test.parquet
    "#]],
    );
}

#[test]
fn a_missing_or_shortened_file_is_made_again() {
    let remove = |p: &mut Project| {
        fs::remove_file(p.folder_of(&train("model-2")).join("result")).unwrap();
    };
    check(
        remove,
        &expect![[r#"
        train model-2 seed 0: result is missing or cut short
    "#]],
    );
    let shorten = |p: &mut Project| {
        fs::write(p.folder_of(&affine()).join(shard_file(1)), "short").unwrap();
    };
    check(
        shorten,
        &expect![[r#"
        augment affine: copy-001.parquet is missing or cut short
    "#]],
    );
}

#[test]
fn an_unfinished_step_goes_on() {
    let unfinished = |p: &mut Project| {
        p.edit_manifest(&affine(), |manifest| manifest.outcome = Outcome::Unfinished);
    };
    check(
        unfinished,
        &expect![[r#"
        augment affine: begun and not finished
    "#]],
    );
}

#[test]
fn a_run_that_diverged_is_not_tried_again_and_is_named_in_the_tables() {
    let failed = |p: &mut Project| {
        p.edit_manifest(&train("model-2"), |manifest| {
            manifest.outcome = Outcome::Failed {
                reason: "loss is NaN in epoch 3, batch 17".into(),
            };
        });
    };
    check(
        failed,
        &expect![[r#"
        evaluate: spec changed: failed: [] → ["train model-2 seed 0: loss is NaN in epoch 3, batch 17"]
        report: spec changed: failed: [] → ["train model-2 seed 0: loss is NaN in epoch 3, batch 17"]
    "#]],
    );
}

#[test]
fn tables_are_made_of_the_runs_that_are_there() {
    let project = Project::new();
    fs::remove_dir_all(project.folder_of(&train("model-2"))).unwrap();
    let state = project.state(&Step::Evaluate).unwrap();
    let made_from = state.expected.clone().unwrap();
    assert_eq!(made_from.spec["left_out"][0], "train model-2 seed 0");
}

/// The manifest of `step` with `old` replaced by `new` in its text.
fn error_after(old: &str, new: &str) -> String {
    let project = Project::new();
    let path = project.folder_of(&train("model-1")).join(MANIFEST_FILE);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{text}");
    fs::write(&path, text.replacen(old, new, 1)).unwrap();
    let error = project.state(&train("model-1")).unwrap_err();
    let text = format!("{error:#}");
    let root = Path::new(project.folder.path()).display().to_string();
    text.replace(&root, "")
}

#[test]
fn a_manifest_of_a_newer_version_is_refused_with_its_remedy() {
    let error = error_after("\"format\": 1", "\"format\": 2");
    expect!["/runs/smoke/train/model-1/seed-0/manifest.json: format: expected at most 1, found 2; it was written by a newer version: use that version, or delete the folder and run the step again"].assert_eq(&error);
}

#[test]
fn a_producer_that_cannot_be_read_is_an_error_and_not_stale() {
    let project = Project::new();
    let path = project.folder_of(&Step::Ingest).join(MANIFEST_FILE);
    fs::write(&path, "not a manifest").unwrap();
    for step in [affine(), train("model-1"), Step::Evaluate] {
        let error = project.state(&step).unwrap_err().to_string();
        assert!(
            error.contains("expected a manifest, found damaged text"),
            "{error}"
        );
    }
}

#[test]
fn another_published_figure_changes_tables_and_report() {
    check(
        |p| p.spec.published.as_mut().unwrap().text = "another".into(),
        &expect![[r#"
            evaluate: spec changed: published: "dc2e3999e6b3e23f3327c0e6cb9a3d6cde4ab7cc16a46ec0fe716df8ce2717b9" → "ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5"
            report: spec changed: published: "dc2e3999e6b3e23f3327c0e6cb9a3d6cde4ab7cc16a46ec0fe716df8ce2717b9" → "ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5"
        "#]],
    );
}

#[test]
fn a_changed_digit_in_a_manifest_is_noticed() {
    let error = error_after("\"duration_s\": 0.0", "\"duration_s\": 0.2");
    expect!["/runs/smoke/train/model-1/seed-0/manifest.json: expected a manifest, found damaged text; delete the file and run the step again"].assert_eq(&error);
}
