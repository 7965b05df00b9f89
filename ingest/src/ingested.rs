//! From a source to the files of the stage.

use anyhow::{Context, Result, bail};
use arrow_buffer::ScalarBuffer;
use pipelines::files::layout::{
    CARD_FILE, DATASET_INFO_FILE, DUPLICATES_FILE, OVERVIEW_FILE, TEST_FILE, TRAIN_FILE,
};
use pipelines::files::step_run::{StepOutput, StepRun};
use pipelines::spec::dataset_info::{self, DatasetInfo};
use pipelines::spec::{Spec, Validation};
use pipelines::stratify::stratified;
use pipelines::tables::images::Images;
use pipelines::tables::images_writer::ImagesWriter;
use pipelines::tables::overview::OverviewRow;
use pipelines::tables::split::Split;

use crate::damaged_images::DamagedImages;
use crate::dataset_card::dataset_card;
use crate::duplicates::{self, Duplicates};
use crate::overview::{self, Overview};
use crate::picture_counts::PictureCounts;
use crate::source::{DataSource, ImageRows};

/// Splits the rows of `source` as `spec` says and writes all files of the stage. They get their names
/// once all images are decoded.
///
/// # Errors
/// Images that cannot be decoded: all of them are named; a class without training images; files that
/// cannot be written.
pub fn write(step: &mut StepRun, spec: &Spec, source: DataSource) -> Result<()> {
    let info = &source.info;
    if let Some(warning) = &source.stand_in {
        step.add_bundled_subset();
        step.warn(warning);
    }
    for note in &source.notes {
        tracing::info!("ingest: {note}");
    }
    let rows = Rows::split(spec, &*source.train, source.test.as_deref())?;
    rows.check_classes(spec, info)?;
    let mut summary = Summary {
        overview: Overview::new(info),
        duplicates: Duplicates::default(),
        counts: PictureCounts::default(),
        damaged: DamagedImages::default(),
    };
    let test = source.test.as_deref().unwrap_or(&*source.train);
    let train_output = summary.write(step, TRAIN_FILE, info, &*source.train, &rows.train)?;
    let test_output = summary.write(step, TEST_FILE, info, test, &rows.test)?;
    if !summary.damaged.is_empty() {
        return Err(summary.damaged.into());
    }
    for sentence in summary.counts.sentences(info.shape) {
        tracing::info!("ingest: {sentence}");
    }
    let overview: Vec<OverviewRow> = summary.overview.rows(info);
    for sentence in overview::sentences(&overview) {
        tracing::info!("ingest: {sentence}");
    }
    let duplicates = summary.duplicates.rows();
    // The report warns of them by the table that lists them.
    if let Some(warning) = duplicates::warning(&duplicates, info) {
        tracing::warn!("ingest: {warning}");
    }
    step.commit(train_output)?;
    step.commit(test_output)?;
    step.write(
        OVERVIEW_FILE,
        &pipelines::tables::overview::encode(&overview)?,
    )?;
    step.write(
        DUPLICATES_FILE,
        &pipelines::tables::duplicates::encode(&duplicates)?,
    )?;
    step.write(DATASET_INFO_FILE, &dataset_info::encode(info)?)?;
    let card = dataset_card(&spec.data.name, info, &overview, source.stand_in.as_deref());
    step.write(CARD_FILE, card.as_bytes())
}

/// Which rows of the source go into each file, as runs of one split whose rows ascend.
struct Rows {
    train: Vec<(Split, Vec<u32>)>,
    test: Vec<(Split, Vec<u32>)>,
    /// Class of each training row.
    training_labels: Vec<u16>,
}

