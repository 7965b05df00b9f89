//! Files in a folder of this machine.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::data_set::RawFile;
use crate::idx_file::{IdxFile, IdxFiles};

/// Reads the four files, gzipped or plain.
///
/// # Errors
/// The first file that is not there, cannot be read, or is far too large.
pub fn read(folder: &Path, files: &IdxFiles) -> Result<[RawFile; 4]> {
    let [a, b, c, d] = files;
    Ok([
        read_file(folder, a)?,
        read_file(folder, b)?,
        read_file(folder, c)?,
        read_file(folder, d)?,
    ])
}

fn read_file(folder: &Path, file: &IdxFile) -> Result<RawFile> {
    for name in [format!("{}.gz", file.name), file.name.to_owned()] {
        let path = folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => return Ok(RawFile { path, bytes }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        }
    }
    bail!(
        "{}: no {}.gz and no {}",
        folder.display(),
        file.name,
        file.name
    )
}
