//! Compares files with what their manifests say.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pipelines::atomic_file;
use pipelines::layout::{Layout, MANIFEST_FILE};
use pipelines::manifest::{Manifest, Outcome};

/// Checks every manifest under `data/` and `runs/` of `root` and every file that it names.
///
/// # Errors
/// Damaged files, each named before with what to run, and folders that cannot be read.
pub fn run(root: &Path) -> Result<()> {
    let layout = Layout::new(root);
    let mut findings = Findings::default();
    for folder in [layout.data(), layout.runs()] {
        if folder.is_dir() {
            check_below(&layout, &folder, &mut findings)?;
        }
    }
    for note in &findings.notes {
        println!("note: {note}");
    }
    for damage in &findings.damages {
        println!("damaged: {damage}");
    }
    println!(
        "{} files of {} steps checked, {:.1} MB; {} damaged",
        findings.files,
        findings.steps,
        findings.bytes as f64 / 1e6,
        findings.damages.len()
    );
    if !findings.damages.is_empty() {
        bail!("expected every file as it was written, found damage");
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    steps: usize,
    files: usize,
    bytes: u64,
    damages: Vec<String>,
    notes: Vec<String>,
}

fn check_below(layout: &Layout, folder: &Path, findings: &mut Findings) -> Result<()> {
    let manifest = match Manifest::read(folder) {
        Ok(manifest) => manifest,
        Err(error) => {
            findings.damages.push(format!("{error:#}"));
            None
        }
    };
    let Some(manifest) = manifest else {
        for entry in sorted_entries(folder)? {
            if entry.is_dir() {
                check_below(layout, &entry, findings)?;
            } else if atomic_file::is_leftover(&entry) {
                findings.notes.push(leftover(layout, &entry));
            }
        }
        return Ok(());
    };
    findings.steps += 1;
    check_step(layout, folder, &manifest, findings);
    note_others(layout, folder, folder, &manifest, findings)
}

/// The files that a manifest names.
fn check_step(layout: &Layout, folder: &Path, manifest: &Manifest, findings: &mut Findings) {
    for (name, artifact) in &manifest.outputs {
        let path = folder.join(name);
        let difference = match fs::metadata(&path) {
            Ok(metadata) if metadata.len() != artifact.size_bytes => Some(format!(
                "expected {} bytes, found {}",
                artifact.size_bytes,
                metadata.len()
            )),
            Ok(_) => match fs::read(&path) {
                Ok(bytes) => artifact.difference(&bytes),
                Err(error) => Some(error.to_string()),
            },
            Err(error) => Some(error.to_string()),
        };
        findings.files += 1;
        findings.bytes += artifact.size_bytes;
        if let Some(difference) = difference {
            findings.damages.push(format!(
                "{}: {difference}; run `{} --force`",
                layout.relative(&path),
                manifest.remedy
            ));
        }
    }
    match &manifest.outcome {
        Outcome::Complete => {}
        Outcome::Unfinished => findings.notes.push(format!(
            "{}: begun and not finished; run `{}`",
            layout.relative(folder),
            manifest.remedy
        )),
        Outcome::Failed { reason } => findings
            .notes
            .push(format!("{}: failed: {reason}", layout.relative(folder))),
    }
}

/// The files that a manifest does not name.
fn note_others(
    layout: &Layout,
    step_folder: &Path,
    folder: &Path,
    manifest: &Manifest,
    findings: &mut Findings,
) -> Result<()> {
    for path in sorted_entries(folder)? {
        let name = Layout::new(step_folder).relative(&path);
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            note_others(layout, step_folder, &path, manifest, findings)?;
        } else if atomic_file::is_leftover(&path) {
            findings.notes.push(leftover(layout, &path));
        } else if !hidden && name != MANIFEST_FILE && !manifest.outputs.contains_key(&name) {
            let path = layout.relative(&path);
            findings.notes.push(format!("{path}: not in the manifest"));
        }
    }
    Ok(())
}

fn leftover(layout: &Layout, path: &Path) -> String {
    format!(
        "{}: left by a run that was killed, or being written; the next run removes it",
        layout.relative(path)
    )
}

fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || format!("cannot list {}", folder.display());
    let mut paths = fs::read_dir(folder)
        .with_context(context)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .with_context(context)?;
    paths.sort();
    Ok(paths)
}
