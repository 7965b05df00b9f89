//! Where every file lies.
//!
//! ```text
//! data/raw/                                  IDX files as obtained
//! data/ingested/<data>/                      train.parquet, test.parquet, overview.parquet,
//!                                            duplicates.parquet, dataset_info.json, README.md
//! runs/<spec>/augment/<policy>/              copy-000.parquet …
//! runs/<spec>/train/<model>/seed-<s>/        weights.safetensors, history.parquet, timings.parquet,
//!                                            predictions.parquet, events.out.tfevents.<time>,
//!                                            checkpoint.safetensors while it runs
//! runs/<spec>/evaluate/                      one Parquet and one CSV file a table
//! runs/<spec>/report/                        report.md, report.html, answer.txt, figures/
//! ```
//!
//! Each folder that a step writes holds its `manifest.json`.

use std::path::{Path, PathBuf};

use super::step::Step;

/// Parquet file of the training and validation rows.
pub const TRAIN_FILE: &str = "train.parquet";
/// Parquet file of the test rows.
pub const TEST_FILE: &str = "test.parquet";
/// Counts, mean and standard deviation by class and split.
pub const OVERVIEW_FILE: &str = "overview.parquet";
/// Training and validation images that are also test images.
pub const DUPLICATES_FILE: &str = "duplicates.parquet";
/// Shape and class names, for programs that read no Parquet.
pub const DATASET_INFO_FILE: &str = "dataset_info.json";
/// What Hugging Face's `datasets` reads the folder by.
pub const CARD_FILE: &str = "README.md";
/// Weights after the last epoch, in PyTorch's names and order.
pub const WEIGHTS_FILE: &str = "weights.safetensors";
/// Loss, accuracy and learning rate of each epoch.
pub const HISTORY_FILE: &str = "history.parquet";
/// Duration and speed of each epoch.
pub const TIMINGS_FILE: &str = "timings.parquet";
/// Class probabilities of every validation and test row after the last epoch.
pub const PREDICTIONS_FILE: &str = "predictions.parquet";
/// State of an unfinished run after its last whole epoch.
pub const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
/// What each change of a study did: the table of `evaluate` that other studies read.
pub const CHANGES_FILE: &str = "changes.parquet";
/// What the name of TensorBoard's event file begins with; the second in which it was begun follows.
pub const EVENTS_FILE_START: &str = "events.out.tfevents.";
/// Record of how the files beside it were made.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The report as GitHub renders it.
pub const REPORT_MARKDOWN_FILE: &str = "report.md";
/// The results in a few lines of plain text.
pub const ANSWER_FILE: &str = "answer.txt";
/// The report as one self-contained page.
pub const REPORT_HTML_FILE: &str = "report.html";

/// The folders of one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// `root` holds `data/` and `runs/`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder that holds `data/` and `runs/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `data/`.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// `runs/`.
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// IDX files as obtained.
    pub fn raw(&self) -> PathBuf {
        self.data().join("raw")
    }

    /// Parquet files of the data set called `data`.
    pub fn ingested(&self, data: &str) -> PathBuf {
        self.data().join("ingested").join(data)
    }

    /// Everything made for `spec`.
    pub fn run(&self, spec: &str) -> PathBuf {
        self.runs().join(spec)
    }

    /// Shards of one policy.
    pub fn augmented(&self, spec: &str, policy: &str) -> PathBuf {
        self.run(spec).join("augment").join(policy)
    }

    /// One model trained from one seed.
    pub fn trained(&self, spec: &str, model: &str, seed: u64) -> PathBuf {
        self.run(spec)
            .join("train")
            .join(model)
            .join(format!("seed-{seed}"))
    }

    /// Tables of metrics.
    pub fn evaluated(&self, spec: &str) -> PathBuf {
        self.run(spec).join("evaluate")
    }

    /// The report and its figures.
    pub fn reported(&self, spec: &str) -> PathBuf {
        self.run(spec).join("report")
    }

    /// The folder that `step` writes; its manifest lies in it.
    pub fn step(&self, spec: &crate::spec::Spec, step: &Step) -> PathBuf {
        match step {
            Step::Ingest => self.ingested(&spec.data.name),
            Step::Augment { policy } => self.augmented(&spec.name, policy),
            Step::Train { model, seed } => self.trained(&spec.name, model, *seed),
            Step::Evaluate => self.evaluated(&spec.name),
            Step::Report => self.reported(&spec.name),
        }
    }

    /// `path` as it stands in manifests: relative to the root, with forward slashes.
    pub fn relative(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        relative
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// Whether `name` is that of an event file: it belongs beside the history of a training, but tells times
/// and is in no manifest.
pub fn is_events_file(name: &str) -> bool {
    name.starts_with(EVENTS_FILE_START)
}

/// File name of the shard with number `copy`, counted from 0.
pub fn shard_file(copy: u32) -> String {
    format!("copy-{copy:03}.parquet")
}

/// The path that leads from the report of one spec to that of the spec called `other` in the same root.
pub fn path_to_other_report(other: &str) -> String {
    format!("../../{other}/report/{REPORT_MARKDOWN_FILE}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_path_to_another_report_leads_there() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        let (here, other) = (layout.reported("paper"), layout.reported("optimizers"));
        fs::create_dir_all(&here).unwrap();
        fs::create_dir_all(&other).unwrap();
        fs::write(other.join(REPORT_MARKDOWN_FILE), "the other one").unwrap();
        let found = fs::read_to_string(here.join(path_to_other_report("optimizers")));
        assert_eq!(found.unwrap(), "the other one");
    }
}
