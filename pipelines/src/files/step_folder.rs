//! Files in a step's folder that its manifest does not name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::files::artifact::Artifact;
use crate::files::atomic_file;
use crate::files::layout::{MANIFEST_FILE, is_events_file};

/// Files below `folder` that are not among `outputs`: half-written ones of a killed run, those of
/// an older run, and checkpoints. The manifest, hidden files and event files belong there.
///
/// # Errors
/// Names the folder that cannot be listed.
pub fn leftovers(folder: &Path, outputs: &BTreeMap<String, Artifact>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, "", outputs, &mut found)?;
    found.sort();
    Ok(found)
}

/// Removes [`leftovers`]. The caller holds the folder's lock.
///
/// # Errors
/// Names the file that cannot be removed.
pub fn remove_leftovers(folder: &Path, outputs: &BTreeMap<String, Artifact>) -> Result<()> {
    for path in leftovers(folder, outputs)? {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// `prefix` is the folder's path in names.
fn collect(
    folder: &Path,
    prefix: &str,
    outputs: &BTreeMap<String, Artifact>,
    found: &mut Vec<PathBuf>,
) -> Result<()> {
    let context = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let path = entry.path();
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let name = format!("{prefix}{file_name}");
        if entry.file_type().with_context(context)?.is_dir() {
            collect(&path, &format!("{name}/"), outputs, found)?;
        } else if atomic_file::is_leftover(&path)
            || !file_name.starts_with('.')
                && name != MANIFEST_FILE
                && !is_events_file(&name)
                && !outputs.contains_key(&name)
        {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_manifest_names_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("figures")).unwrap();
        let files = [
            ".lock",
            "manifest.json",
            "events.out.tfevents.1700000000",
            "weights.safetensors",
            "figures/chart.svg",
            "figures/older.svg",
            "figures/.half.partial",
            "checkpoint.safetensors",
        ];
        for name in files {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let outputs = ["weights.safetensors", "figures/chart.svg"]
            .map(|name| (name.to_owned(), Artifact::of(b"x")));
        let outputs = BTreeMap::from(outputs);
        let found = leftovers(folder.path(), &outputs).unwrap();
        let expected = [
            "checkpoint.safetensors",
            "figures/.half.partial",
            "figures/older.svg",
        ];
        assert_eq!(found, expected.map(|name| folder.path().join(name)));

        remove_leftovers(folder.path(), &outputs).unwrap();
        assert!(leftovers(folder.path(), &outputs).unwrap().is_empty());
        assert!(folder.path().join("figures/chart.svg").exists());
    }
}
