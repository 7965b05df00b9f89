//! The record beside the files of a step: what they were made from, by which program and machine,
//! and how long it took.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::files::artifact::Artifact;
use crate::files::atomic_file;
use crate::files::fingerprint::Fingerprint;
use crate::files::layout::MANIFEST_FILE;
use crate::files::machine::MadeBy;
use crate::files::sha256;
use crate::files::step::Step;

/// Format of the manifests that this version writes; newer ones are refused.
pub const MANIFEST_FORMAT: u32 = 1;

/// Key of the manifest's own hash, so that a changed digit in it is noticed too.
const CHECKSUM: &str = "sha256_of_the_rest";

/// How one step's files were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`] of the version that wrote it.
    pub format: u32,
    /// The step, as [`Step`] prints it.
    pub step: String,
    /// The command that makes the files again when `--force` is added.
    pub remedy: String,
    /// What the files were made from.
    pub made_from: Fingerprint,
    /// Whether the step ended well.
    pub outcome: Outcome,
    /// The files, by their name in the manifest's folder.
    pub outputs: BTreeMap<String, Artifact>,
    /// What a reader of the results must know, such as that the bundled subset was used instead of
    /// the full data.
    pub warnings: Vec<String>,
    /// Of a training whose spec standardises pixels: by what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalization: Option<ChannelStatistics>,
    /// The program and the machine that wrote the files.
    pub made_by: MadeBy,
    /// Seconds from the start of the step to its end; of an interrupted one, all parts together.
    pub duration_s: f64,
    /// Seconds of it that a further epoch adds to, the rest being the same for any number of
    /// epochs; `None` where there are none.
    pub epochs_duration_s: Option<f64>,
    /// Of an evaluation whose seeds are added until every change is decided, the models whose change
    /// is not decided yet; `None` for every other step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Vec<String>>,
    /// Of a candidate of a sweep, its validation accuracy after each epoch: what it is chosen by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation_accuracies: Vec<f64>,
}

/// Statistics of the pixels of the training rows, in levels of 0 to 255, one for each channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelStatistics {
    /// Mean level, which is taken away.
    pub mean: Vec<f64>,
    /// What is divided by, above 0: the standard deviation, or 1 for a channel with one level only.
    pub standard_deviation: Vec<f64>,
}

impl ChannelStatistics {
    /// Pixels of `channels` channels divided by `divisor`: a mean of 0.
    pub fn divisor(divisor: f64, channels: usize) -> Self {
        Self {
            mean: vec![0.0; channels],
            standard_deviation: vec![divisor; channels],
        }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Outcome {
    /// All files are there.
    Complete,
    /// The files so far are there; the next run goes on.
    Unfinished,
    /// The step failed in a way that another run would repeat, such as a loss that is NaN.
    Failed {
        /// What went wrong, with epoch and batch.
        reason: String,
    },
}

impl Manifest {
    /// Of a complete `step` that made nothing and took no time.
    pub fn new(step: &Step, made_from: Fingerprint, made_by: MadeBy) -> Self {
        Self {
            format: MANIFEST_FORMAT,
            step: step.to_string(),
            remedy: String::new(),
            made_from,
            outcome: Outcome::Complete,
            outputs: BTreeMap::new(),
            warnings: Vec::new(),
            normalization: None,
            made_by,
            duration_s: 0.0,
            epochs_duration_s: None,
            undecided: None,
            validation_accuracies: Vec::new(),
        }
    }

    /// Reads the manifest of `folder`; `None` when there is none.
    ///
    /// # Errors
    /// A manifest that cannot be read, is damaged, or was written by a newer version.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        /// Only what every format has.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let path = folder.join(MANIFEST_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let damaged = || {
            format!(
                "{}: expected a manifest, found damaged text; delete the file and run the step again",
                path.display()
            )
        };
        let head: Head = serde_json::from_str(&text).with_context(damaged)?;
        if head.format > MANIFEST_FORMAT {
            bail!(
                "{}: format: expected at most {MANIFEST_FORMAT}, found {}; it was written by a newer \
                 version: use that version, or delete the folder and run the step again",
                path.display(),
                head.format
            );
        }
        let mut fields: Map<String, Value> = serde_json::from_str(&text).with_context(damaged)?;
        let found = fields.remove(CHECKSUM);
        if found != Some(checksum(&fields)?) {
            bail!(damaged());
        }
        serde_json::from_value(Value::Object(fields))
            .map(Some)
            .with_context(damaged)
    }

    /// Writes the manifest into `folder`, last of all files: with it the step is done.
    ///
    /// # Errors
    /// Names the file.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let context = "cannot encode the manifest";
        let Value::Object(mut fields) = serde_json::to_value(self).context(context)? else {
            bail!(context);
        };
        fields.insert(CHECKSUM.to_owned(), checksum(&fields)?);
        let mut text = serde_json::to_string_pretty(&fields).context(context)?;
        text.push('\n');
        atomic_file::write(&folder.join(MANIFEST_FILE), text.as_bytes())
    }

    /// The first output that is not there or has another size than when it was written; hashes are
    /// compared when a file is read.
    pub fn first_missing_output(&self, folder: &Path) -> Option<String> {
        self.outputs
            .iter()
            .find(|(name, artifact)| {
                fs::metadata(folder.join(name)).map(|file| file.len()).ok()
                    != Some(artifact.size_bytes)
            })
            .map(|(name, _)| name.clone())
    }
}

/// Hash of all other fields, in their order and without spaces.
fn checksum(fields: &Map<String, Value>) -> Result<Value> {
    let text = serde_json::to_string(fields).context("cannot encode the manifest")?;
    Ok(Value::String(sha256::hex(text.as_bytes())))
}