impl Rows {
    fn split(spec: &Spec, train: &dyn ImageRows, test: Option<&dyn ImageRows>) -> Result<Self> {
        let data = &spec.data;
        let all = 0..u32::try_from(train.labels().len()).context("too many images")?;
        let (rows, test_rows): (Vec<u32>, Vec<u32>) = match (test, data.test_split) {
            (Some(test), None) => {
                let count = u32::try_from(test.labels().len()).context("too many images")?;
                (all.collect(), (0..count).collect())
            }
            (None, Some(share)) => {
                let held_out = stratified(train.labels(), share, data.split_seed, "test");
                all.partition(|&row| !held_out[row as usize])
            }
            (Some(_), Some(share)) => bail!(
                "{}: data: test_split: expected no value, as the source says which images test, found \
                 {share}",
                spec.path.display()
            ),
            (None, None) => bail!(
                "{}: data: test_split: expected a share such as 0.2, as the source does not say which \
                 images test, found nothing",
                spec.path.display()
            ),
        };
        let labels: Vec<u16> = rows
            .iter()
            .map(|&row| train.labels()[row as usize])
            .collect();
        let splits = data.training_splits(&labels);
        let of_split = |split: Split| {
            let rows = rows.iter().zip(&splits);
            let rows = rows.filter(|(_, of)| **of == split).map(|(row, _)| *row);
            (split, rows.collect::<Vec<u32>>())
        };
        let train = [Split::Train, Split::Validation].map(of_split);
        Ok(Self {
            training_labels: labels
                .iter()
                .zip(&splits)
                .filter(|(_, split)| **split == Split::Train)
                .map(|(label, _)| *label)
                .collect(),
            train: train.to_vec(),
            test: vec![(Split::Test, test_rows)],
        })
    }

    /// A class that no training image has cannot be learned. Files that stand in the order of their
    /// classes, as those of a folder do, lose whole classes to a validation split at their end.
    fn check_classes(&self, spec: &Spec, info: &DatasetInfo) -> Result<()> {
        let mut is_trained = vec![false; info.class_count()];
        for &label in &self.training_labels {
            is_trained[usize::from(label)] = true;
        }
        let missing: Vec<&str> = (0..)
            .zip(&is_trained)
            .filter(|(_, is_trained)| !**is_trained)
            .map(|(label, _)| info.class_name(label))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let remedy = match spec.data.validation {
            Validation::Last if spec.data.validation_split > 0.0 => {
                "; validation takes the last rows: give `validation = \"stratified\"` to take the same \
                 share of each class"
            }
            _ => "",
        };
        bail!(
            "{}: expected training images of each class, found none of {}{remedy}",
            spec.path.display(),
            missing.join(", ")
        )
    }
}

/// What is known of the images after one pass.
struct Summary {
    overview: Overview,
    duplicates: Duplicates,
    counts: PictureCounts,
    damaged: DamagedImages,
}

impl Summary {
    /// Writes the rows of one file and remembers what there is to know of them.
    fn write(
        &mut self,
        step: &StepRun,
        file: &str,
        info: &DatasetInfo,
        source: &dyn ImageRows,
        runs: &[(Split, Vec<u32>)],
    ) -> Result<StepOutput> {
        let mut writer = ImagesWriter::new(step.create(file)?, info, &[])?;
        for (split, rows) in runs {
            let mut rest = rows.as_slice();
            let mut sink = |pixels: ScalarBuffer<u8>| {
                let ids = rest
                    .split_off(..pixels.len() / info.shape.len())
                    .context("more images than were asked for")?;
                let images = Images {
                    info: info.clone(),
                    labels: ids
                        .iter()
                        .map(|&row| source.labels()[row as usize])
                        .collect(),
                    ids: ids.to_vec(),
                    splits: vec![*split; ids.len()],
                    pixels,
                    extra: Vec::new(),
                };
                self.overview.add(&images);
                self.duplicates.add(&images);
                writer.write(&images)
            };
            match source.read(rows, &mut sink) {
                Ok(counts) => self.counts += counts,
                Err(error) => self.damaged.append(error.downcast::<DamagedImages>()?),
            }
        }
        writer.finish()
    }
}
