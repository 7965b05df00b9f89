//! Files in a folder of this machine.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use pipelines::spec::dataset_info::DatasetInfo;

use crate::data_set::{DataSet, RawFile};
use crate::idx_file::{IdxFile, IdxFiles};
use crate::invalid_file::InvalidFile;

/// Reads and checks the four files, gzipped or plain.
///
/// # Errors
/// The first file that is missing, cannot be read, or is invalid.
pub fn data_set(folder: &Path, files: &IdxFiles, info: &DatasetInfo) -> Result<DataSet> {
    DataSet::decode(files, &read(folder, files)?, info)
}

/// Reads the four files, gzipped or plain, without checking their contents.
///
/// # Errors
/// The first file that is missing, cannot be read, or is too large.
pub fn read(folder: &Path, files: &IdxFiles) -> Result<[RawFile; 4]> {
    let mut raw = Vec::with_capacity(files.len());
    for file in files {
        raw.push(read_file(folder, file)?);
    }
    raw.try_into().map_err(|_| anyhow!("expected four files"))
}

/// Reads one file, gzipped or plain, without checking its contents.
///
/// # Errors
/// A file that is missing, cannot be read, or is too large.
pub fn read_file(folder: &Path, file: &IdxFile) -> Result<RawFile> {
    for path in candidates(folder, file) {
        match read_bounded(&path, file.max_raw_bytes()) {
            Ok(Some(bytes)) => return Ok(RawFile { path, bytes }),
            Ok(None) => {
                let expected = format!("at most {} bytes", file.max_raw_bytes());
                return Err(InvalidFile::new(&path, "file size", expected, "more").into());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        }
    }
    bail!("{}.gz is not there", file.name)
}

/// Where `file` may be in `folder`, the first choice first.
pub fn candidates(folder: &Path, file: &IdxFile) -> [PathBuf; 2] {
    [
        folder.join(format!("{}.gz", file.name)),
        folder.join(file.name),
    ]
}

/// The contents of a file; `None` if there are more than `limit_bytes`.
fn read_bounded(path: &Path, limit_bytes: usize) -> std::io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let size_bytes = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(size_bytes.min(limit_bytes) + 1);
    file.take(limit_bytes as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit_bytes).then_some(bytes))
}
