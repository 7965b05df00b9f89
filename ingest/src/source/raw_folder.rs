//! `data/raw`: whatever was obtained and passed every check, so that no source is asked twice.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use pipelines::files::atomic_file;
use pipelines::files::lock::FolderLock;
use pipelines::stage_program::interrupted;

use super::folder;
use crate::data_set::RawFile;
use crate::gunzip::is_gzip;
use crate::idx_file::{IdxFile, IdxFiles};

/// The right to write to `folder`, which is made if need be.
///
/// # Errors
/// A folder that cannot be locked.
pub fn lock(folder: &Path) -> Result<FolderLock> {
    let mut told = false;
    let lock = FolderLock::acquire(folder, |owner| {
        if !std::mem::replace(&mut told, true) {
            tracing::info!("ingest: waiting for {} ({owner})", folder.display());
        }
        interrupted(|| "nothing was obtained yet".to_owned())?;
        Ok(())
    })?;
    atomic_file::remove_leftovers(folder)?;
    Ok(lock)
}

/// Keeps four files that were checked; those that lie in `folder` already stay as they are.
///
/// # Errors
/// A file that cannot be written.
pub fn keep(folder: &Path, files: &IdxFiles, raw: &[RawFile; 4]) -> Result<()> {
    let _lock = lock(folder)?;
    for (file, raw) in files.iter().zip(raw) {
        let there = folder::read_file(folder, file);
        if !there.is_ok_and(|there| there.bytes == raw.bytes) {
            keep_file(folder, file, &raw.bytes)?;
        }
    }
    Ok(())
}

/// Keeps one file that was checked, in place of what stood there.
///
/// # Errors
/// A file that cannot be written or removed.
pub fn keep_file(folder: &Path, file: &IdxFile, bytes: &[u8]) -> Result<()> {
    let [gzipped, plain] = folder::candidates(folder, file);
    let (path, other) = if is_gzip(bytes) {
        (gzipped, plain)
    } else {
        (plain, gzipped)
    };
    atomic_file::write(&path, bytes)?;
    match fs::remove_file(&other) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", other.display()))
        }
        _ => Ok(()),
    }
}
