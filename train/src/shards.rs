//! Augmented training images, one shard an epoch, read while the epoch before is trained on.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, ensure};
use pipelines::images::Images;
use pipelines::layout::shard_file;

/// The shards of one policy: epoch e is trained on shard e modulo their number.
#[derive(Debug)]
pub struct Shards {
    folder: PathBuf,
    copies: u32,
    epochs: u32,
    /// Ids that every shard must have, in this order.
    ids: Arc<[u32]>,
    current: Option<(u32, Images)>,
    next: Option<(u32, JoinHandle<Result<Images>>)>,
}

impl Shards {
    /// `copies` shards in `folder` for a run of `epochs` epochs over the training rows with these
    /// `ids`.
    pub fn new(folder: PathBuf, copies: u32, epochs: u32, ids: Vec<u32>) -> Self {
        Self {
            folder,
            copies,
            epochs,
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
        thread::Builder::new()
            .name(format!("shard-{copy}"))
            .spawn(move || {
                let file = shard_file(copy);
                let images = Images::read(&folder, &file)?;
                let path = folder.join(file);
                ensure!(
                    images.len() == ids.len(),
                    "{}: expected the {} training rows, found {} rows",
                    path.display(),
                    ids.len(),
                    images.len()
                );
                let rows = images.ids.iter().zip(ids.iter());
                if let Some((found, expected)) = rows.clone().find(|(found, id)| found != id) {
                    let row = rows.take_while(|(found, id)| found == id).count();
                    anyhow::bail!(
                        "{}: row {row}: expected the image with id {expected}, found {found}",
                        path.display()
                    );
                }
                Ok(images)
            })
            .context("cannot start a thread that reads shards")
    }
}
