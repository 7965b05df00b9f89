//! Files that are written completely or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// Suffix of files that are still being written; the next run removes what a killed one left.
pub const TEMPORARY_SUFFIX: &str = ".partial";

/// Writes `bytes` to `path`, whole or not at all; see [`AtomicFile`].
///
/// # Errors
/// Names the file and the space that was needed; the old file at `path` stays as it is.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = AtomicFile::create(path)?;
        file.file.write_all(bytes)?;
        file.persist()
    };
    write().with_context(|| {
        format!(
            "cannot write {} ({} bytes needed)",
            path.display(),
            bytes.len()
        )
    })
}

/// A file that is being written and that no reader sees half of: its bytes go to a file beside it,
/// which [`AtomicFile::commit`] flushes to disk and renames. Dropped before, it leaves the old file
/// as it is.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    file: NamedTempFile,
    size_bytes: u64,
}

impl AtomicFile {
    /// Begins to write the file at `path`. Missing folders are made.
    ///
    /// # Errors
    /// Names the file.
    pub fn create(path: &Path) -> Result<Self> {
        let create = || {
            let folder = path.parent().context("the path has no folder")?;
            fs::create_dir_all(folder)?;
            let mut builder = tempfile::Builder::new();
            builder.prefix(".").suffix(TEMPORARY_SUFFIX);
            // The permissions of any other file, as the umask allows; the library alone would give
            // 0600.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            anyhow::Ok(builder.tempfile_in(folder)?)
        };
        Ok(Self {
            path: path.to_path_buf(),
            file: create().with_context(|| format!("cannot write {}", path.display()))?,
            size_bytes: 0,
        })
    }

    /// Bytes written so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Flushes the file and its folder to disk and gives it its name.
    ///
    /// # Errors
    /// Names the file and the space that was needed.
    pub fn commit(self) -> Result<()> {
        let context = failure(&self.path, self.size_bytes);
        self.persist().context(context)
    }

    fn persist(self) -> Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path)?;
        let folder = self.path.parent().context("the path has no folder")?;
        File::open(folder)?.sync_all()?;
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.file.write(bytes) {
            Ok(written) => {
                self.size_bytes += written as u64;
                Ok(written)
            }
            // `write_all` calls again after an interruption, which it tells by the kind.
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!(
                    "{}: {error}",
                    failure(&self.path, self.size_bytes + bytes.len() as u64)
                ),
            )),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn failure(path: &Path, size_bytes: u64) -> String {
    format!(
        "cannot write {} (at least {size_bytes} bytes needed)",
        path.display()
    )
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
    fn a_file_that_is_dropped_half_written_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"ne").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"ne").unwrap();
        file.write_all(b"w").unwrap();
        assert_eq!(file.size_bytes(), 3);
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
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
