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

/// What a command begins with that is not run here, and why.
const NOT_RUN: [(&str, &str); 10] = [
    ("cargo xtask test", "it would run this test"),
    ("cargo xtask bench", "it measures for minutes"),
    ("cargo xtask ci", "it would run this test"),
    ("ATELIER_KILLS=", "it runs for hours"),
    ("ATELIER_REPORT=", "it replaces a picture in the repository"),
    ("xtask/tests/consumers/install", "it installs programs"),
    ("cargo install", "it installs a program"),
    ("RUSTC_BOOTSTRAP=1 cargo fuzz", "it needs another compiler"),
    ("cargo test --release --package train", "it compiles anew"),
    (
        "cargo deny",
        "it needs a program that is not installed everywhere",
    ),
];
/// Commands of the same kind whose program is not installed everywhere.
const FOREIGN: [&str; 2] = ["valgrind", "curl"];
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
    document: &'static str,
    language: String,
    text: String,
}

fn documents() -> Vec<(&'static str, String)> {
    let names = [
        "README.md",
        "CONTRIBUTING.md",
        "docs/kernels.md",
        "docs/reliability.md",
        "docs/report.md",
        "docs/statistics.md",
        "docs/your-own-data.md",
    ];
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name| fs::read_to_string(repository.join(name)).unwrap();
    names.map(|name| (name, read(name))).into()
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (document, text) in documents() {
        for (number, part) in text.split("\n```").enumerate() {
            // Fences open and close in turn.
            if number % 2 == 1 {
                let (language, text) = part.split_once('\n').unwrap();
                blocks.push(Block {
                    document,
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
        let not_run = NOT_RUN.iter().find(|(start, _)| command.starts_with(start));
        if let Some((_, reason)) = not_run {
            println!("not run: {command}: {reason}");
            return;
        }
        if FOREIGN.iter().any(|program| command.starts_with(program)) {
            println!("not run: {command}");
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
                    folder.run_line(block.document, line);
                    lines += 1;
                }
            }
            "python" => folder.run_python(block.document, &block.text),
            "toml" | "text" => {}
            other => panic!(
                "{}: expected sh, python, toml or text, found `{other}`",
                block.document
            ),
        }
    }
    assert!(lines > 20, "{lines}");
}
