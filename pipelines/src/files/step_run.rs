//! One step from its lock to its manifest.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};

use crate::files::artifact::{Artifact, ArtifactWriter};
use crate::files::atomic_file;
use crate::files::fingerprint::Fingerprint;
use crate::files::layout::{Layout, MANIFEST_FILE};
use crate::files::lock::FolderLock;
use crate::files::machine::MadeBy;
use crate::files::manifest::{ChannelStatistics, Manifest, Outcome};
use crate::files::plan::Selection;
use crate::files::spec_folder;
use crate::files::step::Step;
use crate::files::step_folder;
use crate::files::step_state::StepStates;
use crate::spec::Spec;
use crate::stage_program::{StageArguments, interrupted};

/// A file of a step that is being written; see [`StepRun::create`].
#[derive(Debug)]
pub struct StepOutput {
    name: String,
    writer: ArtifactWriter,
}

impl Write for StepOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A step that is being run: it holds its folder's lock, writes its files and, last, its manifest.
///
/// ```no_run
/// # fn step(arguments: &pipelines::stage_program::StageArguments) -> anyhow::Result<()> {
/// use pipelines::files::manifest::Outcome;
/// use pipelines::files::step::Step;
/// use pipelines::files::step_run::StepRun;
///
/// let spec = arguments.load_spec()?;
/// let Some(mut run) = StepRun::begin(arguments, &spec, &Step::Ingest)? else {
///     return Ok(());
/// };
/// run.write("overview.parquet", b"bytes")?;
/// run.finish(Outcome::Complete)
/// # }
/// ```
#[derive(Debug)]
pub struct StepRun {
    folder: PathBuf,
    layout: Layout,
    spec: Spec,
    selection: Selection,
    step: Step,
    remedy: String,
    made_from: Fingerprint,
    outputs: BTreeMap<String, Artifact>,
    warnings: Vec<String>,
    threads: usize,
    started: Instant,
    epochs_duration_s: Option<f64>,
    undecided: Option<Vec<String>>,
    validation_accuracies: Vec<f64>,
    instruction_set: Option<String>,
    normalization: Option<ChannelStatistics>,
    /// Seconds of earlier parts of an interrupted run.
    earlier_s: f64,
    /// Whether the manifest on disk describes other files than those that are being written.
    outdated_manifest: bool,
    _lock: FolderLock,
}

impl StepRun {
    /// Takes the lock of the step's folder, removes what a killed run left, and begins; `None`,
    /// with a line in the log, when the files are fresh and `--force` was not given.
    ///
    /// # Errors
    /// An input that is not there or not up to date, a manifest that cannot be read, a folder that
    /// cannot be locked.
    pub fn begin(arguments: &StageArguments, spec: &Spec, step: &Step) -> Result<Option<Self>> {
        let layout: Layout = arguments.layout();
        let selection = arguments.selection();
        let folder = layout.step(spec, step);
        if *step != Step::Ingest {
            spec_folder::claim(&layout, spec)?;
        }
        let mut waiting = false;
        let lock = FolderLock::acquire(&folder, |owner| {
            if !std::mem::replace(&mut waiting, true) {
                tracing::info!("{step}: waiting for {} ({owner})", folder.display());
            }
            interrupted(|| format!("{step} has not begun"))?;
            Ok(())
        })?;
        atomic_file::remove_leftovers(&folder)?;
        let mut states = StepStates::new(&layout, spec, &selection);
        // Results of an older spec would be shown under the new one's name.
        if let Some((producer, reason)) = states.stale_producer(step)? {
            bail!(
                "{step} needs `{producer}`, which is not up to date: {reason}; run `{}` first",
                arguments.remedy(&producer)
            );
        }
        let state = states.of(step)?;
        let old = state.manifest.clone();
        match (&state.stale, &old) {
            (None, Some(old)) if !arguments.force => {
                step_folder::remove_leftovers(&folder, &old.outputs)?;
                match &old.outcome {
                    Outcome::Failed { reason } => {
                        tracing::warn!("{step}: failed before: {reason}; --force tries again");
                    }
                    _ => tracing::info!("{step}: fresh"),
                }
                return Ok(None);
            }
            (None, _) => tracing::info!("{step}: forced"),
            (Some(reason), _) => tracing::info!("{step}: {reason}"),
        }
        let made_from = state.expected.clone().map_err(|missing| anyhow!(missing))?;
        let old = old.filter(|old| {
            !arguments.force
                && old.made_from == made_from
                && !matches!(old.outcome, Outcome::Failed { .. })
        });
        let (mut outputs, mut warnings) = (BTreeMap::new(), Vec::new());
        if let Some(old) = &old {
            if old.outcome == Outcome::Unfinished {
                warnings.clone_from(&old.warnings);
            }
            outputs.clone_from(&old.outputs);
            outputs.retain(|name, artifact| {
                let size_bytes = fs::metadata(folder.join(name)).map(|file| file.len()).ok();
                size_bytes == Some(artifact.size_bytes)
            });
        }
        Ok(Some(Self {
            folder,
            layout,
            spec: spec.clone(),
            selection,
            step: step.clone(),
            remedy: arguments.remedy(step),
            made_from,
            outputs,
            warnings,
            threads: arguments.thread_count(),
            started: Instant::now(),
            epochs_duration_s: None,
            undecided: None,
            validation_accuracies: Vec::new(),
            instruction_set: None,
            normalization: None,
            earlier_s: 0.0,
            outdated_manifest: old.is_none(),
            _lock: lock,
        }))
    }

