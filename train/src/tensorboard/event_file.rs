//! The event file of one training.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use pipelines::files::layout::{EVENTS_FILE_START, is_events_file};
use pipelines::spec::{Model, Spec};
use pipelines::tables::history::{EpochRecord, EpochTiming};
use prost::Message;

use super::event::{
    Dim, Event, HParamsPluginData, HistogramProto, PluginData, Session, SessionEndInfo, SessionLog,
    SessionStartInfo, Shown, Summary, SummaryMetadata, TensorProto, TensorShapeProto, Value, What,
};
use super::hparams::settings;
use super::record::{frame, split_first};
use crate::fit::Progress;

/// What the first record of a file must say.
const FILE_VERSION: &str = "brain.Event:2";
/// Records before the first epoch: the version, the start, the settings.
const OPENING_RECORDS: usize = 3;

/// The file that a training adds a record to after each epoch.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Goes on with the file in `folder` after the epochs of `progress`, so that its curves are those of a
    /// run that was never interrupted; begins a new one if there is none or it is damaged, or before the
    /// first epoch.
    ///
    /// # Errors
    /// Names the file that cannot be read or written.
    pub fn open(
        folder: &Path,
        spec: &Spec,
        model: &Model,
        seed: u64,
        progress: &Progress,
    ) -> Result<Self> {
        if let Some(path) = files(folder)?.pop()
            && !progress.history.is_empty()
            && let Some(file) = cut(&path, OPENING_RECORDS + progress.history.len())?
        {
            return Ok(Self { path, file });
        }
        for path in files(folder)? {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        let path = folder.join(format!("{EVENTS_FILE_START}{}", now_s() as u64));
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut events = Self { path, file };
        events.write(0, What::FileVersion(FILE_VERSION.to_owned()))?;
        events.write(0, What::SessionLog(SessionLog { status: 1 }))?;
        events.write(0, What::Summary(opening(spec, model, seed)))?;
        for (epoch, timing) in progress.history.iter().zip(&progress.timings) {
            events.epoch(epoch, timing, Vec::new())?;
        }
        Ok(events)
    }

    /// Adds an epoch, with histograms by their names.
    ///
    /// # Errors
    /// Names the file and the space that was needed.
    pub fn epoch(
        &mut self,
        epoch: &EpochRecord,
        timing: &EpochTiming,
        histograms: Vec<(String, HistogramProto)>,
    ) -> Result<()> {
        let scalars = [
            ("loss/train", Some(epoch.train_loss)),
            ("loss/validation", epoch.validation_loss),
            ("accuracy/train", Some(epoch.train_accuracy)),
            ("accuracy/validation", epoch.validation_accuracy),
            ("learning_rate", Some(epoch.learning_rate)),
            ("images_per_s", Some(timing.images_per_s)),
        ];
        let mut value = scalar_values(scalars);
        value.extend(histograms.into_iter().map(|(tag, histogram)| Value {
            tag,
            metadata: None,
            shown: Some(Shown::Histogram(histogram)),
        }));
        self.write(epoch.epoch.into(), What::Summary(Summary { value }))
    }

    /// Says how the training ended, with the figures of its last epoch that runs are compared by.
    ///
    /// # Errors
    /// Names the file and the space that was needed.
    pub fn end(&mut self, last: Option<&EpochRecord>, is_complete: bool) -> Result<()> {
        let mut value = scalar_values([
            (
                "final/train_loss",
                last.and_then(|last| last.train_inference_loss),
            ),
            (
                "final/train_accuracy",
                last.and_then(|last| last.train_inference_accuracy),
            ),
            (
                "final/validation_loss",
                last.and_then(|last| last.validation_loss),
            ),
            (
                "final/validation_accuracy",
                last.and_then(|last| last.validation_accuracy),
            ),
        ]);
        value.push(session(
            "session_end_info",
            Session::End(SessionEndInfo {
                status: if is_complete { 1 } else { 2 },
                end_time_secs: now_s(),
            }),
        ));
        let step = last.map_or(0, |last| last.epoch.into());
        self.write(step, What::Summary(Summary { value }))
    }

    fn write(&mut self, step: i64, what: What) -> Result<()> {
        let event = Event {
            wall_time: now_s(),
            step,
            what: Some(what),
        };
        let record = frame(&event.encode_to_vec());
        self.file.write_all(&record).with_context(|| {
            let (path, bytes) = (self.path.display(), record.len());
            format!("cannot write {path} ({bytes} more bytes needed)")
        })
    }
}

/// The event files in `folder`, the newest last.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || format!("cannot list {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        if is_events_file(&entry.file_name().to_string_lossy()) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Opens the file at `path` behind its first `count` records and takes away the others; `None` if there
/// are fewer whole ones. TensorBoard, which may be reading it, finds the next records where those were
/// that they replace.
fn cut(path: &Path, count: usize) -> Result<Option<File>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut rest = bytes.as_slice();
    for _ in 0..count {
        match split_first(rest) {
            Some((_, behind)) => rest = behind,
            None => return Ok(None),
        }
    }
    let open = || {
        let file = OpenOptions::new().append(true).open(path)?;
        file.set_len((bytes.len() - rest.len()) as u64)?;
        Ok::<_, std::io::Error>(file)
    };
    open()
        .map(Some)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The spec as text, and the settings of the model.
fn opening(spec: &Spec, model: &Model, seed: u64) -> Summary {
    let text = TensorProto {
        dtype: 7,
        tensor_shape: Some(TensorShapeProto::default()),
        string_val: vec![format!("```toml\n{}```", spec.show()).into_bytes()],
        ..TensorProto::default()
    };
    let start = SessionStartInfo {
        hparams: settings(model, seed),
        group_name: model.name.clone(),
        start_time_secs: now_s(),
    };
    Summary {
        value: vec![
            plugin_value("spec", "text", Vec::new(), text),
            session("session_start_info", Session::Start(start)),
        ],
    }
}

fn session(name: &str, session: Session) -> Value {
    let data = HParamsPluginData {
        session: Some(session),
    };
    // The plugin reads nothing from the array, but there has to be one.
    let none = TensorProto {
        dtype: 1,
        tensor_shape: Some(TensorShapeProto {
            dim: vec![Dim { size: 1 }],
        }),
        float_val: vec![0.0],
        ..TensorProto::default()
    };
    plugin_value(
        &format!("_hparams_/{name}"),
        "hparams",
        data.encode_to_vec(),
        none,
    )
}

fn plugin_value(tag: &str, plugin: &str, content: Vec<u8>, tensor: TensorProto) -> Value {
    Value {
        tag: tag.to_owned(),
        metadata: Some(SummaryMetadata {
            plugin_data: Some(PluginData {
                plugin_name: plugin.to_owned(),
                content,
            }),
        }),
        shown: Some(Shown::Tensor(tensor)),
    }
}

fn scalar_values<const N: usize>(scalars: [(&str, Option<f64>); N]) -> Vec<Value> {
    let value = |(tag, value): (&str, Option<f64>)| {
        Some(Value {
            tag: tag.to_owned(),
            metadata: None,
            shown: Some(Shown::Scalar(value? as f32)),
        })
    };
    scalars.into_iter().filter_map(value).collect()
}

/// Seconds since 1970.
fn now_s() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests;
