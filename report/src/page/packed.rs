//! Bytes inside the page: compressed, and written as text that `html/packed.js` reads.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Printable characters that mean nothing in HTML; 91 of them, so that two hold 13 bits.
const DIGITS: u32 = 91;
const BITS_OF_TWO: u32 = 13;
/// Bits that one digit holds.
const BITS_OF_ONE: u32 = 6;

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
        text(bytes)
    )
}

/// `bytes` in base 91: longer by 23 %, where base 64 is longer by 33 %.
fn text(bytes: &[u8]) -> String {
    let digits: Vec<char> = ('!'..='~')
        .filter(|character| !matches!(character, '&' | '<' | '\\'))
        .collect();
    let digit = |value: u32| digits[value as usize];
    let mut text = String::with_capacity(bytes.len() * 5 / 4 + 2);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        bits |= u32::from(*byte) << count;
        count += 8;
        if count >= BITS_OF_TWO {
            let value = bits & ((1 << BITS_OF_TWO) - 1);
            text.extend([digit(value % DIGITS), digit(value / DIGITS)]);
            bits >>= BITS_OF_TWO;
            count -= BITS_OF_TWO;
        }
    }
    if count > 0 {
        text.push(digit(bits % DIGITS));
    }
    if count > BITS_OF_ONE {
        text.push(digit(bits / DIGITS));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_bits_are_two_characters_and_what_is_left_one_or_two() {
        assert_eq!(text(&[]), "");
        // 65 is the 66th digit; 300, whose bytes are 44 and 1, is 27 + 3 * 91.
        assert_eq!(text(&[65]), "e!");
        assert_eq!(text(&[44, 1]), ">$!");
        let all: Vec<u8> = (0..=255).collect();
        let text = text(&all);
        assert_eq!(text.len(), (all.len() * 8).div_ceil(13) * 2);
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!text.contains(['&', '<', '\\']));
    }
}