    /// The folder that the step writes.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the step is made from.
    pub fn made_from(&self) -> &Fingerprint {
        &self.made_from
    }

    /// Whether an interrupted run of the same step has written `name`.
    pub fn has(&self, name: &str) -> bool {
        self.outputs.contains_key(name)
    }

    /// Adds the seconds of the parts that ran before an interruption.
    pub fn add_earlier_duration(&mut self, duration_s: f64) {
        self.earlier_s += duration_s;
    }

    /// Records how many seconds all epochs took together, whatever came before and after them.
    pub fn set_epochs_duration(&mut self, duration_s: f64) {
        self.epochs_duration_s = Some(duration_s);
    }

    /// Records which changes are not decided yet, by the names of their models.
    pub fn set_undecided(&mut self, models: Vec<String>) {
        self.undecided = Some(models);
    }

    /// Records the validation accuracy of a candidate after each epoch, 0..=1.
    pub fn set_validation_accuracies(&mut self, accuracies: Vec<f64>) {
        self.validation_accuracies = accuracies;
    }

    /// Records which instructions the kernels use, such as `avx512`: other instructions round
    /// differently.
    pub fn set_instruction_set(&mut self, name: &str) {
        self.instruction_set = Some(name.to_owned());
    }

    /// Records what the pixels were standardised by.
    pub fn set_normalization(&mut self, normalization: ChannelStatistics) {
        self.normalization = Some(normalization);
    }

    /// Seconds that the step has taken so far, earlier parts included.
    pub fn duration_s(&self) -> f64 {
        self.earlier_s + self.started.elapsed().as_secs_f64()
    }

    /// Records that the bundled subset was used instead of data that could not be had, so that the step is
    /// no longer fresh when the subset changes or the spec no longer allows it.
    pub fn add_bundled_subset(&mut self) {
        self.made_from.add_bundled_subset();
    }

    /// Adds something that a reader of the results must know, and logs it.
    pub fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        tracing::warn!("{}: {warning}", self.step);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Writes one file of the step, whole or not at all. `name` may hold folders, separated by
    /// forward slashes.
    ///
    /// # Errors
    /// Names the file and the space that was needed.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.remove_outdated_manifest()?;
        let artifact = Artifact::write(&self.folder.join(name), bytes)?;
        self.outputs.insert(name.to_owned(), artifact);
        Ok(())
    }

    /// Begins to write one file of the step from a stream; [`StepRun::commit`] makes it one of the
    /// step's files. Dropped before, it leaves nothing.
    ///
    /// # Errors
    /// Names the file.
    pub fn create(&self, name: &str) -> Result<StepOutput> {
        Ok(StepOutput {
            name: name.to_owned(),
            writer: ArtifactWriter::create(&self.folder.join(name))?,
        })
    }

    /// Gives a file that was written from a stream its name.
    ///
    /// # Errors
    /// Names the file and the space that was needed.
    pub fn commit(&mut self, output: StepOutput) -> Result<()> {
        self.remove_outdated_manifest()?;
        let artifact = output.writer.commit()?;
        self.outputs.insert(output.name, artifact);
        Ok(())
    }

    /// Records what has been written so far, so that an interrupted run can go on from here.
    ///
    /// # Errors
    /// Names the file.
    pub fn record(&self) -> Result<()> {
        self.manifest(Outcome::Unfinished).write(&self.folder)
    }

    /// Writes the manifest: the step is done. Then removes what an older run wrote and this one did
    /// not, and with it what only an interrupted run needs.
    ///
    /// # Errors
    /// Names the file; an input that another run has changed meanwhile.
    pub fn finish(mut self, outcome: Outcome) -> Result<()> {
        self.check_inputs()?;
        self.remove_outdated_manifest()?;
        let ending = match &outcome {
            Outcome::Failed { reason } => Err(reason.clone()),
            _ => Ok(()),
        };
        self.manifest(outcome).write(&self.folder)?;
        step_folder::remove_leftovers(&self.folder, &self.outputs)?;
        match ending {
            Ok(()) => tracing::info!("{}: done in {:.1} s", self.step, self.duration_s()),
            Err(reason) => tracing::error!("{} failed: {reason}", self.step),
        }
        Ok(())
    }

    /// The inputs are read one after another: none may have changed since the first.
    fn check_inputs(&self) -> Result<()> {
        let mut states = StepStates::new(&self.layout, &self.spec, &self.selection);
        let state = states.of(&self.step)?;
        let mut now = state.expected.clone().map_err(|missing| anyhow!(missing))?;
        if self.made_from.has_bundled_subset() {
            now.add_bundled_subset();
        }
        if let Some(difference) = self.made_from.difference(&now) {
            bail!("{}: {difference} while it ran; run it again", self.step);
        }
        Ok(())
    }

    /// Removes the old manifest before the first file is written that it does not describe.
    fn remove_outdated_manifest(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.outdated_manifest) {
            return Ok(());
        }
        let path = self.folder.join(MANIFEST_FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    fn manifest(&self, outcome: Outcome) -> Manifest {
        let made_by = MadeBy {
            instruction_set: self.instruction_set.clone(),
            ..MadeBy::here(self.threads)
        };
        Manifest {
            remedy: self.remedy.clone(),
            outcome,
            outputs: self.outputs.clone(),
            warnings: self.warnings.clone(),
            normalization: self.normalization.clone(),
            duration_s: self.duration_s(),
            epochs_duration_s: self.epochs_duration_s,
            undecided: self.undecided.clone(),
            validation_accuracies: self.validation_accuracies.clone(),
            ..Manifest::new(&self.step, self.made_from.clone(), made_by)
        }
    }
}
