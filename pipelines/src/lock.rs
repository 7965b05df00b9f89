//! One writer a folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

/// Name of the lock file in the folder that it guards.
const LOCK_FILE: &str = ".lock";

/// The exclusive right to write below a folder, until dropped. The operating system takes it from
/// a process that dies, so a lock whose owner is gone is free.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
    path: PathBuf,
}

impl FolderLock {
    /// Takes the lock of `folder`, which is made if need be. `wait` is called once with who holds
    /// the lock and since when, if somebody does; then this waits.
    ///
    /// # Errors
    /// Names the lock file.
    pub fn acquire(folder: &Path, wait: impl FnOnce(&str)) -> Result<Self> {
        let path = folder.join(LOCK_FILE);
        let context = || format!("cannot lock {}", path.display());
        fs::create_dir_all(folder).with_context(context)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(context)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                file.read_to_string(&mut owner).with_context(context)?;
                wait(owner.trim());
                file.lock().with_context(context)?;
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
        }
        let lock = Self { file, path };
        lock.sign()
            .with_context(|| format!("cannot lock {}", lock.path.display()))?;
        Ok(lock)
    }

    /// Writes who holds the lock and since when, for whoever has to wait.
    fn sign(&self) -> std::io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(
            file,
            "process {} since {}",
            std::process::id(),
            humantime::format_rfc3339_seconds(SystemTime::now())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_owner_learns_who_holds_the_lock_and_then_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path(), |_| panic!("nobody holds it")).unwrap();
        let (told, heard) = std::sync::mpsc::channel();
        let path = folder.path().to_path_buf();
        let second = std::thread::spawn(move || {
            FolderLock::acquire(&path, |owner| told.send(owner.to_owned()).unwrap()).map(drop)
        });
        let owner = heard.recv().unwrap();
        assert!(owner.starts_with(&format!("process {} since 20", std::process::id())));
        drop(first);
        second.join().unwrap().unwrap();
    }
}
