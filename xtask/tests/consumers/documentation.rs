//! The commands in README and docs do what stands there.
//!
//! They run one after another in one folder, on `documented.toml` under the names `quick` and `paper` and on
//! small pictures in the folders that the documents name. Every command is run or stands in [`NOT_RUN`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bmp::bmp;
use crate::project::{Project, run};
use crate::python;

/// What a command has in it that is not run here, and why.
const NOT_RUN: [(&str, &str); 16] = [
    ("cargo xtask test", "it would run this test"),
    ("cargo xtask bench", "it measures for minutes"),
    ("cargo xtask ci", "it would run this test"),
    ("ATELIER_KILLS=", "it runs for hours"),
    ("ATELIER_REPORT=", "it replaces a picture in the repository"),
    ("--executor slurm", "tests/reliability has a cluster"),
    ("cargo xtask status", "tests/reliability has a cluster"),
    ("cargo xtask cancel", "tests/reliability has a cluster"),
    ("slurm/cluster.sh", "tests/reliability has a cluster"),
    ("consumers/install", "it installs programs"),
    ("cargo install", "it installs a program"),
    ("cargo fuzz", "it needs another compiler"),
    ("cargo test --release", "it compiles anew"),
    ("cargo deny", "its program is not installed everywhere"),
    ("valgrind", "its program is not installed everywhere"),
    ("curl", "it asks the network"),
];
/// Commands that take `--spec`, which is `quick` when they have none.
const WITH_SPEC: [&str; 9] = [
    "run-all", "ingest", "augment", "train", "evaluate", "report", "plan", "predict", "export",
];
/// Those of them that would build the stages again.
const BUILDING: [&str; 6] = [
    "run-all", "ingest", "augment", "train", "evaluate", "report",
];

/// A piece of code in a document.
struct Block {
    document: String,
    language: String,
    text: String,
}

/// README, CONTRIBUTING and what lies in `docs`.
fn documents() -> Vec<(String, String)> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = fs::read_dir(repository.join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let docs = docs.filter(|name| name.ends_with(".md"));
    let mut docs: Vec<String> = docs.map(|name| format!("docs/{name}")).collect();
    docs.sort();
    let names = ["README.md", "CONTRIBUTING.md"].map(str::to_owned);
    let names = names.into_iter().chain(docs);
    names
        .map(|name| {
            let text = fs::read_to_string(repository.join(&name)).unwrap();
            (name, text)
        })
        .collect()
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (document, text) in documents() {
        for (number, part) in text.split("\n```").enumerate() {
            // Fences open and close in turn.
            if number % 2 == 1 {
                let (language, text) = part.split_once('\n').unwrap();
                blocks.push(Block {
                    document: document.clone(),
                    language: language.to_owned(),
                    text: text.to_owned(),
                });
            }
        }
    }
    blocks
}

/// The folder in which everything runs.
struct Folder {
    project: Project,
    python: Option<PathBuf>,
}

