use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use pipelines::files::layout::{CHECKPOINT_FILE, HISTORY_FILE, PREDICTIONS_FILE, WEIGHTS_FILE};
use tempfile::TempDir;

/// A folder with the bundled subset, ingested, in which runs of `small.toml` are made.
pub struct Project {
    root: TempDir,
    spec: PathBuf,
}

impl Project {
    pub fn new() -> Self {
        Self::with(|spec| spec)
    }

    /// With a changed text of the spec.
    pub fn with(change: impl FnOnce(String) -> String) -> Self {
        let root = tempfile::tempdir().unwrap();
        let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runs/small.toml");
        let spec = root.path().join("small.toml");
        fs::write(&spec, change(fs::read_to_string(text).unwrap())).unwrap();
        let project = Self { root, spec };
        let ingest = ingest::Arguments::parse_from(project.arguments("ingest"));
        ingest::run(&ingest).unwrap();
        project
    }

    pub fn augment(&self) {
        let augment = augment::Arguments::parse_from(self.arguments("augment"));
        augment::run(&augment).unwrap();
    }

    /// The folder of one model from one seed.
    pub fn folder(&self, model: &str, seed: u64) -> PathBuf {
        let runs = self.root.path().join("runs/small/train");
        runs.join(model).join(format!("seed-{seed}"))
    }

    pub fn checkpoint(&self, model: &str, seed: u64) -> PathBuf {
        self.folder(model, seed).join(CHECKPOINT_FILE)
    }

    pub fn train(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    pub fn start(&self, words: &[&str]) -> Child {
        self.command(words)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// A run that has just written a checkpoint.
    pub fn start_until_checkpoint(&self, words: &[&str], model: &str, seed: u64) -> Child {
        let mut child = self.start(words);
        let patience = Instant::now() + Duration::from_secs(60);
        while !self.checkpoint(model, seed).exists() {
            assert!(child.try_wait().unwrap().is_none(), "no checkpoint");
            assert!(Instant::now() < patience, "no checkpoint after a minute");
            thread::sleep(Duration::from_millis(1));
        }
        child
    }

    /// What must not depend on threads and interruptions.
    pub fn results(&self, model: &str, seed: u64) -> [Vec<u8>; 3] {
        let folder = self.folder(model, seed);
        [WEIGHTS_FILE, HISTORY_FILE, PREDICTIONS_FILE].map(|file| {
            let path = folder.join(file);
            fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_train"));
        command.args(&self.arguments("train")[1..]).args(words);
        command
    }

    fn arguments(&self, program: &str) -> [String; 5] {
        let root = self.root.path().display().to_string();
        let words = [
            program,
            "--spec",
            &self.spec.display().to_string(),
            "--root",
            &root,
        ];
        words.map(str::to_owned)
    }
}
