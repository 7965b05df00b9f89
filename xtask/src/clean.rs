//! Removes files that the stages made.

use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, bail};
use pipelines::files::layout::Layout;
use pipelines::files::lock::{Attempt, FolderLock, LOCK_FILE};
use pipelines::stage_program::print_line;

use crate::command_line::CleanArguments;

/// Removes the folders that `arguments` names; downloaded files stay.
///
/// # Errors
/// A folder in which a stage is running, and one that cannot be removed.
pub fn run(arguments: &CleanArguments) -> Result<()> {
    let layout = Layout::new(&arguments.root);
    let folders = match &arguments.spec {
        Some(spec) => vec![layout.run(checked_name(spec)?)],
        None => vec![layout.runs(), layout.data().join("ingested")],
    };
    if !folders.iter().any(|folder| folder.is_dir()) {
        let folders: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
        bail!(
            "expected files to remove, found no {}",
            folders.join(" and no ")
        );
    }
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let mut locks = Vec::new();
        lock_below(folder, &mut locks)?;
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
        print_line(&format!("{}: removed", folder.display()));
    }
    Ok(())
}

/// The folder in `runs/` of a spec by its name or, as for `run-all`, by the path of its file, which
/// may be gone.
fn checked_name(spec: &str) -> Result<&str> {
    let stem = || Path::new(spec).file_stem().and_then(|stem| stem.to_str());
    let name = if spec.ends_with(".toml") {
        stem()
    } else {
        Some(spec)
    };
    let name = name.unwrap_or_default();
    let mut components = Path::new(name).components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only == name => Ok(name),
        _ => bail!("spec: expected the name or the file of a spec, found `{spec}`"),
    }
}

/// Takes every lock below `folder`, so that no stage is running there.
fn lock_below(folder: &Path, locks: &mut Vec<FolderLock>) -> Result<()> {
    let context = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.is_dir() {
            lock_below(&path, locks)?;
        } else if path.file_name().is_some_and(|name| name == LOCK_FILE) {
            match FolderLock::try_acquire(folder)? {
                Attempt::Taken(lock) => locks.push(lock),
                Attempt::Held { owner } => bail!("{} is in use by {owner}", folder.display()),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(root: &Path, spec: Option<&str>) -> CleanArguments {
        CleanArguments {
            spec: spec.map(str::to_owned),
            all: spec.is_none(),
            root: root.to_path_buf(),
        }
    }

    #[test]
    fn only_the_named_spec_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        fs::create_dir_all(layout.evaluated("one")).unwrap();
        fs::create_dir_all(layout.evaluated("two")).unwrap();
        run(&arguments(root.path(), Some("one"))).unwrap();
        assert!(!layout.run("one").exists() && layout.run("two").exists());
    }

    #[test]
    fn downloaded_files_stay() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        fs::create_dir_all(layout.raw()).unwrap();
        fs::create_dir_all(layout.ingested("bundled")).unwrap();
        run(&arguments(root.path(), None)).unwrap();
        assert!(layout.raw().exists() && !layout.ingested("bundled").exists());
    }

    #[test]
    fn a_folder_in_use_stays() {
        let root = tempfile::tempdir().unwrap();
        let folder = Layout::new(root.path()).evaluated("one");
        let _lock = FolderLock::acquire(&folder, |_| Ok(())).unwrap();
        let error = run(&arguments(root.path(), Some("one"))).unwrap_err();
        assert!(
            error.to_string().contains("is in use by process"),
            "{error}"
        );
        assert!(folder.exists());
    }

    #[test]
    fn nothing_to_remove_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let error = run(&arguments(root.path(), Some("one"))).unwrap_err();
        assert!(error.to_string().contains("found no"), "{error}");
    }

    #[test]
    fn a_name_cannot_leave_the_runs() {
        for name in ["..", ".", "", "a/b", "/", "a/..", "a/"] {
            assert!(checked_name(name).is_err(), "{name}");
        }
        assert_eq!(checked_name("quick").unwrap(), "quick");
        assert_eq!(checked_name("specs/wide.toml").unwrap(), "wide");
    }
}
