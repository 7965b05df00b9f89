use anyhow::Result;
use pipelines::spec::Model;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::images::Images;
use train::batches::{Batch, gather, shuffled};
use train::normalization::Normalization;

/// Batches of the bundled subset in an order of their own, without end.
pub struct Batches {
    images: Images,
    normalization: Normalization,
    rows: Vec<u32>,
    size: usize,
    next: usize,
}

impl Batches {
    pub fn of(model: &Model) -> Result<Self> {
        let images = ingest::bundled::train()?;
        let rows = shuffled((0..images.len() as u32).collect(), 0, 0);
        Ok(Self {
            normalization: Normalization::divisor(255.0, images.info.shape.channels),
            images,
            rows,
            size: model.batch_size,
            next: 0,
        })
    }

    pub fn info(&self) -> &DatasetInfo {
        &self.images.info
    }

    pub fn next(&mut self) -> Batch {
        if self.next + self.size > self.rows.len() {
            self.next = 0;
        }
        let rows = &self.rows[self.next..][..self.size];
        self.next += self.size;
        gather(&self.images, rows, &self.normalization)
    }
}
