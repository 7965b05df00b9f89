//! Gzip with a limit on the decompressed size.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use flate2::bufread::GzDecoder;

use crate::invalid_file::InvalidFile;

/// First two bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Whether `bytes` are gzip.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP_MAGIC)
}

/// The contents of the file at `path`: decompressed if they are gzip, unchanged otherwise. Of
/// contents longer than `limit_bytes` only the first `limit_bytes` + 1 are returned, so that the
/// caller notices. More is never held in memory, whatever size the file claims.
///
/// # Errors
/// Damaged or truncated gzip, bytes after its end.
pub fn gunzip<'a>(
    path: &Path,
    bytes: &'a [u8],
    limit_bytes: usize,
) -> Result<Cow<'a, [u8]>, InvalidFile> {
    if !is_gzip(bytes) {
        return Ok(Cow::Borrowed(&bytes[..bytes.len().min(limit_bytes + 1)]));
    }
    let mut contents = Vec::with_capacity(limit_bytes + 1);
    let mut decoder = GzDecoder::new(bytes);
    decoder
        .by_ref()
        .take(limit_bytes as u64 + 1)
        .read_to_end(&mut contents)
        .map_err(|error| InvalidFile::new(path, "gzip data", "a whole gzip stream", error))?;
    let rest = decoder.into_inner();
    if contents.len() <= limit_bytes && !rest.is_empty() {
        return Err(InvalidFile::new(
            path,
            "end of the gzip data",
            "no further bytes",
            format!("{} bytes", rest.len()),
        ));
    }
    Ok(Cow::Owned(contents))
}
