//! A folder of pictures for each class, as torchvision's `ImageFolder` has them:
//! `train/<class>/….png` and `test/<class>/….png`, or `<class>/….png` without a split.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use pipelines::spec::Data;
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::stage_program::{bar, interrupted};
use rayon::prelude::*;

use crate::class_folders::ClassFolders;
use crate::group_decoder::GroupDecoder;
use crate::picture::{self, Damage, MAX_FILE_BYTES};
use crate::picture_counts::PictureCounts;
use crate::seen_shapes::SeenShapes;
use crate::source::{DataSource, ImageRows, Sink, group_rows};

/// The pictures of a folder.
pub struct ImageFolder {
    /// Those to train and validate on; all of them when there is no folder `test`.
    pub train: ClassFolders,
    /// Those to test on.
    pub test: Option<ClassFolders>,
    /// What a reader of the log should know.
    pub notes: Vec<String>,
}

impl ImageFolder {
    /// Lists the pictures below `path`.
    ///
    /// # Errors
    /// As [`ClassFolders::list`]; classes that differ between training and test images.
    pub fn list(path: &Path) -> Result<Self> {
        ensure!(
            path.is_dir(),
            "{}: expected a folder of images, found {}",
            path.display(),
            if path.exists() { "a file" } else { "nothing" }
        );
        let [train_path, test_path] = ["train", "test"].map(|part| path.join(part));
        let has_test = test_path.is_dir();
        let train_path = match (train_path.is_dir(), has_test) {
            (true, _) => train_path,
            (false, false) => path.to_path_buf(),
            (false, true) => bail!(
                "{}: expected it beside {}, found nothing",
                train_path.display(),
                test_path.display()
            ),
        };
        let train = ClassFolders::list(&train_path)?;
        let test = has_test
            .then(|| ClassFolders::list(&test_path))
            .transpose()?;
        let mut notes: Vec<String> = [Some(&train), test.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(ClassFolders::left_out_note)
            .collect();
        if let Some(test) = &test {
            let missing = |these: &ClassFolders, from: &ClassFolders| {
                let names = these.class_names.iter();
                let missing = names.filter(|name| !from.class_names.contains(name));
                missing.cloned().collect::<Vec<_>>()
            };
            let (untrained, untested) = (missing(test, &train), missing(&train, test));
            ensure!(
                untrained.is_empty() && untested.is_empty(),
                "{}: expected the same class folders in train and test, found only in train: {}; only \
                 in test: {}",
                path.display(),
                list_of(&untested),
                list_of(&untrained)
            );
        }
        for other in ["val", "valid", "validation"] {
            if train_path != path && path.join(other).is_dir() {
                notes.push(format!(
                    "left out {}, as validation images are taken from the training images",
                    path.join(other).display()
                ));
            }
        }
        Ok(Self { train, test, notes })
    }

    /// All pictures.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let test = self.test.iter().flat_map(|test| &test.files);
        self.train.files.iter().chain(test)
    }

    /// The sizes and channels of all pictures, of each of which only the beginning is decoded.
    pub fn shapes(&self) -> SeenShapes {
        let files: Vec<&PathBuf> = self.files().collect();
        let bar = bar("looking at images", files.len() as u64, "images");
        files
            .par_iter()
            .fold(SeenShapes::default, |mut seen, file| {
                let found = read_picture(file).and_then(|bytes| picture::properties(&bytes));
                seen.add(&file.display().to_string(), found);
                bar.inc(1);
                seen
            })
            .reduce(SeenShapes::default, SeenShapes::merge)
    }
}

fn list_of(names: &[String]) -> String {
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

/// Opens the folder at `path`.
///
/// # Errors
/// As [`ImageFolder::list`]; images of different sizes if `data` gives none, other classes than `data`
/// gives.
pub fn open(data: &Data, path: &Path) -> Result<DataSource> {
    let folder = ImageFolder::list(path)?;
    let shape = match SeenShapes::given(data) {
        Some(shape) => shape,
        None => folder.shapes().shape(data, path)?,
    };
    let own_names = folder.train.class_names.clone();
    // The spec may put the classes in another order; that they are the same is checked with the rest.
    let class_names = match &data.classes {
        Some(names)
            if names.len() == own_names.len()
                && own_names.iter().all(|name| names.contains(name)) =>
        {
            names.clone()
        }
        _ => own_names,
    };
    let rows = |folders: ClassFolders| -> Box<dyn ImageRows> {
        let position = |class: &String| class_names.iter().position(|name| name == class);
        let labels: Vec<u16> = folders
            .class_names
            .iter()
            .map(|class| position(class).unwrap_or_default() as u16)
            .collect();
        Box::new(FolderImages {
            labels: folders
                .labels
                .iter()
                .map(|&label| labels[usize::from(label)])
                .collect(),
            files: folders.files,
            shape,
        })
    };
    Ok(DataSource {
        train: rows(folder.train),
        test: folder.test.map(rows),
        info: DatasetInfo { shape, class_names },
        notes: folder.notes,
        stand_in: None,
    })
}

struct FolderImages {
    files: Vec<PathBuf>,
    labels: Vec<u16>,
    shape: ImageShape,
}

impl ImageRows for FolderImages {
    fn labels(&self) -> &[u16] {
        &self.labels
    }

    fn read(&self, rows: &[u32], sink: &mut Sink) -> Result<PictureCounts> {
        let bar = bar("ingest", rows.len() as u64, "images");
        let mut decoder = GroupDecoder::new(self.shape);
        for rows in rows.chunks(group_rows(self.shape.len())) {
            interrupted(|| "ingest has not finished".to_owned())?;
            let file = |number: usize| &self.files[rows[number] as usize];
            decoder.decode(
                rows.len(),
                |number| read_picture(file(number)).map(Cow::Owned),
                |number| file(number).display().to_string(),
                sink,
            )?;
            bar.inc(rows.len() as u64);
        }
        bar.finish_and_clear();
        decoder.finish()
    }
}

/// The bytes of the picture at `path`.
///
/// # Errors
/// A file that cannot be read or is larger than [`MAX_FILE_BYTES`].
pub fn read_picture(path: &Path) -> Result<Vec<u8>, Damage> {
    let read = || {
        let file = File::open(path)?;
        let size_bytes = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let mut bytes = Vec::with_capacity(size_bytes.min(MAX_FILE_BYTES) + 1);
        file.take(MAX_FILE_BYTES as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if bytes.len() <= MAX_FILE_BYTES => Ok(bytes),
        Ok(_) => Err(format!("more than {MAX_FILE_BYTES} bytes")),
        Err::<_, std::io::Error>(error) => Err(error.to_string()),
    }
}
