//! How far an interrupted training has come, without reading its weights.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::files::fingerprint::Fingerprint;
use crate::files::layout::CHECKPOINT_FILE;

/// Largest header that is read, in bytes; one has about a hundred bytes for each tensor.
const MAX_HEADER_BYTES: u64 = 1 << 24;

/// The number of epochs after which the training in `folder` would go on, if a checkpoint of a run
/// that is `made_from` the same lies there. Whether the checkpoint is whole shows when it is read.
pub fn epochs_done(folder: &Path, made_from: &Fingerprint) -> Option<u64> {
    let header = read_header(&folder.join(CHECKPOINT_FILE))?;
    let head: Value = serde_json::from_str(header["__metadata__"]["checkpoint"].as_str()?).ok()?;
    let own: Fingerprint = serde_json::from_value(head["made_from"].clone()).ok()?;
    let epochs = header["history"]["shape"][0].as_u64()?;
    (own == *made_from).then_some(epochs)
}

/// A safetensors file begins with the length of its header, a little-endian u64, and the header as
/// JSON.
fn read_header(path: &Path) -> Option<Value> {
    let mut file = File::open(path).ok()?;
    let mut length = [0; 8];
    file.read_exact(&mut length).ok()?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER_BYTES {
        return None;
    }
    serde_json::from_reader(file.take(length)).ok()
}
