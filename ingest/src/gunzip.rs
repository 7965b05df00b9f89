//! Gzip with a bound on what comes out.

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

/// The contents of the file at `path`: decompressed if they are gzip, as they are otherwise. Never
/// holds more than `limit_bytes` + 1 bytes, whatever the file says of itself.
///
/// # Errors
/// Damaged or truncated gzip, bytes after its end, more than `limit_bytes` bytes inside.
pub fn gunzip<'a>(
    path: &Path,
    bytes: &'a [u8],
    limit_bytes: usize,
) -> Result<Cow<'a, [u8]>, InvalidFile> {
    let too_large = || {
        InvalidFile::new(
            path,
            "decompressed size",
            format!("at most {limit_bytes} bytes"),
            "more",
        )
    };
    if !is_gzip(bytes) {
        if bytes.len() > limit_bytes {
            return Err(too_large());
        }
        return Ok(Cow::Borrowed(bytes));
    }
    let mut contents = Vec::with_capacity(limit_bytes + 1);
    let mut decoder = GzDecoder::new(bytes);
    decoder
        .by_ref()
        .take(limit_bytes as u64 + 1)
        .read_to_end(&mut contents)
        .map_err(|error| InvalidFile::new(path, "gzip data", "a whole gzip stream", error))?;
    if contents.len() > limit_bytes {
        return Err(too_large());
    }
    let rest = decoder.into_inner();
    if !rest.is_empty() {
        return Err(InvalidFile::new(
            path,
            "end of the gzip data",
            "no further bytes",
            format!("{} bytes", rest.len()),
        ));
    }
    Ok(Cow::Owned(contents))
}
