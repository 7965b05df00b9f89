//! What a shell offers to complete a command line with.
//!
//! `cargo xtask completions SHELL` prints a script that hooks into the completion of `cargo`. It asks this
//! program, by its path, for what can stand at the cursor: commands, options, names of specs and of their
//! models, files.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory, ValueEnum};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter, complete,
};
use pipelines::spec::Spec;
use pipelines::stage_program::{print_line, quoted};

use crate::command_line::Arguments;

/// Shells with a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// Friendly interactive shell
    Fish,
}

/// Stands in the scripts for the path of this program.
const PROGRAM: &str = "@program@";

/// Prints the script of `shell`.
///
/// # Errors
/// If the path of this program is not known.
pub fn print_script(shell: Shell) -> Result<()> {
    let script = match shell {
        Shell::Bash => include_str!("completions/script.bash"),
        Shell::Zsh => include_str!("completions/script.zsh"),
        Shell::Fish => include_str!("completions/script.fish"),
    };
    let program = std::env::current_exe().context("cannot find this program")?;
    print_line(script.replace(PROGRAM, &quoted(&[program])).trim_end());
    Ok(())
}

/// Prints what the word at `index` of `words` can be, one a line. The first word is the program.
///
/// # Errors
/// A current folder that cannot be read.
pub fn print_candidates(index: usize, words: &[OsString]) -> Result<()> {
    for candidate in candidates(index, words)? {
        print_line(&candidate);
    }
    Ok(())
}

fn candidates(index: usize, words: &[OsString]) -> Result<Vec<String>> {
    let mut command = with_completers(Arguments::command(), spec_of(words));
    let here = std::env::current_dir().ok();
    let found = complete(&mut command, words.to_vec(), index, here.as_deref())
        .context("cannot complete the command line")?;
    let found = found.iter().filter(|candidate| !candidate.is_hide_set());
    Ok(found
        .map(|candidate| candidate.get_value().to_string_lossy().into_owned())
        .collect())
}

/// The spec that `words` name, or the one that is run without a name.
fn spec_of(words: &[OsString]) -> String {
    let mut words = words.iter().map(|word| word.to_string_lossy());
    let named = words.find_map(|word| match word.strip_prefix("--spec") {
        Some("") => Some(None),
        Some(rest) => rest.strip_prefix('=').map(|name| Some(name.to_owned())),
        None => None,
    });
    match named {
        Some(Some(name)) => name,
        Some(None) => words.next().unwrap_or_default().into_owned(),
        None => "quick".to_owned(),
    }
}

/// `command` with the names of specs and of the models of `spec` at the options that take them.
fn with_completers(command: Command, spec: String) -> Command {
    command.mut_subcommands(|command| {
        let spec = spec.clone();
        command.mut_args(move |option| match option.get_id().as_str() {
            "spec" | "show" => option.add(ArgValueCompleter::new(specs)),
            "models" | "model" => {
                let spec = spec.clone();
                option.add(ArgValueCompleter::new(move |current: &OsStr| {
                    models(&spec, current)
                }))
            }
            _ => option,
        })
    })
}

/// Names of specs, and files that may be one.
fn specs(current: &OsStr) -> Vec<CompletionCandidate> {
    let names = Spec::names().into_iter();
    let names = names.filter(|name| name.starts_with(&*current.to_string_lossy()));
    let is_spec = |path: &Path| path.extension().is_some_and(|ending| ending == "toml");
    let files = PathCompleter::any().filter(is_spec).complete(current);
    names.map(CompletionCandidate::new).chain(files).collect()
}

/// Names of the models of `spec` behind what was chosen before the last comma.
fn models(spec: &str, current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let (chosen, begun) = match current.rsplit_once(',') {
        Some((chosen, begun)) => (format!("{chosen},"), begun),
        None => (String::new(), &*current),
    };
    let models = Spec::load(spec).map_or_else(|_| Vec::new(), |spec| spec.models);
    let names = models.into_iter().map(|model| model.name);
    names
        .filter(|name| name.starts_with(begun))
        .map(|name| CompletionCandidate::new(format!("{chosen}{name}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> Vec<String> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        candidates(words.len() - 1, &words).unwrap()
    }

    #[test]
    fn commands_and_options_are_completed() {
        assert_eq!(completed("xtask run-"), ["run-all"]);
        assert_eq!(completed("xtask run-all --his"), ["--histograms"]);
        assert!(completed("xtask ").contains(&"predict".to_owned()));
        assert!(!completed("xtask ").contains(&"complete".to_owned()));
        assert_eq!(completed("xtask predict --format j"), ["json"]);
    }

    #[test]
    fn names_of_specs_and_of_their_models_are_completed() {
        assert_eq!(completed("xtask train --spec qu"), ["quick"]);
        assert!(completed("xtask spec --show ").contains(&"smoke".to_owned()));
        assert_eq!(completed("xtask predict --model model-8"), ["model-8"]);
        assert_eq!(
            completed("xtask train --spec smoke --models model-1,model-8"),
            ["model-1,model-8"]
        );
        assert_eq!(completed("xtask train --spec nothing --models m"), [""; 0]);
    }

    #[test]
    fn bash_asks_this_program() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("xtask");
        std::fs::write(&program, "#!/bin/sh\necho \"$@\" | tr ' ' '_'\n").unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let script = include_str!("completions/script.bash");
        let script = script.replace(PROGRAM, &quoted(&[&program]));
        let asked = format!(
            "{script}\nCOMP_WORDS=(cargo xtask run-); COMP_CWORD=2; _cargo_xtask cargo run- xtask\n\
             echo \"${{COMPREPLY[0]}}\"\nCOMP_WORDS=(cargo bu); COMP_CWORD=1; COMPREPLY=()\n\
             _cargo_xtask cargo bu cargo; echo \"${{#COMPREPLY[@]}}\""
        );
        let output = std::process::Command::new("bash")
            .arg("-c")
            .arg(asked)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said, "complete_1_--_xtask_run-\n0\n", "{output:?}");
    }
}
