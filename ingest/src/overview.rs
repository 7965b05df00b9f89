//! Counts, mean and standard deviation of the pixels by split and class.

use pipelines::class::CLASS_COUNT;
use pipelines::tables::images::{IMAGE_BYTES, Images, Split};
use pipelines::tables::overview::{Overview, OverviewRow};

/// Ten rows for each split that `tables` hold, in the order of [`Split::ALL`].
pub fn of(tables: &[&Images]) -> Overview {
    let mut groups = [[Group::default(); CLASS_COUNT]; Split::ALL.len()];
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
        rows.extend(groups.iter().zip(0u8..).map(|(group, label)| OverviewRow {
            split,
            label,
            images: group.images,
            pixel_mean: group.mean(),
            pixel_standard_deviation: group.standard_deviation(),
        }));
    }
    Overview { rows }
}

/// Whole numbers, so that the sums are exact.
#[derive(Clone, Copy, Default)]
struct Group {
    images: u32,
    sum: u64,
    sum_of_squares: u64,
}

impl Group {
    fn add(&mut self, image: &[u8]) {
        let sum: u32 = image.iter().map(|&pixel| u32::from(pixel)).sum();
        let squares: u32 = image.iter().map(|&pixel| u32::from(pixel).pow(2)).sum();
        self.images += 1;
        self.sum += u64::from(sum);
        self.sum_of_squares += u64::from(squares);
    }

    fn pixels(&self) -> f64 {
        f64::from(self.images) * IMAGE_BYTES as f64
    }

    fn mean(&self) -> Option<f64> {
        (self.images > 0).then(|| self.sum as f64 / self.pixels())
    }

    /// Of all pixels of the group, dividing by their number.
    fn standard_deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        let variance = self.sum_of_squares as f64 / self.pixels() - mean * mean;
        Some(variance.max(0.0).sqrt())
    }
}
