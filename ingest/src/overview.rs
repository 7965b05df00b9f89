//! Counts, mean and standard deviation of the pixels by split and class.

use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::images::Images;
use pipelines::tables::overview::OverviewRow;
use pipelines::tables::split::Split;
use rayon::prelude::*;

/// Images that one thread adds up at a time.
const PIECE_ROWS: usize = 256;

/// Sums over the images of each split and class.
pub struct Overview {
    class_count: usize,
    groups: [Vec<Group>; Split::ALL.len()],
}

impl Overview {
    /// Of no images yet.
    pub fn new(info: &DatasetInfo) -> Self {
        Self::of_classes(info.class_count())
    }

    fn of_classes(class_count: usize) -> Self {
        Self {
            class_count,
            groups: Split::ALL.map(|_| vec![Group::default(); class_count]),
        }
    }

    /// Adds images, on rayon's current threads.
    pub fn add(&mut self, images: &Images) {
        let rows: Vec<usize> = (0..images.len()).collect();
        let pieces = rows.par_chunks(PIECE_ROWS).map(|rows| {
            let mut piece = Self::of_classes(self.class_count);
            for &row in rows {
                let class = usize::from(images.labels[row]);
                piece.groups[images.splits[row] as usize][class].add(images.image(row));
            }
            piece
        });
        let sums = pieces.reduce(|| Self::of_classes(self.class_count), Self::merge);
        let sums = sums.merge(std::mem::replace(self, Self::of_classes(0)));
        *self = sums;
    }

    fn merge(mut self, other: Self) -> Self {
        for (groups, others) in self.groups.iter_mut().zip(&other.groups) {
            for (group, other) in groups.iter_mut().zip(others) {
                group.merge(other);
            }
        }
        self
    }

    /// A row for each class of `info` in each split that has images, in the order of [`Split::ALL`].
    pub fn rows(&self, info: &DatasetInfo) -> Vec<OverviewRow> {
        let mut rows = Vec::new();
        for (split, groups) in Split::ALL.into_iter().zip(&self.groups) {
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
}

/// How many images each class has in each split, for the log: "train: 480 images of each class", or the
/// classes with the fewest and the most.
pub fn sentences(rows: &[OverviewRow]) -> Vec<String> {
    let mut sentences = Vec::new();
    for split in Split::ALL {
        let of_split = || rows.iter().filter(move |row| row.split == split);
        let (Some(fewest), Some(most)) = (
            of_split().min_by_key(|row| (row.images, row.label)),
            of_split().max_by_key(|row| (row.images, std::cmp::Reverse(row.label))),
        ) else {
            continue;
        };
        let images: u64 = of_split().map(|row| u64::from(row.images)).sum();
        sentences.push(if fewest.images == most.images {
            format!(
                "{}: {images} images, {} of each class",
                split.name(),
                most.images
            )
        } else {
            format!(
                "{}: {images} images, from {} of {} to {} of {}",
                split.name(),
                fewest.images,
                fewest.class,
                most.images,
                most.class
            )
        });
    }
    sentences
}

/// Whole numbers, so that the sums are exact and the same in any order.
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

    fn merge(&mut self, other: &Self) {
        self.images += other.images;
        self.pixels += other.pixels;
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
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
