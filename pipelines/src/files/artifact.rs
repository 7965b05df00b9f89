//! The size and the hash of a file.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::files::atomic_file::{self, AtomicFile};
use crate::files::sha256::{self, StreamHash};

/// Bytes that are hashed at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// Size and hash of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Number of bytes.
    pub size_bytes: u64,
}

impl Artifact {
    /// Of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: sha256::hex(bytes),
            size_bytes: bytes.len() as u64,
        }
    }

    /// Of all that `reader` has left, which is never in memory as a whole.
    ///
    /// # Errors
    /// Those of `reader`.
    pub fn of_reader(reader: &mut impl Read) -> io::Result<Self> {
        let (mut hash, mut size_bytes) = (StreamHash::default(), 0);
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    hash.add(&buffer[..read]);
                    size_bytes += read as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            sha256: hash.hex(),
            size_bytes,
        })
    }

    /// Writes `bytes` to `path`, whole or not at all.
    ///
    /// # Errors
    /// Names the file and the space that was needed.
    pub fn write(path: &Path, bytes: &[u8]) -> Result<Self> {
        atomic_file::write(path, bytes)?;
        Ok(Self::of(bytes))
    }

    /// The first difference between the size and hash of a file and those of what was written, as
    /// "expected …, found …".
    pub fn difference(&self, found: &Self) -> Option<String> {
        if found.size_bytes != self.size_bytes {
            return Some(size_difference(self.size_bytes, found.size_bytes));
        }
        (found != self).then(|| format!("expected SHA-256 {}, found {}", self.sha256, found.sha256))
    }
}

/// A file of a step that is written from a stream, with its hash computed on the way.
#[derive(Debug)]
pub struct ArtifactWriter {
    file: AtomicFile,
    hash: StreamHash,
}

impl ArtifactWriter {
    /// Begins to write the file at `path`, whole or not at all.
    ///
    /// # Errors
    /// Names the file.
    pub fn create(path: &Path) -> Result<Self> {
        Ok(Self {
            file: AtomicFile::create(path)?,
            hash: StreamHash::default(),
        })
    }

    /// Flushes the file to disk and gives it its name.
    ///
    /// # Errors
    /// Names the file and the space that was needed.
    pub fn commit(self) -> Result<Artifact> {
        let artifact = Artifact {
            sha256: self.hash.hex(),
            size_bytes: self.file.size_bytes(),
        };
        self.file.commit()?;
        Ok(artifact)
    }
}

impl Write for ArtifactWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.add(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// "expected … bytes, found …"
pub(super) fn size_difference(expected_bytes: u64, found_bytes: u64) -> String {
    format!("expected {expected_bytes} bytes, found {found_bytes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streamed_file_is_recorded_as_a_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut file = ArtifactWriter::create(&path).unwrap();
        file.write_all(b"by").unwrap();
        file.write_all(b"tes").unwrap();
        let artifact = Artifact::of(b"bytes");
        assert_eq!(file.commit().unwrap(), artifact);
        assert_eq!(Artifact::of_reader(&mut &b"bytes"[..]).unwrap(), artifact);
        assert_eq!(std::fs::read(path).unwrap(), b"bytes");
    }
}
