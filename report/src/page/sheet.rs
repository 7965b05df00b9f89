//! The pictures of the page's browser as one image.

use anyhow::{Context, Result};
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::picture::{self, Picture};

/// Largest size of the encoded sheet, in bytes.
const MAX_BYTES: usize = 870_000;
/// JPEG quality, 1 to 100, of a sheet that is larger than [`MAX_BYTES`] without loss; the lowest is
/// taken whatever the size.
const QUALITIES: std::ops::RangeInclusive<u8> = 8..=92;
/// Values of a sheet above which PNG is not tried: none is four times smaller than its values.
const MAX_LOSSLESS_VALUES: usize = 4 * MAX_BYTES;

/// All pictures side by side and below each other.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its bytes, a PNG or a JPEG.
    pub bytes: Vec<u8>,
    /// `image/png` or `image/jpeg`.
    pub media_type: &'static str,
}

impl Sheet {
    /// `pictures` of one size and number of channels, in rows of `columns`: without loss if that is
    /// small enough, or else as the best JPEG that is.
    ///
    /// # Errors
    /// A sheet that is larger than the formats allow, 65,535 pixels a side.
    pub fn new(pictures: &[Picture], columns: usize) -> Result<Self> {
        let pixels = Pixels::of(pictures, columns);
        if pixels.values.len() <= MAX_LOSSLESS_VALUES {
            let bytes = pixels.png()?;
            if bytes.len() <= MAX_BYTES {
                let media_type = "image/png";
                return Ok(Self { bytes, media_type });
            }
        }
        // The size grows with the quality.
        let (mut low, mut high) = (*QUALITIES.start(), *QUALITIES.end());
        let mut bytes = pixels.jpeg(low)?;
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let found = pixels.jpeg(middle)?;
            if found.len() <= MAX_BYTES {
                (low, bytes) = (middle, found);
            } else {
                high = middle - 1;
            }
        }
        let media_type = "image/jpeg";
        Ok(Self { bytes, media_type })
    }
}

/// The sheet before it is encoded.
struct Pixels {
    width: usize,
    height: usize,
    /// 1 or 3.
    channels: usize,
    /// (height, width, channels).
    values: Vec<u8>,
}

impl Pixels {
    fn of(pictures: &[Picture], columns: usize) -> Self {
        let (width, height, channels) = match pictures.first() {
            Some(first) => (first.width, first.height, first.channels),
            None => (1, 1, 1),
        };
        let rows = pictures.len().div_ceil(columns);
        let line = columns * width * channels;
        let mut values = vec![0; line * rows * height];
        for (index, picture) in pictures.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let lines = picture.pixels.chunks_exact(width * channels);
            for (y, pixels) in lines.enumerate() {
                let start = (row * height + y) * line + column * width * channels;
                values[start..][..pixels.len()].copy_from_slice(pixels);
            }
        }
        Self {
            width: columns * width,
            height: rows * height,
            channels,
            values,
        }
    }

    fn png(&self) -> Result<Vec<u8>> {
        let color = match self.channels {
            1 => png::ColorType::Grayscale,
            _ => png::ColorType::Rgb,
        };
        picture::encode(self.width, self.height, color, &self.values)
    }

    fn jpeg(&self, quality: u8) -> Result<Vec<u8>> {
        let color = match self.channels {
            1 => ExtendedColorType::L8,
            _ => ExtendedColorType::Rgb8,
        };
        let mut bytes = Vec::new();
        let side = |length: usize| u32::try_from(length).context("the sheet is too large");
        JpegEncoder::new_with_quality(&mut bytes, quality)
            .encode(&self.values, side(self.width)?, side(self.height)?, color)
            .context("cannot encode a JPEG")?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: usize, pixels: Vec<u8>) -> Picture {
        Picture {
            width,
            height: pixels.len() / width,
            channels: 1,
            pixels,
            negative: false,
        }
    }

    #[test]
    fn a_small_sheet_keeps_every_value() {
        let pictures = [[1, 2], [3, 4], [5, 6]].map(|pixels| grey(2, pixels.into()));
        let sheet = Sheet::new(&pictures, 2).unwrap();
        assert_eq!(sheet.media_type, "image/png");
        let decoded = image::load_from_memory(&sheet.bytes).unwrap().into_luma8();
        assert_eq!(decoded.dimensions(), (4, 2));
        assert_eq!(decoded.into_raw(), [1, 2, 3, 4, 5, 6, 0, 0]);
    }

    /// A checked cloth in many greys, which no lossless format makes small.
    #[test]
    fn a_large_sheet_is_the_best_jpeg_that_is_small_enough() {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 27) as u8
        };
        let picture = |index: usize| {
            let values = (0..64 * 64).map(|at| {
                let (x, y) = (at % 64, at / 64);
                ((x / 9 + y / 7 + index) % 7 * 30) as u8 + noise()
            });
            grey(64, values.collect())
        };
        let pictures: Vec<Picture> = (0..1_024).map(picture).collect();
        let sheet = Sheet::new(&pictures, 32).unwrap();
        assert_eq!(sheet.media_type, "image/jpeg");
        assert!((MAX_BYTES / 2..=MAX_BYTES).contains(&sheet.bytes.len()));
        let decoded = image::load_from_memory(&sheet.bytes).unwrap().into_luma8();
        let expected = Pixels::of(&pictures, 32).values;
        let differences = decoded.as_raw().iter().zip(&expected);
        let sum: u64 = differences.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(sum / (expected.len() as u64) < 16, "{sum}");
    }
}
