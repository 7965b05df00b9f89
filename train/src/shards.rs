//! Augmented training images, one shard an epoch, read while the epoch before is trained on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, bail, ensure};
use pipelines::files::layout::shard_file;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::images::Images;

/// The shards of one policy: epoch e is trained on shard e modulo their number.
#[derive(Debug)]
pub struct Shards {
    folder: PathBuf,
    /// Pixels go to nameless files on the disk of this folder.
    scratch: PathBuf,
    copies: u32,
    epochs: u32,
    /// Shape and classes that every shard must have.
    info: DatasetInfo,
    /// Ids that every shard must have, in this order.
    ids: Arc<[u32]>,
    current: Option<(u32, Images)>,
    next: Option<(u32, JoinHandle<Result<Images>>)>,
}

impl Shards {
    /// `copies` shards in `folder`, their pixels on the disk of `scratch`, for a run of `epochs` epochs over the training rows with these
    /// `ids`, of images with this `info`.
    pub fn new(
        folder: PathBuf,
        scratch: PathBuf,
        copies: u32,
        epochs: u32,
        info: DatasetInfo,
        ids: Vec<u32>,
    ) -> Self {
        Self {
            folder,
            scratch,
            copies,
            epochs,
            info,
            ids: ids.into(),
            current: None,
            next: None,
        }
    }

    /// The images of `epoch`, counted from 0; those of the next begin to be read.
    ///
    /// # Errors
    /// A shard that is missing, damaged or has other rows than the training rows.
    pub fn of_epoch(&mut self, epoch: u32) -> Result<&Images> {
        let copy = epoch % self.copies;
        let images = match self.current.take().filter(|(current, _)| *current == copy) {
            Some((_, images)) => images,
            None => self.finish_reading(copy)?,
        };
        let next = (epoch + 1) % self.copies;
        if epoch + 1 < self.epochs && next != copy {
            self.next = Some((next, self.start_reading(next)?));
        }
        Ok(&self.current.insert((copy, images)).1)
    }

    fn finish_reading(&mut self, copy: u32) -> Result<Images> {
        let reader = match self.next.take() {
            Some((next, reader)) if next == copy => reader,
            _ => self.start_reading(copy)?,
        };
        match reader.join() {
            Ok(images) => images,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn start_reading(&self, copy: u32) -> Result<JoinHandle<Result<Images>>> {
        let (folder, ids) = (self.folder.clone(), Arc::clone(&self.ids));
        let (info, scratch) = (self.info.clone(), self.scratch.clone());
        thread::Builder::new()
            .name(format!("shard-{copy}"))
            .spawn(move || {
                let file = shard_file(copy);
                let images = Images::read_mapped(&folder, &file, &scratch)?;
                let path = folder.join(file);
                ensure!(
                    images.info == info,
                    "{}: expected the shape {} and the classes of the training images, found {}",
                    path.display(),
                    info.shape,
                    images.info.shape
                );
                check_rows(&path, &images.ids, &ids)?;
                Ok(images)
            })
            .context("cannot start a thread that reads shards")
    }
}

/// A shard has exactly the training rows.
fn check_rows(path: &Path, found: &[u32], expected: &[u32]) -> Result<()> {
    ensure!(
        found.len() == expected.len(),
        "{}: expected the {} training rows, found {} rows",
        path.display(),
        expected.len(),
        found.len()
    );
    let pairs = found.iter().zip(expected);
    if let Some((row, (found, expected))) = pairs.enumerate().find(|(_, (a, b))| a != b) {
        bail!(
            "{}: row {row}: expected the image with id {expected}, found {found}",
            path.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_with_other_rows_is_refused() {
        let check = |found: &[u32]| {
            let checked = check_rows(Path::new("copy-000.parquet"), found, &[5, 6, 7]);
            checked.map_err(|error| error.to_string())
        };
        assert_eq!(check(&[5, 6, 7]), Ok(()));
        assert_eq!(
            check(&[5, 6]).unwrap_err(),
            "copy-000.parquet: expected the 3 training rows, found 2 rows"
        );
        assert_eq!(
            check(&[5, 7, 6]).unwrap_err(),
            "copy-000.parquet: row 1: expected the image with id 6, found 7"
        );
    }
}
