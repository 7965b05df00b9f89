//! Looks at the files of a data set, says what they are, and writes a spec for them.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use pipelines::files::atomic_file;
use pipelines::spec::{Data, IdxFiles, Source, Spec, Validation};
use pipelines::stage_program::print_line;

use crate::findings::Findings;
use crate::image_folder::ImageFolder;
use crate::new_spec::{self, NewSpec};
use crate::parquet_set::ParquetSet;
use crate::seen_shapes::SeenShapes;
use crate::source;

/// Longer side above which images are made smaller, in pixels: a spec to begin with should train in
/// minutes.
const MAX_SIDE: usize = 32;

/// Looks at `path` and writes a spec to `spec_path`.
///
/// # Errors
/// Nothing that is a data set; a file at `spec_path`.
pub fn run(path: &Path, spec_path: &Path) -> Result<()> {
    ensure!(
        spec_path.extension().is_some_and(|ending| ending == "toml"),
        "{}: expected the name of a new spec, which ends in .toml",
        spec_path.display()
    );
    ensure!(
        !spec_path.exists(),
        "{}: expected the name of a new file, found one that exists",
        spec_path.display()
    );
    ensure!(
        path.exists(),
        "{}: expected a folder of images, IDX or Parquet files, found nothing",
        path.display()
    );
    let stem = spec_path.file_stem().unwrap_or_default();
    let (seen, mut data) = look(path, &stem.to_string_lossy())?;
    let sizes: Vec<([usize; 2], usize)> = seen.iter().flat_map(SeenShapes::sizes).collect();
    if let Some(seen) = seen {
        data.image_size = image_size(&sizes);
        let shape = seen.shape(&data, path)?;
        // What follows from the images themselves is left to them.
        (data.image_size, data.channels) = match data.image_size {
            Some(size) => (Some(size), Some(shape.channels)),
            None => (None, None),
        };
    }
    let opened = source::open_path(&data, path)?;
    if let Some((key, expected, found)) = opened.info.first_error() {
        bail!(
            "{}: {key}: expected {expected}, found {found}",
            path.display()
        );
    }
    let train_labels = opened.train.labels();
    let test_labels = opened.test.as_ref().map(|test| test.labels());
    data.test_split = test_labels.is_none().then_some(new_spec::TEST_SPLIT);
    let findings = Findings {
        path,
        source: &data.source,
        info: &opened.info,
        sizes: &sizes,
        train_labels,
        test_labels,
        notes: &opened.notes,
    };
    let findings = findings.lines();
    for finding in &findings {
        print_line(finding);
    }
    data.source = relative_to_spec(data.source, path, spec_path)?;
    let text = new_spec::text(&NewSpec {
        findings: &findings,
        data: &data,
        info: &opened.info,
        train_images: train_labels.len(),
    })?;
    Spec::from_text(spec_path, &text)?;
    // A file without a folder in its name lies in the current one.
    atomic_file::write(&Path::new(".").join(spec_path), text.as_bytes())?;
    print_line(&format!(
        "{}: written; run it with `cargo xtask run-all --spec {}`",
        spec_path.display(),
        spec_path.display()
    ));
    Ok(())
}

/// What kind of data lies at `path`, as the data section of a spec, and the shapes of pictures.
fn look(path: &Path, name: &str) -> Result<(Option<SeenShapes>, Data)> {
    let data = |source| Data {
        name: name.to_owned(),
        source,
        folder: PathBuf::new(),
        image_size: None,
        channels: None,
        classes: None,
        bundled_fallback: false,
        validation_split: new_spec::VALIDATION_SPLIT,
        validation: Validation::Stratified,
        test_split: None,
        hold_back_test: false,
        split_seed: 0,
        pixel_divisor: Some(255.0),
        normalization: None,
        choice: None,
        ingested: None,
    };
    let own = || path.to_path_buf();
    if let Some(files) = idx_files(path)? {
        return Ok((None, data(Source::Idx(files))));
    }
    if is_parquet(path)? {
        let set = ParquetSet::open(path)?;
        let seen = match set.own_shape()? {
            Some(_) => None,
            None => Some(set.shapes()?),
        };
        return Ok((seen, data(Source::Parquet { path: own() })));
    }
    let folder = ImageFolder::list(path)?;
    let seen = folder.shapes();
    Ok((Some(seen), data(Source::ImageFolder { path: own() })))
}

