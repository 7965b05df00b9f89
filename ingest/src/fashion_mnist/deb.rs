//! The four files in the contents of a Debian package.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use tar::{Archive, EntryType};

use crate::data_set::RawFile;
use crate::idx_file::IdxFiles;
use crate::invalid_file::InvalidFile;

/// Folder of the files in the package.
const FOLDER: &str = "usr/share/datasets/fashion-mnist";
/// Limit on the bytes that are read of a package's contents; the real ones have 31 MB.
const MAX_BYTES: u64 = 256 << 20;

/// Takes the four files out of `tar`, the uncompressed contents of the package at `package`.
/// Nothing is written, and no other file is read.
///
/// # Errors
/// An absolute path or one with `..` anywhere in the archive; a link, a device or a file that is
/// too large under one of the four names; a file that is missing or appears twice.
pub fn unpack(package: &Path, tar: impl Read, files: &IdxFiles) -> Result<[RawFile; 4]> {
    let damaged = || format!("{}: expected a tar archive", package.display());
    let mut found = [const { None }; 4];
    let mut archive = Archive::new(tar.take(MAX_BYTES));
    for entry in archive.entries().with_context(damaged)? {
        let mut entry = entry.with_context(damaged)?;
        let path = inside(package, &entry.path().with_context(damaged)?)?;
        let Some(index) = files
            .iter()
            .position(|file| path == Path::new(FOLDER).join(format!("{}.gz", file.name)))
        else {
            continue;
        };
        let path = package.join(path);
        let invalid = |field, expected: &str, found: String| {
            Err(InvalidFile::new(&path, field, expected, found).into())
        };
        let kind = entry.header().entry_type();
        if kind != EntryType::Regular {
            return invalid("type", "a regular file", format!("{kind:?}"));
        }
        let limit_bytes = files[index].max_raw_bytes() as u64;
        if entry.size() > limit_bytes {
            let expected = format!("at most {limit_bytes} bytes");
            return invalid("file size", &expected, format!("{} bytes", entry.size()));
        }
        if found[index].is_some() {
            return invalid("name", "once", "twice".to_owned());
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).with_context(damaged)?;
        found[index] = Some(RawFile { path, bytes });
    }
    match found {
        [Some(a), Some(b), Some(c), Some(d)] => Ok([a, b, c, d]),
        found => {
            let index = found.iter().position(Option::is_none).unwrap_or(0);
            bail!(
                "{}: {FOLDER}/{}.gz is not in it",
                package.display(),
                files[index].name
            )
        }
    }
}

/// `path` without leading `./`, if it stays inside the archive.
fn inside(package: &Path, path: &Path) -> Result<PathBuf, InvalidFile> {
    let mut inside = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => inside.push(name),
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                let expected = "paths inside the archive";
                let found = path.display();
                return Err(InvalidFile::new(package, "name", expected, found));
            }
        }
    }
    Ok(inside)
}
