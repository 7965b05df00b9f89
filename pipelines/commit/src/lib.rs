//! The commit that a program is built from, as a macro.
//!
//! Only the macro's caller is compiled again after a commit. The `main.rs` of each stage calls it: a
//! file of a few lines that is compiled whenever the code behind it is, because the stage's library
//! changes then. A build script of `pipelines` would compile every crate again after each commit.

use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro::TokenStream;

/// What may differ from the commit without changing a program.
const DOCUMENTATION: [&str; 3] = [":/", ":(top,exclude)docs", ":(top,exclude)*.md"];

/// The commit that is checked out while the program is compiled, as a `&'static str` of 12
/// hexadecimal digits, with `-dirty` if files that git tracks, other than documentation, had changed
/// since. `unknown` outside a checkout, without git, and where git keeps no log of `HEAD`, because a
/// new commit could not be noticed there.
#[proc_macro]
pub fn commit(_: TokenStream) -> TokenStream {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let expression = match checkout(Path::new(&folder)) {
        // The compiler reads the log of `HEAD`, so that cargo compiles the caller again when it
        // grows. Nothing of it gets into the program.
        Some((log, commit)) => {
            format!("{{ const _: &[u8] = include_bytes!({log:?}); {commit:?} }}")
        }
        None => "\"unknown\"".to_owned(),
    };
    expression.parse().unwrap_or_default()
}

/// The log of `HEAD` and the commit of the checkout that `folder` is in.
fn checkout(folder: &Path) -> Option<(PathBuf, String)> {
    let log = folder.join(git(folder, &["rev-parse", "--git-path", "logs/HEAD"])?);
    let commit = git(folder, &["rev-parse", "--short=12", "HEAD"])?;
    let status = ["status", "--porcelain", "--untracked-files=no", "--"];
    let changes = git(folder, &[&status[..], &DOCUMENTATION].concat())?;
    let suffix = if changes.is_empty() { "" } else { "-dirty" };
    log.is_file().then(|| (log, format!("{commit}{suffix}")))
}

/// What git prints in `folder`, trimmed; `None` if it fails.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        // `git status` would otherwise write the index, and hold a lock on it meanwhile.
        .arg("--no-optional-locks")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
