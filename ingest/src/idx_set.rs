//! IDX files of any shape, plain or gzipped, read from one end to the other.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::bufread::GzDecoder;
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::spec::{Data, IdxFiles};
use pipelines::stage_program::interrupted;

use crate::gunzip::is_gzip;
use crate::idx;
use crate::invalid_file::InvalidFile;
use crate::picture_counts::PictureCounts;
use crate::source::{DataSource, ImageRows, Sink, group_rows, numbered_classes};

/// Most images of one file.
const MAX_IMAGES: u32 = 16 << 20;
/// What can stand between the stem and `-ubyte` in the names of images and of labels.
const IMAGE_SUFFIXES: [&str; 3] = ["-idx3-ubyte", "-idx4-ubyte", ".idx3-ubyte"];
const LABEL_SUFFIXES: [&str; 2] = ["-idx1-ubyte", ".idx1-ubyte"];

/// Opens the four files in `folder`.
///
/// # Errors
/// A file that is missing or is not IDX; images and labels of different numbers or shapes.
pub fn open(data: &Data, folder: &Path, files: &IdxFiles) -> Result<DataSource> {
    let find = |named: &Option<String>, stem: &str, suffixes: &[&str]| match named {
        Some(name) => Ok(folder.join(name)),
        None => find(folder, stem, suffixes),
    };
    let train = IdxImages::open(
        &find(&files.train_images, "train-images", &IMAGE_SUFFIXES)?,
        &find(&files.train_labels, "train-labels", &LABEL_SUFFIXES)?,
    )?;
    let test = IdxImages::open(
        &find(&files.test_images, "t10k-images", &IMAGE_SUFFIXES)?,
        &find(&files.test_labels, "t10k-labels", &LABEL_SUFFIXES)?,
    )?;
    if train.shape != test.shape {
        bail!(
            "{}: expected images of {}, as in {}, found {}",
            test.path.display(),
            train.shape,
            train.path.display(),
            test.shape
        );
    }
    let class_names = match &data.classes {
        Some(names) => {
            train.check_labels(names.len())?;
            test.check_labels(names.len())?;
            names.clone()
        }
        None => numbered_classes(&[&train.labels, &test.labels]),
    };
    Ok(DataSource {
        info: DatasetInfo {
            shape: train.shape,
            class_names,
        },
        train: Box::new(train),
        test: Some(Box::new(test)),
        notes: Vec::new(),
        stand_in: None,
    })
}

/// Opens the images in the file at `path`, plain or gzipped; the label of each is 0.
///
/// # Errors
/// Another file than one of images: what was expected and what was found.
pub fn open_unlabelled(path: &Path) -> Result<(ImageShape, Box<dyn ImageRows>)> {
    let images = IdxImages::unlabelled(path)?;
    Ok((images.shape, Box::new(images)))
}

/// The first file of `folder` that has one of the usual names.
fn find(folder: &Path, stem: &str, suffixes: &[&str]) -> Result<PathBuf> {
    let names = suffixes
        .iter()
        .flat_map(|suffix| [".gz", ""].map(|gz| format!("{stem}{suffix}{gz}")));
    names
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .with_context(|| {
            format!(
                "{}: expected {stem}{} or {stem}{}.gz, found neither; other names can be given as \
                 `train_images`, `train_labels`, `test_images` and `test_labels`",
                folder.display(),
                suffixes[0],
                suffixes[0]
            )
        })
}

/// A file of images, whose header was checked, with its labels.
struct IdxImages {
    path: PathBuf,
    shape: ImageShape,
    labels_path: PathBuf,
    labels: Vec<u16>,
}

impl IdxImages {
    fn open(path: &Path, labels_path: &Path) -> Result<Self> {
        let mut images = Self::unlabelled(path)?;
        let labels = read_labels(labels_path)?;
        if labels.len() != images.labels.len() {
            return Err(InvalidFile::new(
                labels_path,
                "number of labels",
                format!(
                    "{}, one for each of {}",
                    images.labels.len(),
                    path.display()
                ),
                labels.len(),
            )
            .into());
        }
        images.labels_path = labels_path.to_path_buf();
        images.labels = labels;
        Ok(images)
    }

    /// Without a file of labels, all of which are 0.
    fn unlabelled(path: &Path) -> Result<Self> {
        let (mut reader, plain_bytes) = contents(path)?;
        let sizes = idx::read_sizes(path, &mut reader, &[3, 4])?;
        let shape = ImageShape::new(
            sizes[1] as usize,
            sizes[2] as usize,
            sizes.get(3).map_or(1, |&channels| channels as usize),
        );
        check_count(path, "number of images", sizes[0])?;
        let info = DatasetInfo {
            shape,
            class_names: vec!["0".into(), "1".into()],
        };
        if let Some((field, expected, found)) = info.first_error() {
            return Err(InvalidFile::new(path, field, expected, found).into());
        }
        // A gzipped file shows its length at its end.
        let expected = idx::header_bytes(sizes.len()) + u64::from(sizes[0]) * shape.len() as u64;
        if let Some(found) = plain_bytes.filter(|found| *found != expected) {
            let [expected, found] = [expected, found].map(|bytes| format!("{bytes} bytes"));
            return Err(InvalidFile::new(path, "file size", expected, found).into());
        }
        Ok(Self {
            path: path.to_path_buf(),
            shape,
            labels_path: PathBuf::new(),
            labels: vec![0; sizes[0] as usize],
        })
    }

