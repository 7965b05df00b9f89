//! Where images come from: one trait for all sources, and the choice between them.

use std::path::Path;

use anyhow::{Result, bail};
use arrow_buffer::ScalarBuffer;
use pipelines::files::layout::Layout;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::spec::{Data, Source, Spec};
use pipelines::tables::image_column::page_rows;

use crate::picture_counts::PictureCounts;
use crate::{fashion_mnist, idx_set, image_folder, parquet_set};

/// Bytes of the groups of images that a source gives at once, as far as whole pages allow.
const GROUP_BYTES: usize = 4 << 20;
/// Fewest images of a group, so that all threads have something to decode.
const MIN_GROUP_ROWS: usize = 64;

/// Labelled images in the order of their source. They are read from one end to the other, as often as
/// needed, and never stand in memory all at once.
pub trait ImageRows {
    /// Class of each image.
    fn labels(&self) -> &[u16];

    /// Calls `sink` with the pixels of one group of the images at `rows` after another, (n, H, W, C),
    /// row-major, 0 = black. `rows` ascend.
    ///
    /// # Errors
    /// Those of `sink`; a file that cannot be read. Of pictures that cannot be decoded all are named in
    /// one [`crate::damaged_images::DamagedImages`], and `sink` sees none after the first.
    fn read(&self, rows: &[u32], sink: &mut Sink) -> Result<PictureCounts>;
}

/// What takes over the pixels of a group of images, (n, H, W, C).
pub type Sink<'a> = dyn FnMut(ScalarBuffer<u8>) -> Result<()> + 'a;

/// The images of a data set, checked as far as that is possible without decoding all of them.
pub struct DataSource {
    /// Shape and classes.
    pub info: DatasetInfo,
    /// Images to train and validate on; also those to test on when there are no others.
    pub train: Box<dyn ImageRows>,
    /// Images to test on, if the source says which these are.
    pub test: Option<Box<dyn ImageRows>>,
    /// What a reader of the log should know.
    pub notes: Vec<String>,
    /// Present when the bundled subset replaces the full data: why, and how to get the full data.
    pub stand_in: Option<String>,
}

/// Opens the source of `spec`.
///
/// # Errors
/// No images, or others than the spec says: file or key, what was expected and what was found.
pub fn open(spec: &Spec, from: Option<&Path>, layout: &Layout) -> Result<DataSource> {
    let data = &spec.data;
    let path = data.source_path().unwrap_or_default();
    if let (Some(from), Some(_)) = (from, data.source.path()) {
        bail!(
            "--from {}: expected data with the source fashion-mnist, found {}, whose path stands in \
             {}",
            from.display(),
            data.source.kind(),
            spec.path.display()
        );
    }
    let mut source = match &data.source {
        Source::FashionMnist | Source::Bundled => fashion_mnist::open(data, from, layout)?,
        _ => open_path(data, &path)?,
    };
    if data.hold_back_test {
        source.test = None;
    }
    if let Some((key, expected, found)) = data.contradiction(&source.info) {
        bail!(
            "{}: data: {key}: expected {expected}, as the spec says, found {found}",
            spec.path.display()
        );
    }
    if let Some((key, expected, found)) = source.info.first_error() {
        let hint = match key {
            "image_size" if matches!(data.source, Source::ImageFolder { .. }) => {
                "; give `image_size`, and the images are resized to it"
            }
            _ => "",
        };
        bail!(
            "{}: {key}: expected {expected}, found {found}{hint}",
            path.display()
        );
    }
    Ok(source)
}

/// Opens the files that `data` names.
///
/// # Errors
/// As [`open`].
pub fn open_path(data: &Data, path: &Path) -> Result<DataSource> {
    match &data.source {
        Source::Idx(files) => idx_set::open(data, path, files),
        Source::ImageFolder { .. } => image_folder::open(data, path),
        Source::Parquet { .. } => parquet_set::open(data, path),
        other => bail!("expected a source with a path, found {}", other.kind()),
    }
}

/// Images of a group, of `image_bytes` values each.
pub fn group_rows(image_bytes: usize) -> usize {
    let page_rows = page_rows(image_bytes);
    let pages = GROUP_BYTES / (page_rows * image_bytes).max(1);
    (page_rows * pages.max(1)).max(MIN_GROUP_ROWS)
}

/// "0", "1", ...: the names of classes that have none.
pub fn numbered_classes(labels: &[&[u16]]) -> Vec<String> {
    let largest = labels.iter().flat_map(|labels| labels.iter()).max();
    let count = largest.map_or(0, |&label| usize::from(label) + 1);
    (0..count).map(|label| label.to_string()).collect()
}