/// The names of what lies in `folder`; nothing for a file.
fn names(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let context = || format!("cannot list {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        names.extend(entry.with_context(context)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

fn is_parquet(path: &Path) -> Result<bool> {
    let is_parquet = |name: &String| name.ends_with(".parquet");
    Ok(path.is_file() && is_parquet(&path.display().to_string())
        || names(path)?.iter().any(is_parquet)
        || names(&path.join("data"))?.iter().any(is_parquet))
}

/// The four IDX files in `folder`, named where their names are not the usual ones.
fn idx_files(folder: &Path) -> Result<Option<IdxFiles>> {
    let names = names(folder)?;
    let of = |parts: [&[&str]; 2]| -> Result<Option<String>> {
        let has = |name: &&String| {
            name.contains("ubyte")
                && parts
                    .iter()
                    .all(|words| words.iter().any(|word| name.contains(word)))
        };
        let found: Vec<&String> = names.iter().filter(has).collect();
        match found.as_slice() {
            [] => Ok(None),
            [name] => Ok(Some((*name).clone())),
            several => bail!(
                "{}: expected one file of {} {}, found {several:?}",
                folder.display(),
                parts[0][0],
                parts[1][0]
            ),
        }
    };
    let (train, test): (&[&str], &[&str]) = (&["train"], &["test", "t10k"]);
    let files = IdxFiles {
        path: folder.to_path_buf(),
        train_images: of([train, &["images"]])?,
        train_labels: of([train, &["labels"]])?,
        test_images: of([test, &["images"]])?,
        test_labels: of([test, &["labels"]])?,
    };
    let is_idx = files.train_images.is_some() || files.test_images.is_some();
    Ok(is_idx.then_some(files))
}

/// The size that pictures are brought to; `None` when all have the same and it is small.
fn image_size(sizes: &[([usize; 2], usize)]) -> Option<[usize; 2]> {
    if let [([height, width], _)] = sizes
        && (*height).max(*width) <= MAX_SIDE
    {
        return None;
    }
    let mut sides: Vec<(usize, usize)> = sizes
        .iter()
        .map(|([height, width], count)| (*height.min(width), *count))
        .collect();
    sides.sort_unstable();
    let half = sizes.iter().map(|(_, count)| count).sum::<usize>() / 2;
    let mut seen = 0;
    let median = sides.iter().find(|(_, count)| {
        seen += count;
        seen > half
    });
    let side = median.map_or(MAX_SIDE, |(side, _)| (*side).min(MAX_SIDE));
    Some([side, side])
}

/// `source` with its path seen from the folder of the spec, if the two lie close together.
fn relative_to_spec(source: Source, path: &Path, spec_path: &Path) -> Result<Source> {
    let absolute = |path: &Path| {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        path.canonicalize()
            .with_context(|| format!("cannot read {}", path.display()))
    };
    let folder = absolute(spec_path.parent().unwrap_or(Path::new("")))?;
    let target = absolute(path)?;
    let shared = folder
        .components()
        .zip(target.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder.components().count() - shared;
    // What has nothing in common but the root of the file system does not move along.
    let relative = if shared <= 1 {
        target
    } else {
        let down = target.components().skip(shared);
        let relative: PathBuf = std::iter::repeat_n(Component::ParentDir, up)
            .chain(down)
            .collect();
        if relative.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            relative
        }
    };
    Ok(match source {
        Source::Idx(files) => Source::Idx(IdxFiles {
            path: relative,
            ..files
        }),
        Source::ImageFolder { .. } => Source::ImageFolder { path: relative },
        Source::Parquet { .. } => Source::Parquet { path: relative },
        other => other,
    })
}
