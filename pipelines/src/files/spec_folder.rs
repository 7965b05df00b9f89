//! Which spec a folder under `runs/` belongs to.
//!
//! The folder has the name of the spec's file. Two files of one name would otherwise write the same
//! folder in turn, each finding the other's steps outdated.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::files::layout::Layout;
use crate::spec::Spec;

/// File in `runs/<spec>/` that names the spec's file. It is hidden, as it is no output of a step.
const SPEC_PATH_FILE: &str = ".spec";

/// Records that `runs/<spec>/` belongs to the file of `spec`, unless it belongs to another file
/// that still exists.
///
/// # Errors
/// The other file and what to do; a file that cannot be read or written.
pub fn claim(layout: &Layout, spec: &Spec) -> Result<()> {
    if is_own(layout, spec)? {
        return Ok(());
    }
    let folder = layout.run(&spec.name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let record = folder.join(SPEC_PATH_FILE);
    // No temporary file, which a kill would leave here for good: the beginning of a path names no file, so
    // it belongs to nobody.
    fs::write(&record, recorded_path(layout, &spec.path))
        .with_context(|| format!("cannot write {}", record.display()))
}

/// Whether `runs/<spec>/` is recorded to belong to the file of `spec`; otherwise it belongs to nobody.
///
/// # Errors
/// Another file to which it belongs, and what to do; a record that cannot be read.
pub fn is_own(layout: &Layout, spec: &Spec) -> Result<bool> {
    let folder = layout.run(&spec.name);
    let record = folder.join(SPEC_PATH_FILE);
    match fs::read_to_string(&record) {
        Ok(owner) if owner == recorded_path(layout, &spec.path) => Ok(true),
        Ok(owner) if layout.root().join(&owner).is_file() => bail!(
            "{}: expected a spec of another name, since {} belongs to {owner}; rename one of the \
             two, or remove what was made with `cargo xtask clean --spec {}`",
            spec.path.display(),
            folder.display(),
            spec.name
        ),
        Ok(_) => Ok(false),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", record.display())),
    }
}

/// Relative to the root for a file below it, so that a project can be moved; absolute otherwise.
fn recorded_path(layout: &Layout, path: &Path) -> String {
    let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| PathBuf::from(path));
    let (root, path) = (absolute(layout.root()), absolute(path));
    let shown = path.strip_prefix(&root).unwrap_or(&path);
    shown.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_specs_of_one_name_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let spec = |place: &str| {
            let path = folder.path().join(place).join("mine.toml");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "extends = \"smoke\"\ndescription = \"Mine\"\n").unwrap();
            Spec::load(&path.to_string_lossy()).unwrap()
        };
        let (first, second) = (spec("a"), spec("b"));
        assert!(!is_own(&layout, &first).unwrap());
        claim(&layout, &first).unwrap();
        claim(&layout, &first).unwrap();
        assert!(is_own(&layout, &first).unwrap());
        let error = claim(&layout, &second).unwrap_err().to_string();
        assert!(error.contains("belongs to a/mine.toml"), "{error}");
        assert!(error.contains("cargo xtask clean --spec mine"), "{error}");
        fs::remove_file(&first.path).unwrap();
        claim(&layout, &second).unwrap();
    }

    #[test]
    fn a_record_cut_short_belongs_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let spec = Spec::load("smoke").unwrap();
        claim(&layout, &spec).unwrap();
        let record = layout.run(&spec.name).join(SPEC_PATH_FILE);
        let whole = fs::read_to_string(&record).unwrap();
        for length in 0..whole.len() {
            fs::write(&record, &whole[..length]).unwrap();
            assert!(!is_own(&layout, &spec).unwrap());
        }
        claim(&layout, &spec).unwrap();
        assert_eq!(fs::read_to_string(&record).unwrap(), whole);
    }
}
