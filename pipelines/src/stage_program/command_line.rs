//! Arguments back to the words of a command line.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::{DEFAULT_ROOT, StageArguments, default_root};
use crate::files::step::Step;

impl StageArguments {
    /// The arguments that run `step` and no other step of its stage.
    pub fn of_step(&self, step: &Step) -> Self {
        let mut arguments = self.clone();
        match step {
            Step::Ingest => {
                arguments.models.clear();
                arguments.seeds.clear();
            }
            Step::Augment { .. } => arguments.seeds.clear(),
            Step::Train { model, seed } => {
                arguments.models = vec![model.clone()];
                arguments.seeds = vec![(*seed).into()];
            }
            Step::Evaluate | Step::Report => {}
        }
        arguments
    }

    /// The words of a command line that parse to these arguments; what has its default value is
    /// left out, except for the spec.
    pub fn to_words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["--spec".into(), self.spec.clone().into()];
        let mut option = |name: &str, value: OsString| words.extend([name.into(), value]);
        if self.root != Path::new(DEFAULT_ROOT) {
            option("--root", self.root.clone().into());
        }
        if !self.models.is_empty() {
            option("--models", self.models.join(",").into());
        }
        if !self.seeds.is_empty() {
            let seeds: Vec<_> = self.seeds.iter().map(ToString::to_string).collect();
            option("--seeds", seeds.join(",").into());
        }
        if let Some(threads) = self.threads {
            option("--threads", threads.to_string().into());
        }
        if self.force {
            words.push("--force".into());
        }
        words
    }

    /// The command that makes the files of `step` again: `cargo xtask train --spec …`.
    pub fn remedy(&self, step: &Step) -> String {
        let mut arguments = self.of_step(step);
        arguments.threads = None;
        arguments.force = false;
        if arguments.root == default_root() {
            arguments.root = DEFAULT_ROOT.into();
        }
        let words = arguments.to_words();
        format!("cargo xtask {} {}", step.stage(), quoted(&words))
    }
}

/// `words` as they can be given to a shell.
pub fn quoted(words: &[impl AsRef<OsStr>]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    words
        .iter()
        .map(|word| {
            let word = word.as_ref().to_string_lossy();
            if !word.is_empty() && word.chars().all(plain) {
                word.into_owned()
            } else {
                format!("'{}'", word.replace('\'', r"'\''"))
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        stage: StageArguments,
    }

    fn round_trip(line: &str) -> String {
        let words = std::iter::once("stage").chain(line.split_whitespace());
        quoted(&Program::parse_from(words).stage.to_words())
    }

    #[test]
    fn words_parse_to_the_same_arguments() {
        let line = "--spec smoke --root elsewhere --models model-1,model-8 --seeds 0..3,7,until-decided --threads 2 --force";
        assert_eq!(round_trip(line), line);
        assert_eq!(round_trip(""), "--spec quick");
    }

    #[test]
    fn a_shell_reads_each_word_as_one() {
        assert_eq!(
            quoted(&["my spec.toml", "it's", ""]),
            r"'my spec.toml' 'it'\''s' ''"
        );
    }

    #[test]
    fn a_remedy_makes_one_step_again() {
        let program = Program::parse_from(["stage", "--models", "model-1,model-2", "--force"]);
        let step = Step::Train {
            model: "model-2".into(),
            seed: 4,
        };
        assert_eq!(
            program.stage.remedy(&step),
            "cargo xtask train --spec quick --models model-2 --seeds 4"
        );
    }
}
