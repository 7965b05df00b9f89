//! The pictures below a folder of classes, by name.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// Endings of the names of pictures, in lower case.
const EXTENSIONS: [&str; 7] = ["bmp", "jpeg", "jpg", "png", "tif", "tiff", "webp"];
/// Deepest folder below that of a class.
const MAX_DEPTH: usize = 8;
/// Most pictures below one folder.
const MAX_FILES: usize = 16 << 20;

/// Classes and the pictures of each, both sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassFolders {
    /// Names of the classes.
    pub class_names: Vec<String>,
    /// Path of each picture.
    pub files: Vec<PathBuf>,
    /// Position of its class in `class_names`.
    pub labels: Vec<u16>,
    /// Files that are no pictures by their names: how many, and one of them.
    left_out: Option<(usize, PathBuf)>,
}

impl ClassFolders {
    /// Lists the folders of classes in `folder`. Hidden files and folders are passed over.
    ///
    /// # Errors
    /// A folder that cannot be listed or holds no class, a class without pictures, a name that is not
    /// UTF-8, a link that leaves `folder` or leads back up.
    pub fn list(folder: &Path) -> Result<Self> {
        let root = folder
            .canonicalize()
            .with_context(|| format!("cannot read {}", folder.display()))?;
        let mut found = Self::default();
        for Entry { name, path, kind } in entries(&root, folder)? {
            if kind != Kind::Folder {
                found.leave_out(&path);
                continue;
            }
            let before = found.files.len();
            let label = u16::try_from(found.class_names.len())
                .ok()
                .with_context(|| format!("{}: expected fewer classes", folder.display()))?;
            found.add_folder(&root, &path, label, 0)?;
            ensure!(
                found.files.len() > before,
                "{}: expected images of the class ({}), found none",
                path.display(),
                EXTENSIONS.join(", ")
            );
            found.class_names.push(name);
        }
        ensure!(
            !found.class_names.is_empty(),
            "{}: expected a folder for each class, found none",
            folder.display()
        );
        Ok(found)
    }

    fn add_folder(&mut self, root: &Path, folder: &Path, label: u16, depth: usize) -> Result<()> {
        ensure!(
            depth < MAX_DEPTH,
            "{}: expected folders of at most {MAX_DEPTH} levels, found more",
            folder.display()
        );
        for Entry { path, kind, .. } in entries(root, folder)? {
            if kind == Kind::Folder {
                self.add_folder(root, &path, label, depth + 1)?;
            } else if kind == Kind::File && is_picture(&path) {
                self.files.push(path);
                self.labels.push(label);
                ensure!(
                    self.files.len() <= MAX_FILES,
                    "{}: expected at most {MAX_FILES} images, found more",
                    root.display()
                );
            } else {
                self.leave_out(&path);
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &Path) {
        let (count, _) = self.left_out.get_or_insert_with(|| (0, path.to_path_buf()));
        *count += 1;
    }

    /// How many files were left out because their names are not those of pictures.
    pub fn left_out_note(&self) -> Option<String> {
        let (count, first) = self.left_out.as_ref()?;
        Some(format!(
            "left out {count} files that are no images by their names, such as {}",
            first.display()
        ))
    }
}

/// The pictures in `folder` and its folders, by name.
///
/// # Errors
/// A folder that cannot be listed, or without pictures.
pub fn pictures_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let root = folder
        .canonicalize()
        .with_context(|| format!("cannot read {}", folder.display()))?;
    let mut found = ClassFolders::default();
    found.add_folder(&root, folder, 0, 0)?;
    ensure!(
        !found.files.is_empty(),
        "{}: expected pictures ({}), found none",
        folder.display(),
        EXTENSIONS.join(", ")
    );
    Ok(found.files)
}

/// Whether `path` has the name of a picture.
pub fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.to_lowercase().as_str()))
}

/// What lies in a folder, by name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    name: String,
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Folder,
    File,
    /// A device or a pipe, which is never opened.
    Other,
}

impl From<fs::FileType> for Kind {
    fn from(kind: fs::FileType) -> Self {
        match (kind.is_dir(), kind.is_file()) {
            (true, _) => Kind::Folder,
            (_, true) => Kind::File,
            _ => Kind::Other,
        }
    }
}

/// The entries of `folder` that are not hidden, sorted by name; links among them stay inside `root`.
fn entries(root: &Path, folder: &Path) -> Result<Vec<Entry>> {
    let context = || format!("cannot list {}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            bail!("{path:?}: expected a name in UTF-8, found other bytes");
        };
        if name.starts_with('.') {
            continue;
        }
        let mut kind = entry.file_type().with_context(context)?;
        if kind.is_symlink() {
            check_link(root, folder, &path)?;
            kind = fs::metadata(&path).with_context(context)?.file_type();
        }
        entries.push(Entry {
            name,
            path,
            kind: kind.into(),
        });
    }
    entries.sort();
    Ok(entries)
}

fn check_link(root: &Path, folder: &Path, link: &Path) -> Result<()> {
    let target = link
        .canonicalize()
        .with_context(|| format!("{}: cannot follow the link", link.display()))?;
    ensure!(
        target.starts_with(root),
        "{}: expected links that stay in {}, found one to {}",
        link.display(),
        root.display(),
        target.display()
    );
    let folder = folder
        .canonicalize()
        .with_context(|| format!("cannot read {}", folder.display()))?;
    ensure!(
        !folder.starts_with(&target),
        "{}: expected links to other folders, found one that leads back to {}",
        link.display(),
        target.display()
    );
    Ok(())
}
