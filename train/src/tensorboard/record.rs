//! The frame around each record of an event file: TensorFlow's `TFRecord`.
//!
//! ```text
//! u64 length, u32 masked CRC-32C of the length, the bytes, u32 masked CRC-32C of the bytes
//! ```
//! All numbers are little-endian. Source: `tensorflow/core/lib/io/record_writer.h` and `lib/hash/crc32c.h`.

use crc::{CRC_32_ISCSI, Crc};

static CRC_32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Bytes of the frame before the record and behind it.
const HEAD_BYTES: usize = 12;
const TAIL_BYTES: usize = 4;

/// `bytes` in their frame.
pub fn frame(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut framed = Vec::with_capacity(HEAD_BYTES + bytes.len() + TAIL_BYTES);
    framed.extend_from_slice(&length);
    framed.extend_from_slice(&masked_crc(&length).to_le_bytes());
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(&masked_crc(bytes).to_le_bytes());
    framed
}

/// The first record of `file` and what follows it; `None` where no whole record stands.
pub fn split_first(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = file.split_first_chunk::<8>()?;
    let (length_crc, rest) = rest.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*length_crc) != masked_crc(length) {
        return None;
    }
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (bytes, rest) = rest.split_at_checked(length)?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    (u32::from_le_bytes(*crc) == masked_crc(bytes)).then_some((bytes, rest))
}

/// A CRC of bytes that hold CRCs themselves is a weak one, so each is turned and moved.
fn masked_crc(bytes: &[u8]) -> u32 {
    const DELTA: u32 = 0xa282_ead8;
    CRC_32C.checksum(bytes).rotate_right(15).wrapping_add(DELTA)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
    /// masked_crc32c(b"123456789")
    /// ```
    #[test]
    fn the_checksum_is_tensorboards() {
        assert_eq!(CRC_32C.checksum(b"123456789"), 0xe306_9283);
        assert_eq!(masked_crc(b"123456789"), MASKED);
    }

    const MASKED: u32 = 0xc78a_b0e5;

    #[test]
    fn a_record_comes_back_from_its_frame() {
        let file = [frame(b"one"), frame(b"")].concat();
        let (first, rest) = split_first(&file).unwrap();
        assert_eq!(first, b"one");
        assert_eq!(split_first(rest), Some((&b""[..], &b""[..])));
    }

    #[test]
    fn a_record_that_was_cut_or_changed_is_none() {
        let whole = frame(b"one");
        for end in 0..whole.len() {
            assert_eq!(split_first(&whole[..end]), None, "{end}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert_eq!(split_first(&changed), None, "{at}");
        }
    }
}
