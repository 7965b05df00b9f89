//! A temporary folder in which the real programs run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Once, OnceLock};

use pipelines::files::layout::is_events_file;
use pipelines::files::sha256;

/// The program that the tests run; the stages lie beside it.
pub const XTASK: &str = env!("CARGO_BIN_EXE_xtask");
const TINY_SPEC: &str = include_str!("tiny.toml");

/// `data/`, `runs/` and a spec of two small models in a temporary folder.
pub struct Project {
    folder: tempfile::TempDir,
}

/// Exit code and output of a program that has ended.
#[derive(Debug)]
pub struct ProgramOutput {
    /// Exit code; `None` for a program that was killed.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl ProgramOutput {
    /// Fails unless the program succeeded.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// Fails unless the program failed with exit code 1 and printed each of `expected`.
    #[track_caller]
    pub fn failed_with(self, expected: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        let printed = format!("{}{}", self.stdout, self.stderr);
        for text in expected {
            assert!(printed.contains(text), "expected `{text}` in:\n{printed}");
        }
        assert!(!printed.contains("panicked"), "{printed}");
        self
    }

    /// The stages that were run, in order.
    pub fn stages(&self) -> Vec<String> {
        self.stderr.lines().filter_map(stage_of).collect()
    }
}

/// The stage whose command is echoed in `line`.
pub fn stage_of(line: &str) -> Option<String> {
    let program = line.strip_prefix("$ ")?.split(' ').next()?;
    let name = Path::new(program).file_stem()?.to_string_lossy();
    (name != "cargo").then(|| name.into_owned())
}

impl Project {
    /// An empty one, with the spec `tiny`.
    pub fn new() -> Self {
        Self::with_spec(TINY_SPEC)
    }

    /// An empty one with another text for the spec `tiny`.
    pub fn with_spec(text: &str) -> Self {
        build_stages();
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        project.write_spec("tiny", text);
        project
    }

    /// One in which everything has run.
    pub fn finished() -> Self {
        let project = Self::new();
        copy_folder(finished().root(), project.root());
        project
    }

    /// The folder that holds `data/` and `runs/`.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A path below the root.
    pub fn path(&self, below: &str) -> PathBuf {
        self.root().join(below)
    }

    /// Writes the text of a spec.
    pub fn write_spec(&self, name: &str, text: &str) {
        fs::write(self.path(&format!("{name}.toml")), text).unwrap();
    }

    /// Replaces `old` in the spec `tiny`.
    #[track_caller]
    pub fn edit_spec(&self, old: &str, new: &str) {
        let path = self.path("tiny.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(path, text.replacen(old, new, 1)).unwrap();
    }

    /// `cargo xtask WORDS` on the spec `tiny` in this folder.
    pub fn command(&self, words: &str) -> Command {
        self.command_of("tiny", words)
    }

    /// `cargo xtask WORDS` on another spec in this folder.
    pub fn command_of(&self, spec: &str, words: &str) -> Command {
        let mut command = Command::new(XTASK);
        command.args(words.split_whitespace());
        if !words.starts_with("verify") {
            command
                .arg("--spec")
                .arg(self.path(&format!("{spec}.toml")));
            command.arg("--no-build");
        }
        command.arg("--root").arg(self.root());
        command.env("RUST_LOG", "info").stdin(Stdio::null());
        command
    }

    /// Runs `cargo xtask WORDS` to its end.
    pub fn run(&self, words: &str) -> ProgramOutput {
        run(&mut self.command(words))
    }

    /// Runs the words through a shell after `preparation`, such as a limit.
    pub fn run_after(&self, preparation: &str, words: &str) -> ProgramOutput {
        let inner = self.command(words);
        let mut command = Command::new("bash");
        command
            .arg("-c")
            .arg(format!("{preparation}; exec \"$@\""))
            .arg("bash");
        command.arg(inner.get_program()).args(inner.get_args());
        run(command.env("RUST_LOG", "info").stdin(Stdio::null()))
    }

    /// SHA-256 of every file that must be the same for the same spec: all but manifests, locks,
    /// timings, event files and files that quote them.
    pub fn digest(&self) -> BTreeMap<String, String> {
        let files = self.files().into_iter();
        files
            .filter(|name| !depends_on_time(name))
            .map(|name| {
                let bytes = fs::read(self.path(&name)).unwrap();
                (name, sha256::hex(&bytes))
            })
            .collect()
    }

    /// Every file under `data/` and `runs/`, sorted, by its path from the root.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        for folder in ["data", "runs"] {
            collect_files(self.root(), &self.path(folder), &mut files);
        }
        files.sort();
        files
    }
}

/// Fails with the names of the files that differ.
#[track_caller]
pub fn assert_same(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) {
    let names = found.keys().chain(expected.keys());
    let differ: BTreeSet<_> = names
        .filter(|name| found.get(*name) != expected.get(*name))
        .collect();
    assert!(differ.is_empty(), "these differ: {differ:#?}");
}

/// Files whose bytes depend on when and how fast they were made.
fn depends_on_time(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let quotes_time = [
        "manifest.json",
        ".lock",
        "timings.parquet",
        "training_times.csv",
        "training_times.parquet",
        "costs.svg",
        "report.md",
        "report.html",
    ];
    quotes_time.contains(&file) || is_events_file(file)
}

fn collect_files(root: &Path, folder: &Path, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_files(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy();
            files.push(name.replace('\\', "/"));
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Runs `command` to its end.
pub fn run(command: &mut Command) -> ProgramOutput {
    let output = command.output().unwrap();
    ProgramOutput {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program and its descendants, in a process group of their own.
pub struct Running {
    child: Child,
    /// Lines of standard output and error, as they come.
    pub lines: Receiver<String>,
}

impl Running {
    /// Starts `command`.
    pub fn start(mut command: Command) -> Self {
        use std::os::unix::process::CommandExt;
        let mut child = command
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        forward(child.stdout.take().unwrap(), sender.clone());
        forward(child.stderr.take().unwrap(), sender);
        Self { child, lines }
    }

    /// The next line that `wanted` accepts; `None` when the program ends without one.
    pub fn wait_for(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        self.lines.iter().find(|line| wanted(line))
    }

    /// Sends `signal` to the program and all its descendants, as a terminal does.
    pub fn signal_all(&self, signal: nix::sys::signal::Signal) {
        let group = nix::unistd::Pid::from_raw(self.child.id() as i32);
        // Fails if all processes of the group have ended, which is fine.
        let _ = nix::sys::signal::killpg(group, signal);
    }

    /// Sends `signal` to the program alone.
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let process = nix::unistd::Pid::from_raw(self.child.id() as i32);
        nix::sys::signal::kill(process, signal).unwrap();
    }

    /// Waits for the end; gives the exit code and the lines that were not taken.
    pub fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        let rest: Vec<_> = self.lines.iter().collect();
        (status.code(), rest.join("\n"))
    }
}

fn forward(from: impl Read + Send + 'static, to: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
}

/// Builds the stages with `cargo xtask`, as a user does.
fn build_stages() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new(XTASK)
            .args(["ingest", "--spec", "smoke", "--root"])
            .arg(folder.path())
            .status()
            .unwrap();
        assert!(status.success());
    });
}

/// A project in which everything has run, uninterrupted; made once.
pub fn finished() -> &'static Project {
    static FINISHED: OnceLock<Project> = OnceLock::new();
    FINISHED.get_or_init(|| {
        let project = Project::new();
        project.run("run-all").succeeded();
        project
    })
}
