//! `data/raw` keeps obtained files that passed every check, so that they are obtained once.

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

/// Locks `folder` for writing. Creates it if it does not exist.
///
/// # Errors
/// A folder that cannot be locked.
pub fn lock(folder: &Path) -> Result<FolderLock> {
    let mut is_waiting = false;
    let lock = FolderLock::acquire(folder, |owner| {
        if !std::mem::replace(&mut is_waiting, true) {
            tracing::info!("ingest: waiting for {} ({owner})", folder.display());
        }
        interrupted(|| "nothing was obtained yet".to_owned())?;
        Ok(())
    })?;
    atomic_file::remove_leftovers(folder)?;
    Ok(lock)
}

/// Writes four checked files into `folder`, unless they are already in it.
///
/// # Errors
/// A file that cannot be written.
pub fn keep(folder: &Path, files: &IdxFiles, raw: &[RawFile; 4]) -> Result<()> {
    let _lock = lock(folder)?;
    for (file, raw) in files.iter().zip(raw) {
        let existing = folder::read_file(folder, file);
        if !existing.is_ok_and(|existing| existing.bytes == raw.bytes) {
            keep_file(folder, file, &raw.bytes)?;
        }
    }
    Ok(())
}

/// Writes one checked file into `folder`, replacing an earlier one.
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
