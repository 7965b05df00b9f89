//! Images that are trained or validated on and tested on as well, found by a hash of their pixels.

use std::collections::HashMap;

use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::duplicates::DuplicateRow;
use pipelines::tables::images::Images;
use pipelines::tables::split::Split;
use rayon::prelude::*;
use twox_hash::XxHash3_128;

/// Duplicates that the warning names.
const MAX_NAMED: usize = 3;

/// The 128-bit XXH3 of an image's pixels. That two different images of a data set share it by chance is as
/// good as impossible (n²/2¹²⁹ for n images); images made on purpose to share it would only be warned of.
type Hash = u128;

/// What is remembered of each image: 24 bytes, however large it is.
#[derive(Clone, Copy, Debug)]
struct Seen {
    hash: Hash,
    id: u32,
    label: u16,
    split: Split,
}

/// The hashes of all images so far.
#[derive(Debug, Default)]
pub struct Duplicates {
    seen: Vec<Seen>,
}

impl Duplicates {
    /// Adds images, on rayon's current threads.
    pub fn add(&mut self, images: &Images) {
        let seen = (0..images.len()).into_par_iter().map(|row| Seen {
            hash: XxHash3_128::oneshot(images.image(row)),
            id: images.ids[row],
            label: images.labels[row],
            split: images.splits[row],
        });
        self.seen.par_extend(seen);
    }

    /// The training and validation images that are also test images, in the order in which they were
    /// added.
    pub fn rows(&self) -> Vec<DuplicateRow> {
        let is_test = |seen: &&Seen| seen.split == Split::Test;
        let mut tests: HashMap<Hash, &Seen> = HashMap::new();
        for test in self.seen.iter().filter(is_test) {
            tests.entry(test.hash).or_insert(test);
        }
        let others = self.seen.iter().filter(|seen| !is_test(seen));
        others
            .filter_map(|seen| {
                let test = tests.get(&seen.hash)?;
                Some(DuplicateRow {
                    split: seen.split,
                    id: seen.id,
                    label: seen.label,
                    test_id: test.id,
                    test_label: test.label,
                })
            })
            .collect()
    }
}

/// What a reader of the results must know of `rows`; `None` when there are none.
pub fn warning(rows: &[DuplicateRow], info: &DatasetInfo) -> Option<String> {
    let in_split = |split: Split| rows.iter().filter(|row| row.split == split).count();
    let named: Vec<String> = rows
        .iter()
        .take(MAX_NAMED)
        .map(|row| {
            format!(
                "{} image {} ({}) and test image {} ({})",
                row.split.name(),
                row.id,
                info.class_name(row.label),
                row.test_id,
                info.class_name(row.test_label)
            )
        })
        .collect();
    (!rows.is_empty()).then(|| {
        format!(
            "{} training and {} validation images are also test images, pixel by pixel, such as {}; \
             accuracies on the test images may be too high; duplicates.parquet lists them",
            in_split(Split::Train),
            in_split(Split::Validation),
            named.join(", ")
        )
    })
}
