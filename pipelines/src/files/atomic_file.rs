//! Files that are written completely or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// Suffix of files that are still being written; the next run removes what a killed one left.
pub const TEMPORARY_SUFFIX: &str = ".partial";

/// Writes `bytes` to `path` so that no reader ever sees half of them: written beside, flushed to
/// disk, renamed, and the folder flushed. Missing folders are made.
///
/// # Errors
/// Names the file and the space that was needed; the old file at `path` stays as it is.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    try_write(path, bytes).with_context(|| {
        format!(
            "cannot write {} ({} bytes needed)",
            path.display(),
            bytes.len()
        )
    })
}

fn try_write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("the path has no folder")?;
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(TEMPORARY_SUFFIX);
    // The permissions of any other file, as the umask allows; the library alone would give 0600.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Removes what a killed run left half-written in `folder` and below; a folder that is not there
/// is clean.
///
/// # Errors
/// Names the file that cannot be removed.
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if is_leftover(&path) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_leftovers(&path)?;
        }
    }
    Ok(())
}

/// Whether `path` has the name of a file that is still being written.
pub fn is_leftover(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.starts_with('.') && name.ends_with(TEMPORARY_SUFFIX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_holds_the_bytes_and_nothing_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("file");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_go_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("figures");
        fs::create_dir(&below).unwrap();
        fs::write(folder.path().join(".half.partial"), "x").unwrap();
        fs::write(below.join(".half.partial"), "x").unwrap();
        fs::write(folder.path().join("whole.parquet"), "x").unwrap();
        remove_leftovers(folder.path()).unwrap();
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names(folder.path()), ["figures", "whole.parquet"]);
        assert!(names(&below).is_empty());
    }

    #[test]
    fn an_error_names_the_file_and_the_space() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "x").unwrap();
        let error = write(&folder.path().join("file").join("below"), b"1234").unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("below (4 bytes needed)"), "{text}");
    }
}
