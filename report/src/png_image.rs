//! Grey images as PNG.

use anyhow::{Context, Result};

/// Encodes `pixels` (height x width, row-major, 0 = black) as an 8-bit grey PNG.
///
/// # Errors
/// A size that is not that of the pixels.
pub fn encode(width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>> {
    let side = |length: usize| u32::try_from(length).context("the image is too large");
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side(width)?, side(height)?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().context("cannot encode a PNG")?;
    writer
        .write_image_data(pixels)
        .context("cannot encode a PNG")?;
    writer.finish().context("cannot encode a PNG")?;
    Ok(bytes)
}

/// `image` as printed on paper: dark where its values are high.
pub fn negative(image: &[u8]) -> Vec<u8> {
    image.iter().map(|value| 255 - value).collect()
}

/// `image` (side x side) with every pixel `factor` pixels wide and high.
pub fn enlarged(image: &[u8], side: usize, factor: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(image.len() * factor * factor);
    for row in image.chunks_exact(side) {
        for _ in 0..factor {
            pixels.extend(
                row.iter()
                    .flat_map(|value| std::iter::repeat_n(*value, factor)),
            );
        }
    }
    pixels
}
