//! The files of a folder that images come from: which there are, how large, and how old.
//!
//! Their contents are read once, by `ingest`; whether they have changed since has to be seen without
//! reading gigabytes again, as `make` and `rsync` see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, ensure};

use super::fingerprint::Fingerprint;
use super::sha256;
use crate::spec::Spec;

/// Most files and folders below one source.
pub const MAX_ENTRIES: usize = 10_000_000;
/// Deepest folder below a source.
const MAX_DEPTH: usize = 16;

/// Adds the files that `spec` names as its source to `fingerprint`, or says which are not there. Images
/// that were ingested `earlier` stay good without the files that they were made from.
///
/// # Errors
/// As [`sha256()`].
pub fn add(
    fingerprint: &mut Fingerprint,
    spec: &Spec,
    earlier: Option<&Fingerprint>,
) -> Result<Option<String>> {
    let (Some(key), Some(path)) = (spec.data.source.path(), spec.data.source_path()) else {
        return Ok(None);
    };
    let key = key.to_string_lossy().into_owned();
    let listing = if path.exists() {
        Some(sha256(&path)?)
    } else {
        earlier.and_then(|earlier| earlier.inputs.get(&key).cloned())
    };
    Ok(match listing {
        Some(listing) => {
            fingerprint.inputs.insert(key, listing);
            None
        }
        None => Some(format!(
            "{}: data: source: path: expected a folder, found none at {}",
            spec.path.display(),
            path.display()
        )),
    })
}

/// SHA-256 of the sorted list of all files below `path`: relative name, size in bytes, time of the last
/// change in nanoseconds. Hidden files and folders are left out. Links to folders are not followed: they
/// may only lead to folders that are listed themselves.
///
/// # Errors
/// A folder that cannot be listed, folders deeper than 16 levels.
pub fn sha256(path: &Path) -> Result<String> {
    let mut lines = Vec::new();
    if path.is_file() {
        lines.push(line(path, Path::new(""))?);
    } else {
        list(path, Path::new(""), 0, &mut lines)?;
    }
    lines.sort();
    Ok(sha256::hex(&lines.concat()))
}

fn list(folder: &Path, below: &Path, depth: usize, lines: &mut Vec<Vec<u8>>) -> Result<()> {
    let context = || format!("cannot list {}", folder.display());
    ensure!(
        depth <= MAX_DEPTH,
        "{}: expected folders of at most {MAX_DEPTH} levels, found more",
        folder.display()
    );
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let (path, below) = (entry.path(), below.join(entry.file_name()));
        if entry.file_type().with_context(context)?.is_dir() {
            list(&path, &below, depth + 1, lines)?;
        } else {
            lines.push(line(&path, &below)?);
        }
        ensure!(
            lines.len() <= MAX_ENTRIES,
            "{}: expected at most {MAX_ENTRIES} files, found more",
            folder.display()
        );
    }
    Ok(())
}

/// A file that cannot be looked at, such as a link to nowhere, has no size and no time.
fn line(path: &Path, below: &Path) -> Result<Vec<u8>> {
    let metadata = fs::metadata(path).ok();
    let size_bytes = metadata.as_ref().map_or(0, fs::Metadata::len);
    let changed_ns = metadata
        .and_then(|metadata| metadata.modified().ok())
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |time| time.as_nanos());
    let mut line: Vec<u8> = PathBuf::from(below).into_os_string().into_encoded_bytes();
    line.extend_from_slice(format!("\0{size_bytes}\0{changed_ns}\0").as_bytes());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_added_or_changed_changes_the_listing_and_a_hidden_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("oak")).unwrap();
        fs::write(path("oak/1.png"), "x").unwrap();
        let first = sha256(folder.path()).unwrap();
        fs::write(path(".DS_Store"), "x").unwrap();
        assert_eq!(sha256(folder.path()).unwrap(), first);
        fs::write(path("oak/1.png"), "longer").unwrap();
        let second = sha256(folder.path()).unwrap();
        fs::rename(path("oak"), path("elm")).unwrap();
        assert!(first != second && second != sha256(folder.path()).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_back_up_ends() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("loop");
        std::os::unix::fs::symlink(folder.path(), link).unwrap();
        assert!(sha256(folder.path()).is_ok());
    }
}