impl Folder {
    /// With the specs that the documents show, and pictures where they name some.
    fn new(blocks: &[Block]) -> Self {
        let project = Project::new();
        for name in ["quick", "paper"] {
            project.write_spec(name, include_str!("documented.toml"));
        }
        for block in blocks.iter().filter(|block| block.language == "toml") {
            let name = block
                .text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("# "));
            if let Some(name) = name.and_then(|name| name.strip_suffix(".toml")) {
                project.write_spec(name, &block.text);
            }
        }
        for folder in ["pictures", "leaves", "emoji"] {
            for (class, light) in [("elm", 200), ("oak", 90)] {
                let class = project.path(folder).join(class);
                fs::create_dir_all(&class).unwrap();
                for number in 0..20 {
                    let levels: Vec<u8> = (0..12 * 12)
                        .map(|at| {
                            if at % 12 < 6 {
                                light + number
                            } else {
                                at as u8 / 2
                            }
                        })
                        .collect();
                    fs::write(class.join(format!("{number}.bmp")), bmp(&levels, 12)).unwrap();
                }
            }
        }
        // What a picture is shows in its first bytes and not in its name.
        let levels: Vec<u8> = (0..28 * 28).map(|at| (at / 5) as u8).collect();
        fs::write(project.path("shoe.png"), bmp(&levels, 28)).unwrap();
        let python = python::python();
        Self { project, python }
    }

    /// Runs one line of a shell, which must succeed.
    fn run_line(&self, document: &str, line: &str) {
        let command = line.split("  #").next().unwrap_or_default().trim();
        let not_run = NOT_RUN.iter().find(|(part, _)| command.contains(part));
        if let Some((_, reason)) = not_run {
            println!("not run: {command}: {reason}");
            return;
        }
        let Some(command) = self.adapted(command) else {
            println!("skipped: {command}: target/consumers is not there");
            return;
        };
        let program = format!(
            "cargo() {{ shift; '{}' \"$@\"; }}; {command}",
            env!("CARGO_BIN_EXE_xtask")
        );
        let mut shell = Command::new("bash");
        shell.args(["-e", "-o", "pipefail", "-c", &program]);
        let output = run(shell.current_dir(self.project.root()).stdin(Stdio::null()));
        let said = format!("{}{}", output.stdout, output.stderr);
        assert_eq!(
            output.code,
            Some(0),
            "{document}: {line}\n{command}\n{said}"
        );
    }

    /// `command` on the small specs of this folder; `None` if its program is not installed.
    fn adapted(&self, command: &str) -> Option<String> {
        if let Some(rest) = command.strip_prefix("tensorboard ") {
            // It would serve for ever; so it says what it finds.
            let tensorboard = self.python.as_ref()?.with_file_name("tensorboard");
            return Some(format!("'{}' --inspect {rest}", tensorboard.display()));
        }
        let mut command = command.replace(" --open", "");
        for name in ["quick", "paper"] {
            command = command.replace(&format!("--spec {name}"), &format!("--spec {name}.toml"));
        }
        let name = command.strip_prefix("cargo xtask ").unwrap_or_default();
        let name = name.split(' ').next().unwrap_or_default().to_owned();
        let mut options = String::new();
        if WITH_SPEC.contains(&name.as_str()) && !command.contains("--spec ") {
            options += " --spec quick.toml";
        }
        if BUILDING.contains(&name.as_str()) {
            options += " --no-build";
        }
        let start = format!("cargo xtask {name}");
        Some(command.replacen(&start, &format!("{start}{options}"), 1))
    }

    /// Runs a piece of Python, which must succeed if what it imports is installed.
    fn run_python(&self, document: &str, text: &str) {
        let Some(python) = &self.python else {
            return;
        };
        let mut command = Command::new(python);
        command.args(["-c", text]).env("HF_HUB_OFFLINE", "1");
        let output = run(command.current_dir(self.project.root()));
        let missing = output
            .stderr
            .lines()
            .find(|line| line.starts_with("ModuleNotFoundError"));
        match missing {
            Some(missing) => println!("skipped: {document}: {missing}"),
            None => assert_eq!(
                output.code,
                Some(0),
                "{document}:\n{text}\n{}",
                output.stderr
            ),
        }
    }
}

#[test]
fn the_commands_of_readme_and_docs_do_what_stands_there() {
    let blocks = blocks();
    let folder = Folder::new(&blocks);
    let mut lines = 0;
    for block in &blocks {
        match block.language.as_str() {
            "sh" => {
                for line in block.text.lines().filter(|line| !line.trim().is_empty()) {
                    folder.run_line(&block.document, line);
                    lines += 1;
                }
            }
            "python" => folder.run_python(&block.document, &block.text),
            "toml" | "text" => {}
            other => panic!(
                "{}: expected sh, python, toml or text, found `{other}`",
                block.document
            ),
        }
    }
    assert!(lines > 20, "{lines}");
}
