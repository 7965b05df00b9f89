//! Compares files with what their manifests say.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pipelines::files::artifact::Artifact;
use pipelines::files::layout::Layout;
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::step_folder;
use pipelines::stage_program::print_line;

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
        print_line(&format!("note: {note}"));
    }
    for damage in &findings.damages {
        print_line(&format!("damaged: {damage}"));
    }
    print_line(&format!(
        "{} files of {} steps checked, {:.1} MB; {} damaged",
        findings.files,
        findings.steps,
        findings.bytes as f64 / 1e6,
        findings.damages.len()
    ));
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
            }
        }
        return Ok(());
    };
    findings.steps += 1;
    check_step(layout, folder, &manifest, findings);
    for path in step_folder::leftovers(folder, &manifest.outputs)? {
        let path = layout.relative(&path);
        let note = format!("{path}: not in the manifest; the next run removes it");
        findings.notes.push(note);
    }
    Ok(())
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
            Ok(_) => match File::open(&path).and_then(|mut file| Artifact::of_reader(&mut file)) {
                Ok(found) => artifact.difference(&found),
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
