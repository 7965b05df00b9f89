//! What is found where somebody's data lie, in words.

use std::cmp::Reverse;
use std::path::Path;

use pipelines::spec::Source;
use pipelines::spec::dataset_info::DatasetInfo;

/// Classes that are listed by name.
const MAX_CLASSES: usize = 20;
/// Sizes that are listed.
const MAX_SIZES: usize = 3;

/// What is known of a data set before it is ingested.
pub struct Findings<'a> {
    /// Where it lies.
    pub path: &'a Path,
    /// What kind it is.
    pub source: &'a Source,
    /// Shape and classes as they will be ingested.
    pub info: &'a DatasetInfo,
    /// Number of pictures of each height and width, in pixels.
    pub sizes: &'a [([usize; 2], usize)],
    /// Class of each training image.
    pub train_labels: &'a [u16],
    /// Class of each test image, if some are set aside.
    pub test_labels: Option<&'a [u16]>,
    /// What else there is to know.
    pub notes: &'a [String],
}

impl Findings<'_> {
    /// One finding a line.
    pub fn lines(&self) -> Vec<String> {
        let Self {
            path,
            source,
            info,
            sizes,
            train_labels,
            test_labels,
            notes,
        } = self;
        let mut findings = vec![format!(
            "{}: {} ({}), {} classes",
            path.display(),
            match source {
                Source::Idx(_) => "IDX files",
                Source::Parquet { .. } => "Parquet files",
                _ => "a folder of images for each class",
            },
            source.kind(),
            info.class_count(),
        )];
        findings.push(match test_labels {
            Some(labels) => format!(
                "{} training images and {} test images",
                train_labels.len(),
                labels.len()
            ),
            None => format!(
                "{} images; none are set aside to test on, so a fifth of each class will be",
                train_labels.len()
            ),
        });
        let counts = |labels: &[u16]| {
            let mut counts = vec![0_usize; info.class_count()];
            for &label in labels {
                counts[usize::from(label)] += 1;
            }
            let named = info.class_names.iter().zip(&counts).take(MAX_CLASSES);
            let named: Vec<String> = named
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            let rest = info.class_count().saturating_sub(MAX_CLASSES);
            let rest = if rest > 0 {
                format!(" and {rest} more")
            } else {
                String::new()
            };
            format!("{}{rest}", named.join(", "))
        };
        findings.push(format!("images by class: {}", counts(train_labels)));
        if let Some(labels) = test_labels {
            findings.push(format!("test images by class: {}", counts(labels)));
        }
        let mut largest: Vec<_> = sizes.to_vec();
        largest.sort_by_key(|(size, count)| (Reverse(*count), *size));
        if largest.len() > 1 {
            let named: Vec<String> = largest
                .iter()
                .take(MAX_SIZES)
                .map(|([height, width], count)| format!("{height}x{width} ({count})"))
                .collect();
            findings.push(format!(
                "{} sizes, most often {}",
                largest.len(),
                named.join(", ")
            ));
        }
        let kind = match info.shape.channels {
            1 => "grey",
            2 => "grey with opacity",
            3 => "colour",
            _ => "colour with opacity",
        };
        findings.push(format!(
            "read as {}x{} pixels, {kind}",
            info.shape.height, info.shape.width
        ));
        findings.extend(notes.iter().cloned());
        // Names from outside reach a terminal and the comments of a spec.
        findings
            .into_iter()
            .map(|line| line.replace(char::is_control, " "))
            .collect()
    }
}
