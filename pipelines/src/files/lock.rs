//! A lock that keeps a folder to one writer.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use crate::files::machine;

/// Name of the lock file in the folder that it guards.
pub const LOCK_FILE: &str = ".lock";
/// Time between two attempts.
const WAIT: Duration = Duration::from_millis(100);

/// The exclusive right to write below a folder, until it is dropped. The operating system releases
/// the lock of a process that dies.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
}

/// The result of an attempt to take a lock.
#[derive(Debug)]
pub enum Attempt {
    /// The lock was free and is held now.
    Taken(FolderLock),
    /// Another process holds it.
    Held {
        /// The process that holds it, and since when.
        owner: String,
    },
}

impl FolderLock {
    /// Takes the lock of `folder`, which is created if needed. While another process holds it, `wait`
    /// is called ten times a second with that process and since when it holds the lock; an error
    /// ends the wait.
    ///
    /// # Errors
    /// Names the lock file; and the errors of `wait`.
    pub fn acquire(folder: &Path, mut wait: impl FnMut(&str) -> Result<()>) -> Result<Self> {
        loop {
            match Self::try_acquire(folder)? {
                Attempt::Taken(lock) => return Ok(lock),
                Attempt::Held { owner } => wait(&owner)?,
            }
            std::thread::sleep(WAIT);
        }
    }

    /// Takes the lock of `folder`, which is created if needed, or says which process holds it.
    ///
    /// # Errors
    /// Names the lock file.
    pub fn try_acquire(folder: &Path) -> Result<Attempt> {
        let path = folder.join(LOCK_FILE);
        let context = || format!("cannot lock {}", path.display());
        loop {
            fs::create_dir_all(folder).with_context(context)?;
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .with_context(context)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => {
                    let lock = Self { file };
                    lock.sign().with_context(context)?;
                    return Ok(Attempt::Taken(lock));
                }
                // The previous owner removed the folder, so this lock guards nothing.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut owner = String::new();
                    file.read_to_string(&mut owner).with_context(context)?;
                    let owner = owner.trim().to_owned();
                    return Ok(Attempt::Held { owner });
                }
                Err(TryLockError::Error(error)) => return Err(error).with_context(context),
            }
        }
    }

    /// Writes who holds the lock and since when, for those that wait for it.
    fn sign(&self) -> std::io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(
            file,
            "process {} since {} on {}",
            std::process::id(),
            humantime::format_rfc3339_seconds(SystemTime::now()),
            machine::host()
        )
    }
}

/// Whether the open `file` still lies at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => identity(open) == identity(there),
        _ => false,
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn the_second_owner_learns_who_holds_the_lock_and_then_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path(), |_| panic!("nobody holds it")).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let path = folder.path().to_path_buf();
        let second = std::thread::spawn(move || {
            FolderLock::acquire(&path, |owner| Ok(sender.send(owner.to_owned())?)).map(drop)
        });
        let owner = receiver.recv().unwrap();
        assert!(owner.starts_with(&format!("process {} since 20", std::process::id())));
        drop(first);
        second.join().unwrap().unwrap();
    }

    #[test]
    fn a_lock_in_a_removed_folder_guards_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let _first = FolderLock::acquire(&folder, |_| panic!("nobody holds it")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let second = FolderLock::try_acquire(&folder).unwrap();
        assert!(matches!(second, Attempt::Taken(_)));
        let third = FolderLock::try_acquire(&folder).unwrap();
        assert!(matches!(third, Attempt::Held { .. }));
    }

    #[test]
    fn a_wait_can_be_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let _first = FolderLock::acquire(folder.path(), |_| Ok(())).unwrap();
        let error = FolderLock::acquire(folder.path(), |_| bail!("interrupted")).unwrap_err();
        assert_eq!(error.to_string(), "interrupted");
    }
}
