//! Pixels in a memory-mapped file, so that a data set may be larger than what a process should hold:
//! the system keeps in memory what is used and takes it back when others need it.
#![allow(unsafe_code)]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use arrow_buffer::{Buffer, ScalarBuffer};
use bytes::Bytes;
use memmap2::Mmap;

/// A file without a name that pixels are written to. It takes space on disk until the last buffer of
/// its pixels is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct PixelFile {
    file: File,
    folder: PathBuf,
    /// Bytes that will be written in all, for messages.
    expected_bytes: u64,
    size_bytes: u64,
}

impl PixelFile {
    /// An empty file on the disk of `folder`, which is made if it is missing, for `expected_bytes`
    /// pixels.
    ///
    /// # Errors
    /// Names the folder.
    pub fn create(folder: &Path, expected_bytes: u64) -> Result<Self> {
        let create = || {
            fs::create_dir_all(folder)?;
            tempfile::tempfile_in(folder)
        };
        Ok(Self {
            file: create().with_context(|| failure(folder, expected_bytes))?,
            folder: folder.to_path_buf(),
            expected_bytes,
            size_bytes: 0,
        })
    }

    /// Appends `pixels`.
    ///
    /// # Errors
    /// Names the folder and the space that was needed.
    pub fn write(&mut self, pixels: &[u8]) -> Result<()> {
        self.file
            .write_all(pixels)
            .with_context(|| failure(&self.folder, self.expected_bytes))?;
        self.size_bytes += pixels.len() as u64;
        Ok(())
    }

    /// All pixels. They are read from disk when they are used, unless the system still has them in
    /// memory.
    ///
    /// # Errors
    /// A file that the system cannot map.
    pub fn map(self) -> Result<ScalarBuffer<u8>> {
        if self.size_bytes == 0 {
            return Ok(ScalarBuffer::default());
        }
        // SAFETY: what is mapped must not change, and the file must not become shorter, while the map
        // lives. Nobody can do either: the file never had a name or has lost it, so that no other
        // process can open it, and this process drops its only handle here without handing it out.
        let map = unsafe { Mmap::map(&self.file) }
            .with_context(|| failure(&self.folder, self.expected_bytes))?;
        Ok(Buffer::from(Bytes::from_owner(map)).into())
    }
}

fn failure(folder: &Path, size_bytes: u64) -> String {
    format!(
        "cannot write pixels to a temporary file in {} ({size_bytes} bytes needed)",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_pixels_are_those_that_were_written_and_no_file_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("seed-0");
        let mut file = PixelFile::create(&below, 10_000).unwrap();
        let pixels: Vec<u8> = (0..10_000_u32).map(|at| (at * 31) as u8).collect();
        file.write(&pixels[..4_097]).unwrap();
        assert_eq!(fs::read_dir(&below).unwrap().count(), 0);
        file.write(&pixels[4_097..]).unwrap();
        let mapped = file.map().unwrap();
        // What has no name can outlive its folder, as it does when a killed run is cleaned up.
        drop(folder);
        assert!(!below.exists());
        assert_eq!(mapped[..], pixels[..]);
        assert_eq!(mapped.slice(9_999, 1)[..], pixels[9_999..]);
    }

    #[test]
    fn no_pixels_are_an_empty_buffer() {
        let folder = tempfile::tempdir().unwrap();
        let file = PixelFile::create(folder.path(), 0).unwrap();
        assert!(file.map().unwrap().is_empty());
    }

    #[test]
    fn an_error_names_the_folder_and_the_space() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "x").unwrap();
        let error = PixelFile::create(&folder.path().join("file"), 12).unwrap_err();
        assert!(
            error.to_string().ends_with("file (12 bytes needed)"),
            "{error:#}"
        );
    }
}
