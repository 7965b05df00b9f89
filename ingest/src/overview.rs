//! Counts, mean and standard deviation of the pixels by split and class.

use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::images::Images;
use pipelines::tables::overview::OverviewRow;
use pipelines::tables::split::Split;

/// A row for each class of `info` in each split that `tables` hold, in the order of
/// [`Split::ALL`].
pub fn of(info: &DatasetInfo, tables: &[&Images]) -> Vec<OverviewRow> {
    let mut groups = Split::ALL.map(|_| vec![Group::default(); info.class_count()]);
    for images in tables {
        for row in 0..images.len() {
            let class = usize::from(images.labels[row]);
            groups[images.splits[row] as usize][class].add(images.image(row));
        }
    }
    let mut rows = Vec::new();
    for (split, groups) in Split::ALL.into_iter().zip(groups) {
        if groups.iter().all(|group| group.images == 0) {
            continue;
        }
        rows.extend(groups.iter().zip(0..).map(|(group, label)| OverviewRow {
            split,
            label,
            class: info.class_name(label).to_owned(),
            images: group.images,
            pixel_mean: group.mean(),
            pixel_standard_deviation: group.standard_deviation(),
        }));
    }
    rows
}

/// Whole numbers, so that the sums are exact.
#[derive(Clone, Copy, Default)]
struct Group {
    images: u32,
    pixels: u64,
    sum: u64,
    sum_of_squares: u64,
}

impl Group {
    fn add(&mut self, image: &[u8]) {
        self.images += 1;
        self.pixels += image.len() as u64;
        // Sums of a short piece fit 32 bits, which the compiler adds up several at a time.
        for piece in image.chunks(1 << 12) {
            let sum: u32 = piece.iter().map(|&pixel| u32::from(pixel)).sum();
            let squares: u32 = piece.iter().map(|&pixel| u32::from(pixel).pow(2)).sum();
            self.sum += u64::from(sum);
            self.sum_of_squares += u64::from(squares);
        }
    }

    fn mean(&self) -> Option<f64> {
        (self.images > 0).then(|| self.sum as f64 / self.pixels as f64)
    }

    /// Of all pixels of the group, dividing by their number.
    fn standard_deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        let variance = self.sum_of_squares as f64 / self.pixels as f64 - mean * mean;
        Some(variance.max(0.0).sqrt())
    }
}