    fn check_labels(&self, class_count: usize) -> Result<()> {
        let is_class = |label: &u16| usize::from(*label) < class_count;
        match self.labels.iter().position(|label| !is_class(label)) {
            Some(row) => Err(InvalidFile::new(
                &self.labels_path,
                "label",
                format!("0 to {}", class_count.saturating_sub(1)),
                format!("{} in row {row}", self.labels[row]),
            )
            .into()),
            None => Ok(()),
        }
    }
}

impl ImageRows for IdxImages {
    fn labels(&self) -> &[u16] {
        &self.labels
    }

    fn read(&self, rows: &[u32], sink: &mut Sink) -> Result<PictureCounts> {
        let context = || format!("cannot read {}", self.path.display());
        let image_bytes = self.shape.len();
        let (mut reader, _) = contents(&self.path)?;
        idx::read_sizes(&self.path, &mut reader, &[3, 4])?;
        let mut next_row = 0;
        for rows in rows.chunks(group_rows(image_bytes)) {
            interrupted(|| "ingest has not finished".to_owned())?;
            let mut pixels = vec![0; rows.len() * image_bytes];
            let mut filled = 0;
            for run in rows.chunk_by(|row, next| row + 1 == *next) {
                let skipped = u64::from(run[0] - next_row) * image_bytes as u64;
                reader.skip(skipped).with_context(context)?;
                let length = run.len() * image_bytes;
                reader
                    .read_exact(&mut pixels[filled..filled + length])
                    .map_err(|error| {
                        InvalidFile::new(
                            &self.path,
                            "data",
                            "as many images as its header says",
                            error,
                        )
                    })?;
                filled += length;
                next_row = run[0] + run.len() as u32;
            }
            sink(pixels.into())?;
        }
        let rest = (self.labels.len() as u64 - u64::from(next_row)) * image_bytes as u64;
        reader.check_end(&self.path, rest)?;
        Ok(PictureCounts::default())
    }
}

fn check_count(path: &Path, field: &'static str, count: u32) -> Result<()> {
    if count == 0 || count > MAX_IMAGES {
        return Err(InvalidFile::new(path, field, format!("1 to {MAX_IMAGES}"), count).into());
    }
    Ok(())
}

fn read_labels(path: &Path) -> Result<Vec<u16>> {
    let (mut reader, _) = contents(path)?;
    let sizes = idx::read_sizes(path, &mut reader, &[1])?;
    check_count(path, "number of labels", sizes[0])?;
    let mut labels = vec![0; sizes[0] as usize];
    reader
        .read_exact(&mut labels)
        .map_err(|error| InvalidFile::new(path, "data", format!("{} bytes", sizes[0]), error))?;
    reader.check_end(path, 0)?;
    Ok(labels.into_iter().map(u16::from).collect())
}

/// The contents of a file, and its length if it is not gzipped.
fn contents(path: &Path) -> Result<(Contents, Option<u64>)> {
    let context = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(context)?;
    let mut magic = [0; 2];
    let gzipped = file.read_exact(&mut magic).is_ok() && is_gzip(&magic);
    file.seek(SeekFrom::Start(0)).with_context(context)?;
    let size_bytes = file.metadata().with_context(context)?.len();
    let file = BufReader::with_capacity(1 << 16, file);
    Ok(if gzipped {
        (Contents::Gzip(Box::new(GzDecoder::new(file))), None)
    } else {
        (Contents::Plain(file), Some(size_bytes))
    })
}

enum Contents {
    Plain(BufReader<File>),
    Gzip(Box<GzDecoder<BufReader<File>>>),
}

impl Contents {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        match self {
            Contents::Plain(file) => file.seek_relative(i64::try_from(bytes).unwrap_or(i64::MAX)),
            Contents::Gzip(decoder) => {
                io::copy(&mut decoder.by_ref().take(bytes), &mut io::sink()).map(|_| ())
            }
        }
    }

    /// Passes over `rest` bytes, after which the file must end.
    fn check_end(mut self, path: &Path, rest: u64) -> Result<()> {
        self.skip(rest)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let trailing = |reader: &mut dyn Read| reader.read(&mut [0]).map(|found| found > 0);
        let found = match &mut self {
            Contents::Plain(file) => trailing(file),
            Contents::Gzip(decoder) => match trailing(&mut **decoder) {
                Ok(false) => trailing(decoder.get_mut()),
                found => found,
            },
        };
        match found {
            Ok(false) => Ok(()),
            Ok(true) => Err(InvalidFile::new(path, "trailing bytes", "none", "some").into()),
            Err(error) => {
                Err(InvalidFile::new(path, "gzip data", "a whole gzip stream", error).into())
            }
        }
    }
}

impl Read for Contents {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Contents::Plain(file) => file.read(bytes),
            Contents::Gzip(decoder) => decoder.read(bytes),
        }
    }
}
