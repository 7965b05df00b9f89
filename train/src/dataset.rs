//! The images of one run: what is trained on, what validates, what is predicted at the end.

use std::path::Path;

use anyhow::{Result, ensure};
use pipelines::files::layout::{Layout, TEST_FILE, TRAIN_FILE};
use pipelines::spec::{Model, Spec};
use pipelines::tables::images::Images;
use pipelines::tables::split::Split;

use crate::failure::Failure;
use crate::normalization::Normalization;
use crate::shards::Shards;

/// Images and the rows of each split.
#[derive(Debug)]
pub struct Dataset {
    /// Training and validation rows, in file order.
    pub images: Images,
    /// Rows of `images` that are trained on.
    pub training_rows: Vec<u32>,
    /// Rows of `images` that validate; none when the spec trains on all.
    pub validation_rows: Vec<u32>,
    /// The test images.
    pub test: Images,
    /// Augmented training images, if the model asks for them.
    pub shards: Option<Shards>,
    /// What is done with pixels before they enter the network.
    pub normalization: Normalization,
}

impl Dataset {
    /// Reads the images that `model` is trained, validated and tested on; their pixels go to
    /// nameless files on the disk of the folder `scratch`.
    ///
    /// # Errors
    /// A file that is missing or damaged or has unexpected rows.
    pub fn load(layout: &Layout, spec: &Spec, model: &Model, scratch: &Path) -> Result<Self> {
        let folder = layout.ingested(&spec.data.name);
        let images = Images::read_mapped(&folder, TRAIN_FILE, scratch)?;
        let test = Images::read_mapped(&folder, TEST_FILE, scratch)?;
        let path = folder.join(TRAIN_FILE);
        ensure!(
            test.info == images.info,
            "{}: expected images of {} in {} classes, as in {TRAIN_FILE}, found {} in {}",
            folder.join(TEST_FILE).display(),
            images.info.shape,
            images.info.class_count(),
            test.info.shape,
            test.info.class_count()
        );
        let training_rows = rows_of(&images, Split::Train);
        let validation_rows = rows_of(&images, Split::Validation);
        let splits = [
            (Split::Train, training_rows.is_empty(), true),
            (
                Split::Validation,
                validation_rows.is_empty(),
                spec.data.validation_split > 0.0,
            ),
        ];
        for (split, is_empty, is_needed) in splits {
            ensure!(
                !(is_empty && is_needed),
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
                scratch.to_path_buf(),
                spec.shard_count(spec.policy(policy)?, [model]),
                model.epochs,
                images.info.clone(),
                training_rows
                    .iter()
                    .map(|&row| images.ids[row as usize])
                    .collect(),
            )),
            None => None,
        };
        let normalization = match spec.data.pixel_divisor {
            Some(divisor) => Normalization::divisor(divisor, images.info.shape.channels),
            None => Normalization::standard(&images, &training_rows),
        };
        Ok(Self {
            images,
            training_rows,
            validation_rows,
            test,
            shards,
            normalization,
        })
    }

    /// Rows of all test images.
    pub fn test_rows(&self) -> Vec<u32> {
        (0..self.test.len() as u32).collect()
    }

    /// The first class that no training row has.
    pub fn first_missing_class(&self) -> Option<Failure> {
        let info = &self.images.info;
        let mut seen = vec![false; info.class_count()];
        for &row in &self.training_rows {
            seen[usize::from(self.images.labels[row as usize])] = true;
        }
        let class = seen.iter().position(|seen| !seen)? as u16;
        Some(Failure::MissingClass {
            class,
            name: info.class_name(class).to_owned(),
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
    use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};

    use super::*;

    #[test]
    fn a_class_that_only_validates_is_missing() {
        let images = Images {
            info: DatasetInfo {
                shape: ImageShape::new(2, 1, 1),
                class_names: ["cat", "dog", "eel"].map(String::from).to_vec(),
            },
            ids: (0..6).collect(),
            splits: vec![Split::Train; 6],
            labels: vec![0, 1, 2, 0, 1, 2],
            pixels: vec![0; 12].into(),
            extra: Vec::new(),
        };
        let mut dataset = Dataset {
            training_rows: vec![0, 1, 3, 4],
            validation_rows: vec![2, 5],
            test: images.clone(),
            images,
            shards: None,
            normalization: Normalization::divisor(255.0, 1),
        };
        assert_eq!(
            dataset.first_missing_class().unwrap().to_string(),
            "expected training rows of every class, found none of class 2 (eel)"
        );
        dataset.training_rows.extend(&dataset.validation_rows);
        assert_eq!(dataset.first_missing_class(), None);
    }
}
