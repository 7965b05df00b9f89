//! Pictures for tests.

/// An uncompressed grey picture as Windows writes it: a head of 54 bytes, a palette of 256 greys, rows from
/// the last to the first, each filled up to four bytes.
pub fn bmp(levels: &[u8], width: usize) -> Vec<u8> {
    let height = levels.len() / width;
    let row_bytes = width.next_multiple_of(4);
    let offset = 54 + 4 * 256;
    let mut bytes = b"BM".to_vec();
    let size = (offset + row_bytes * height) as u32;
    for word in [size, 0, offset as u32, 40, width as u32, height as u32] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(&[1, 0, 8, 0]);
    for word in [0, (row_bytes * height) as u32, 0, 0, 256, 0] {
        bytes.extend_from_slice(&u32::to_le_bytes(word));
    }
    bytes.extend((0..=255).flat_map(|level: u8| [level, level, level, 0]));
    for row in levels.chunks_exact(width).rev() {
        bytes.extend_from_slice(row);
        bytes.resize(bytes.len() + row_bytes - width, 0);
    }
    bytes
}
