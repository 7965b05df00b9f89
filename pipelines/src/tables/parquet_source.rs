//! Where the bytes of a Parquet file are.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Bytes that are read ahead for the headers of pages, which are a few dozen bytes.
const HEADER_BYTES: usize = 512;

/// The bytes of a file: in memory, or on disk and read piece by piece.
#[derive(Clone, Debug)]
pub enum ParquetSource {
    /// All of them.
    Memory(Bytes),
    /// An open file.
    File(OpenFile),
}

impl ParquetSource {
    /// The bytes of an open file.
    ///
    /// # Errors
    /// A file whose size cannot be asked for.
    pub fn file(file: File) -> io::Result<Self> {
        let size_bytes = file.metadata()?.len();
        Ok(Self::File(OpenFile {
            file: Arc::new(Mutex::new(file)),
            size_bytes,
        }))
    }

    /// The `length` bytes from `start` on.
    ///
    /// # Errors
    /// Bytes that lie outside the file or cannot be read.
    pub fn bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.len()) {
            return Err(ParquetError::EOF(format!(
                "expected {length} bytes from byte {start} on, found a file of {} bytes",
                self.len()
            )));
        }
        match self {
            Self::Memory(bytes) => Ok(bytes.slice(start as usize..start as usize + length)),
            Self::File(file) => {
                let mut bytes = vec![0; length];
                file.at(start).read_exact(&mut bytes)?;
                Ok(bytes.into())
            }
        }
    }
}

impl Length for ParquetSource {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(file) => file.size_bytes,
        }
    }
}

impl ChunkReader for ParquetSource {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(bytes.get_read(start)?),
            Self::File(file) => Box::new(BufReader::with_capacity(HEADER_BYTES, file.at(start))),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.bytes(start, length)
    }
}

/// A file that several readers share, each at a position of its own.
#[derive(Clone, Debug)]
pub struct OpenFile {
    file: Arc<Mutex<File>>,
    size_bytes: u64,
}

impl OpenFile {
    fn at(&self, position: u64) -> FileReader {
        FileReader {
            file: self.file.clone(),
            position,
        }
    }
}

struct FileReader {
    file: Arc<Mutex<File>>,
    position: u64,
}

impl Read for FileReader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        // A reader that panicked left nothing half-done: each seeks before it reads.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.position))?;
        let read = file.read(bytes)?;
        self.position += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_on_disk_reads_as_one_in_memory() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..3_000_u32).map(|at| (at * 7) as u8).collect();
        file.write_all(&content).unwrap();
        let memory = ParquetSource::Memory(content.into());
        let disk = ParquetSource::file(file).unwrap();
        assert_eq!(disk.len(), 3_000);
        assert_eq!(disk.bytes(11, 900).unwrap(), memory.bytes(11, 900).unwrap());
        // Two readers take turns.
        let mut readers = [&memory, &disk, &disk].map(|source| source.get_read(2_000).unwrap());
        let mut found = [[0; 1_000]; 3];
        for at in 0..10 {
            for (reader, found) in readers.iter_mut().zip(&mut found) {
                reader.read_exact(&mut found[at * 100..][..100]).unwrap();
            }
        }
        assert!(found[0] == found[1] && found[0] == found[2]);
        for source in [memory, disk] {
            let error = source.bytes(2_900, 101).unwrap_err().to_string();
            assert!(
                error.contains("expected 101 bytes from byte 2900 on"),
                "{error}"
            );
            assert!(source.bytes(u64::MAX, 1).is_err());
        }
    }
}
