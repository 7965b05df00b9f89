//! Bytes inside the page: compressed, and written as text that `html/packed.js` reads.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;

/// `bytes` compressed for a browser's `DecompressionStream`.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // A failure to write into memory would show as data that cannot be read.
    _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// The element that holds `bytes`; it is not run.
pub fn element(id: &str, bytes: &[u8]) -> String {
    format!(
        "<script type=\"text/plain\" id=\"{id}\">{}</script>\n",
        STANDARD.encode(bytes)
    )
}
