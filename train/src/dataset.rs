//! The images of one run: what is trained on, what validates, what is predicted at the end.

use anyhow::{Result, ensure};
use pipelines::class::{CLASS_COUNT, CLASS_NAMES};
use pipelines::files::layout::{Layout, TEST_FILE, TRAIN_FILE};
use pipelines::spec::{Model, Spec};
use pipelines::tables::images::{Images, Split};

use crate::failure::Failure;
use crate::shards::Shards;

/// Images and the rows of each split.
#[derive(Debug)]
pub struct Dataset {
    /// Training and validation rows, in file order.
    pub images: Images,
    /// Rows of `images` that are trained on.
    pub training_rows: Vec<u32>,
    /// Rows of `images` that validate.
    pub validation_rows: Vec<u32>,
    /// The test images.
    pub test: Images,
    /// Augmented training images, if the model asks for them.
    pub shards: Option<Shards>,
    /// Pixels are divided by this.
    pub pixel_divisor: f32,
}

impl Dataset {
    /// Reads what `model` is trained and judged on.
    ///
    /// # Errors
    /// A file that is missing, damaged or has other rows than it should.
    pub fn load(layout: &Layout, spec: &Spec, model: &Model) -> Result<Self> {
        let folder = layout.ingested(&spec.data.name);
        let images = Images::read(&folder, TRAIN_FILE)?;
        let test = Images::read(&folder, TEST_FILE)?;
        let path = folder.join(TRAIN_FILE);
        let training_rows = rows_of(&images, Split::Train);
        let validation_rows = rows_of(&images, Split::Validation);
        for (split, rows) in [
            (Split::Train, &training_rows),
            (Split::Validation, &validation_rows),
        ] {
            ensure!(
                !rows.is_empty(),
                "{}: column `split`: expected rows of `{}`, found none",
                path.display(),
                split.name()
            );
        }
        ensure!(
            !test.is_empty(),
            "{}: expected test rows, found none",
            folder.join(TEST_FILE).display()
        );
        let shards = match model.augmentation.policy() {
            Some(policy) => Some(Shards::new(
                layout.augmented(&spec.name, policy),
                spec.shard_count(spec.policy(policy)?, [model]),
                model.epochs,
                training_rows
                    .iter()
                    .map(|&row| images.ids[row as usize])
                    .collect(),
            )),
            None => None,
        };
        Ok(Self {
            images,
            training_rows,
            validation_rows,
            test,
            shards,
            pixel_divisor: spec.data.pixel_divisor as f32,
        })
    }

    /// Rows of all test images.
    pub fn test_rows(&self) -> Vec<u32> {
        (0..self.test.len() as u32).collect()
    }

    /// The first class that no training row has.
    pub fn first_missing_class(&self) -> Option<Failure> {
        let mut seen = [false; CLASS_COUNT];
        for &row in &self.training_rows {
            seen[usize::from(self.images.labels[row as usize])] = true;
        }
        let class = seen.iter().position(|seen| !seen)?;
        Some(Failure::MissingClass {
            class,
            name: CLASS_NAMES[class],
        })
    }
}

fn rows_of(images: &Images, split: Split) -> Vec<u32> {
    let rows = images.splits.iter().zip(0..);
    rows.filter(|(of, _)| **of == split)
        .map(|(_, row)| row)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_only_validates_is_missing() {
        let images = ingest::bundled::train().unwrap();
        let test = images.clone();
        let rows = |of: &dyn Fn(u8) -> bool| {
            let labels = images.labels.iter().zip(0..);
            labels
                .filter(|(label, _)| of(**label))
                .map(|(_, row)| row)
                .collect()
        };
        let mut dataset = Dataset {
            training_rows: rows(&|label| label != 6),
            validation_rows: rows(&|label| label == 6),
            images,
            test,
            shards: None,
            pixel_divisor: 255.0,
        };
        assert_eq!(
            dataset.first_missing_class().unwrap().to_string(),
            "expected training rows of every class, found none of class 6 (Shirt)"
        );
        dataset.training_rows.extend(&dataset.validation_rows);
        assert_eq!(dataset.first_missing_class(), None);
    }
}
