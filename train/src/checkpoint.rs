//! The state of an unfinished run after its last whole epoch.
//!
//! A safetensors file: weights, running values, the optimizer's vectors and the average of the weights
//! under their names, the history and the timings as f64 columns, so that every bit is restored. Shuffling and dropout
//! draw from streams that the epoch and the step number name, and the schedule is a function of
//! the history, so nothing else is needed to continue with the same bytes.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use pipelines::files::atomic_file;
use pipelines::files::fingerprint::Fingerprint;
use pipelines::files::layout::CHECKPOINT_FILE;
use pipelines::files::sha256;
use pipelines::tables::history::{EpochRecord, EpochTiming};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::fit::Progress;
use crate::trainer::Trainer;
use crate::weights::{from_bytes, to_bytes};

/// Key of the file's metadata: a [`Head`] as JSON.
const HEAD: &str = "checkpoint";
const WEIGHTS: &str = "weights.";
const OPTIMIZER: &str = "optimizer.";
const AVERAGE: &str = "average.";
/// (epochs, 5): the columns of [`history_row`].
const HISTORY: &str = "history";
/// (epochs, 2): duration_s, images_per_s.
const TIMINGS: &str = "timings";
/// (1): seconds since the run began, without pauses.
const ELAPSED: &str = "elapsed_s";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// What the run is made from: the checkpoint of another run is useless.
    made_from: Fingerprint,
    /// Steps that the optimizer has taken.
    iterations: u64,
    /// SHA-256 over the steps and the names and bytes of all tensors.
    sha256: String,
}

/// Replaces the checkpoint in `folder`.
///
/// # Errors
/// Names the file and the space that was needed.
pub fn save(
    folder: &Path,
    made_from: &Fingerprint,
    trainer: &Trainer,
    progress: &Progress,
    elapsed_s: f64,
) -> Result<()> {
    let mut tensors = Vec::new();
    for parameter in trainer.network.parameters() {
        let name = format!("{WEIGHTS}{}", parameter.name());
        let bytes = to_bytes(parameter.values());
        tensors.push((name, Dtype::F32, parameter.shape().to_vec(), bytes));
    }
    for (name, values) in trainer.optimizer.state(&trainer.network) {
        let name = format!("{OPTIMIZER}{name}");
        tensors.push((name, Dtype::F32, vec![values.len()], to_bytes(values)));
    }
    if let Some(average) = &trainer.average {
        for (name, values) in average.values(&trainer.network) {
            let name = format!("{AVERAGE}{name}");
            tensors.push((name, Dtype::F32, vec![values.len()], to_bytes(values)));
        }
    }
    let history: Vec<f64> = progress.history.iter().flat_map(history_row).collect();
    let timings = progress.timings.iter();
    let timings: Vec<f64> = timings
        .flat_map(|timing| [timing.duration_s, timing.images_per_s])
        .collect();
    let epochs = progress.history.len();
    for (name, shape, values) in [
        (HISTORY, vec![epochs, 5], history),
        (TIMINGS, vec![epochs, 2], timings),
        (ELAPSED, vec![1], vec![elapsed_s]),
    ] {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        tensors.push((name.to_owned(), Dtype::F64, shape, bytes.collect()));
    }
    tensors.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            Ok((name.as_str(), view.context("cannot encode a checkpoint")?))
        })
        .collect::<Result<Vec<_>>>()?;
    let iterations = trainer.optimizer.iterations();
    let named_bytes = views.iter().map(|(name, view)| (*name, view.data()));
    let head = Head {
        made_from: made_from.clone(),
        iterations,
        sha256: hash(iterations, named_bytes),
    };
    let head = serde_json::to_string(&head).context("cannot encode a checkpoint")?;
    let metadata = HashMap::from([(HEAD.to_owned(), head)]);
    let bytes =
        safetensors::serialize(views, Some(metadata)).context("cannot encode a checkpoint")?;
    atomic_file::write(&folder.join(CHECKPOINT_FILE), &bytes)
}

