//! Small projects in folders of their own.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use pipelines::files::layout::{
    HISTORY_FILE, Layout, OVERVIEW_FILE, PREDICTIONS_FILE, TEST_FILE, TIMINGS_FILE, TRAIN_FILE,
    WEIGHTS_FILE,
};
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::spec::Spec;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::stage_program::StageArguments;
use pipelines::tables::history::{encode_history, encode_timings};
use pipelines::tables::images::Images;
use pipelines::tables::overview;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;
use tempfile::TempDir;

use crate::invented::{history, images, overview_rows, predictions, timings, weights};

/// A report as it lies on disk.
pub struct Report {
    pub markdown: String,
    pub page: String,
    /// Path beside the report, and bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A folder in which the stages before the report have run.
pub struct Project {
    root: TempDir,
    spec: PathBuf,
}

impl Project {
    /// Two small networks trained on the bundled subset.
    pub fn trained() -> Self {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/bundled.toml");
        let project = Self {
            root: tempfile::tempdir().unwrap(),
            spec,
        };
        ingest::run(&ingest::Arguments::parse_from(project.words())).unwrap();
        augment::run(&augment::Arguments::parse_from(project.words())).unwrap();
        train::run(&train::Arguments::parse_from(project.words())).unwrap();
        project.evaluate();
        project
    }

    /// Invented predictions of invented images.
    pub fn invented(shape: ImageShape, classes: usize) -> Self {
        let classes = (0..classes).map(|class| format!("\"Tree <b>{class}</b> | `x`\""));
        let texts = Texts {
            description: r#""Leaves <script>alert(1)</script> of trees""#.to_owned(),
            classes: classes.collect(),
            titles: [
                r#""one dense layer <img src=x onerror=alert(1)>""#,
                r#""a convolution before it""#,
            ]
            .map(str::to_owned),
            choice: None,
            published: None,
        };
        Self::of_texts(shape, &texts)
    }

    /// Invented predictions of invented images, called as `texts` say.
    pub fn of_texts(shape: ImageShape, texts: &Texts) -> Self {
        let root = tempfile::tempdir().unwrap();
        let spec = root.path().join("trees.toml");
        fs::write(&spec, spec_text(shape, texts)).unwrap();
        if let Some(published) = &texts.published {
            fs::write(root.path().join("published.toml"), published).unwrap();
        }
        let classes = texts.classes.len();
        let project = Self { root, spec };
        let spec = project.load();
        let info = spec.data.info().unwrap();
        let train = images(
            &info,
            &[(Split::Train, 4 * classes), (Split::Validation, classes)],
        );
        let test = images(&info, &[(Split::Test, 3 * classes)]);
        let ingested = [
            (TRAIN_FILE, train.encode().unwrap()),
            (TEST_FILE, test.encode().unwrap()),
            (
                OVERVIEW_FILE,
                overview::encode(&overview_rows(&train, &test)).unwrap(),
            ),
        ];
        project.write(&Step::Ingest, &ingested);
        for (index, model) in ["small", "large"].into_iter().enumerate() {
            let trained = [
                (HISTORY_FILE, encode_history(&history()).unwrap()),
                (TIMINGS_FILE, encode_timings(&timings()).unwrap()),
                (
                    PREDICTIONS_FILE,
                    predictions(&info, &train, &test, index + 2),
                ),
                (WEIGHTS_FILE, weights(spec.model(model).unwrap(), &info)),
            ];
            let step = Step::Train {
                model: model.to_owned(),
                seed: 0,
            };
            project.write(&step, &trained);
        }
        project.evaluate();
        project
    }

    /// Makes the report and reads it.
    pub fn report(&self) -> Report {
        report::run(&report::Arguments::parse_from(self.words())).unwrap();
        let name = self.load().name;
        let folder = self.root.path().join("runs").join(name).join("report");
        let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        let figures = fs::read_dir(folder.join("figures")).unwrap();
        let file = |path: PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            (format!("figures/{name}"), fs::read(&path).unwrap())
        };
        Report {
            markdown: text("report.md"),
            page: text("report.html"),
            files: figures.map(|entry| file(entry.unwrap().path())).collect(),
        }
    }

