//! Names, types and shapes in a safetensors file.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::plain::plain;
use anyhow::{Context, Result};
use safetensors::SafeTensors;

/// Describes the file at `path`.
///
/// # Errors
/// A file that is not a whole safetensors file.
pub fn describe(path: &Path, bytes: &[u8]) -> Result<String> {
    let context = || format!("{}: expected a whole safetensors file", path.display());
    let (_, header) = SafeTensors::read_metadata(bytes).with_context(context)?;
    let tensors = SafeTensors::deserialize(bytes).with_context(context)?;
    let mut text = String::new();
    writeln!(
        text,
        "{}: {} tensors, {} bytes",
        path.display(),
        tensors.len(),
        bytes.len()
    )?;
    let metadata: BTreeMap<_, _> = header.metadata().iter().flatten().collect();
    for (key, value) in metadata {
        writeln!(text, "{} = {}", plain(key), plain(value))?;
    }
    text.push('\n');
    let mut elements = 0usize;
    // In the order of the file.
    for name in header.offset_keys() {
        let tensor = tensors.tensor(&name).with_context(context)?;
        let shape: Vec<_> = tensor.shape().iter().map(usize::to_string).collect();
        elements = elements.saturating_add(tensor.shape().iter().product());
        let name = plain(&name);
        writeln!(
            text,
            "{name:40}  {:?}  ({})",
            tensor.dtype(),
            shape.join(", ")
        )?;
    }
    writeln!(text, "{elements} elements in all")?;
    Ok(text)
}