/// Puts the checkpoint of `folder` into `trainer`. Returns how far the run had come and the seconds
/// that it had taken, or `None` when there is no checkpoint.
///
/// # Errors
/// A file that cannot be read, is damaged or belongs to a run that is made from something else;
/// `trainer` may then hold a part of it and must not be used.
pub fn load(
    folder: &Path,
    made_from: &Fingerprint,
    trainer: &mut Trainer,
) -> Result<Option<(Progress, f64)>> {
    let path = folder.join(CHECKPOINT_FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    restore(&bytes, made_from, trainer)
        .map(Some)
        .with_context(|| path.display().to_string())
}

/// Puts the checkpoint in `bytes` into `trainer`; see [`load`].
///
/// # Errors
/// As [`load`], without the name of the file.
pub fn restore(
    bytes: &[u8],
    made_from: &Fingerprint,
    trainer: &mut Trainer,
) -> Result<(Progress, f64)> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).context("expected a safetensors file")?;
    let file = SafeTensors::deserialize(bytes).context("expected a safetensors file")?;
    let head = metadata
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(HEAD))
        .with_context(|| format!("expected metadata `{HEAD}`, found none"))?;
    let head: Head =
        serde_json::from_str(head).with_context(|| format!("metadata `{HEAD}` is damaged"))?;
    if let Some(difference) = head.made_from.difference(made_from) {
        bail!("expected a checkpoint of this run, found one of another: {difference}");
    }
    let mut tensors = file.tensors();
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    let named_bytes = tensors
        .iter()
        .map(|(name, view)| (name.as_str(), view.data()));
    let found = hash(head.iterations, named_bytes);
    ensure!(
        found == head.sha256,
        "is damaged: expected SHA-256 {}, found {found}",
        head.sha256
    );

    let find = |name: &str, dtype: Dtype| {
        let tensor = file
            .tensor(name)
            .with_context(|| format!("expected a tensor `{name}`"))?;
        ensure!(
            tensor.dtype() == dtype,
            "tensor `{name}`: expected {dtype:?}, found {:?}",
            tensor.dtype()
        );
        Ok(tensor.data().to_vec())
    };
    for parameter in trainer.network.parameters_mut() {
        let name = format!("{WEIGHTS}{}", parameter.name());
        let values = from_bytes(&find(&name, Dtype::F32)?);
        ensure!(
            values.len() == parameter.values().len(),
            "tensor `{name}`: expected {} values, found {}",
            parameter.values().len(),
            values.len()
        );
        parameter.values_mut().copy_from_slice(&values);
    }
    trainer
        .optimizer
        .restore(&trainer.network, head.iterations, |name| {
            Ok(from_bytes(&find(
                &format!("{OPTIMIZER}{name}"),
                Dtype::F32,
            )?))
        })?;
    if let Some(average) = &mut trainer.average {
        average.restore(&trainer.network, |name| {
            Ok(from_bytes(&find(&format!("{AVERAGE}{name}"), Dtype::F32)?))
        })?;
    }
    let columns = |name: &str| -> Result<Vec<f64>> {
        let bytes = find(name, Dtype::F64)?;
        let (values, _) = bytes.as_chunks();
        Ok(values
            .iter()
            .map(|bytes| f64::from_le_bytes(*bytes))
            .collect())
    };
    let (history, timings, elapsed) = (columns(HISTORY)?, columns(TIMINGS)?, columns(ELAPSED)?);
    let (history, _) = history.as_chunks();
    let (timings, _) = timings.as_chunks();
    let elapsed_s = *elapsed.first().context("expected elapsed seconds")?;
    let progress = Progress {
        history: (1..).zip(history).map(epoch_record).collect(),
        timings: (1..)
            .zip(timings)
            .map(|(epoch, &[duration_s, images_per_s])| EpochTiming {
                epoch,
                duration_s,
                images_per_s,
            })
            .collect(),
        validation_logits: None,
    };
    ensure!(
        progress.history.len() == progress.timings.len(),
        "expected as many timings as epochs, found {} and {}",
        progress.timings.len(),
        progress.history.len()
    );
    Ok((progress, elapsed_s))
}

fn history_row(epoch: &EpochRecord) -> [f64; 5] {
    [
        epoch.train_loss,
        epoch.train_accuracy,
        // A recorded loss is never NaN.
        epoch.validation_loss.unwrap_or(f64::NAN),
        epoch.validation_accuracy.unwrap_or(f64::NAN),
        epoch.learning_rate,
    ]
}

/// The figures that only the last epoch of a run has are made after its last checkpoint.
fn epoch_record((epoch, row): (u32, &[f64; 5])) -> EpochRecord {
    let [
        train_loss,
        train_accuracy,
        validation_loss,
        validation_accuracy,
        learning_rate,
    ] = *row;
    EpochRecord {
        epoch,
        train_loss,
        train_accuracy,
        validation_loss: Some(validation_loss).filter(|loss| !loss.is_nan()),
        validation_accuracy: Some(validation_accuracy).filter(|accuracy| !accuracy.is_nan()),
        learning_rate,
        train_inference_loss: None,
        train_inference_accuracy: None,
    }
}

fn hash<'a>(iterations: u64, tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut all = iterations.to_le_bytes().to_vec();
    for (name, bytes) in tensors {
        all.extend_from_slice(&(name.len() as u64).to_le_bytes());
        all.extend_from_slice(name.as_bytes());
        all.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        all.extend_from_slice(bytes);
    }
    sha256::hex(&all)
}