    /// What `model` from `seed` predicted.
    pub fn predictions(&self, model: &str, seed: u64) -> Predictions {
        let layout = Layout::new(self.root.path());
        let folder = layout.trained(&self.load().name, model, seed);
        Predictions::read(&folder, PREDICTIONS_FILE).unwrap()
    }

    /// The first `count` test images.
    pub fn test_images(&self, count: usize) -> Images {
        let layout = Layout::new(self.root.path());
        let folder = layout.ingested(&self.load().data.name);
        Images::read_first(&folder, TEST_FILE, count).unwrap()
    }

    /// Changes what the manifest of `ingest` says.
    pub fn edit_ingest_manifest(&self, edit: impl FnOnce(&mut Manifest)) {
        let folder = self.root.path().join("data/ingested/trees");
        let mut manifest = Manifest::read(&folder).unwrap().unwrap();
        edit(&mut manifest);
        manifest.write(&folder).unwrap();
    }

    fn evaluate(&self) {
        evaluate::run(&evaluate::Arguments::parse_from(self.words())).unwrap();
    }

    fn load(&self) -> Spec {
        Spec::load(self.spec.to_str().unwrap()).unwrap()
    }

    fn words(&self) -> [String; 5] {
        let root = self.root.path().display().to_string();
        let spec = self.spec.display().to_string();
        ["stage", "--spec", &spec, "--root", &root].map(str::to_owned)
    }

    fn write(&self, step: &Step, files: &[(&str, Vec<u8>)]) {
        let stage = StageArguments {
            spec: self.spec.display().to_string(),
            root: self.root.path().to_owned(),
            models: Vec::new(),
            seeds: Vec::new(),
            threads: Some(1),
            force: true,
        };
        let mut run = StepRun::begin(&stage, &self.load(), step).unwrap().unwrap();
        for (name, bytes) in files {
            run.write(name, bytes).unwrap();
        }
        run.finish(Outcome::Complete).unwrap();
    }
}

/// What a spec says in words, each as TOML has it, in quotation marks.
pub struct Texts {
    pub description: String,
    pub classes: Vec<String>,
    /// Of the two models.
    pub titles: [String; 2],
    /// Why the data, the evaluation and the models are as they are.
    pub choice: Option<String>,
    /// The file of a publication.
    pub published: Option<String>,
}

fn spec_text(shape: ImageShape, texts: &Texts) -> String {
    let choice = match &texts.choice {
        Some(choice) => format!("choice = {choice}\n"),
        None => String::new(),
    };
    let published = match texts.published {
        Some(_) => "published = \"published.toml\"\n",
        None => "",
    };
    let names = texts.classes.join(", ");
    let Texts {
        description,
        titles: [small, large],
        ..
    } = texts;
    let classes = texts.classes.len();
    format!(
        r#"
description = {description}
{published}seeds = [0]
[data]
name = "trees"
source = "bundled"
image_size = [{height}, {width}]
channels = {channels}
classes = [{names}]
{choice}bundled_fallback = false
validation_split = 0.2
pixel_divisor = 255.0
[evaluation]
confidence = 0.95
bootstrap_resamples = 1000
bootstrap_seed = 0
calibration_bins = 15
{choice}[[model]]
name = "small"
title = {small}
{choice}layers = [
  {{ type = "flatten" }},
  {{ type = "dense", units = {classes}, activation = "linear" }},
]
kernel_initializer = "glorot_uniform"
bias_initializer = "zeros"
loss = "categorical_crossentropy"
optimizer = {{ name = "adam", learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7 }}
schedule = {{ name = "constant" }}
epochs = 2
batch_size = 8
augmentation = "none"
[[model]]
name = "large"
title = {large}
extends = "small"
layers = [
  {{ type = "conv2d", filters = 4, kernel_size = 3, strides = 1, padding = "same", activation = "relu" }},
  {{ type = "flatten" }},
  {{ type = "dense", units = {classes}, activation = "linear" }},
]
"#,
        height = shape.height,
        width = shape.width,
        channels = shape.channels,
    )
}
