//! Images of a data set as they are shown: grey or colour, scaled, as PNG.

use anyhow::{Context, Result};
use pipelines::spec::dataset_info::ImageShape;

/// An opaque image with one (grey) or three (colour) channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1 or 3.
    pub channels: usize,
    /// (H, W, C), row by row, 0 = black.
    pub pixels: Vec<u8>,
    /// Whether it was inverted to be printed dark on light; a dark page inverts it again.
    pub negative: bool,
}

impl Picture {
    /// The image of `shape`, (H, W, C). One channel is grey and three are red, green and blue. With
    /// two and four channels the last is opacity, and the image is laid on white.
    pub fn new(shape: ImageShape, image: &[u8]) -> Self {
        let channels = if shape.channels >= 3 { 3 } else { 1 };
        let opaque = shape.channels == channels;
        let pixels = if opaque {
            image.to_vec()
        } else {
            image
                .chunks_exact(shape.channels)
                .flat_map(|pixel| {
                    let opacity = u32::from(pixel[channels]);
                    pixel[..channels].iter().map(move |value| {
                        ((u32::from(*value) * opacity + 255 * (255 - opacity) + 127) / 255) as u8
                    })
                })
                .collect()
        };
        Self {
            width: shape.width,
            height: shape.height,
            channels,
            pixels,
            negative: false,
        }
    }

    /// As printed on paper: dark where its values are high.
    pub fn inverted(mut self) -> Self {
        for value in &mut self.pixels {
            *value = 255 - *value;
        }
        self.negative = !self.negative;
        self
    }

    /// The picture with no side above `max_side` pixels; a smaller one stays as it is. A pixel is the
    /// mean of those that it stands for.
    pub fn shrunk(&self, max_side: usize) -> Self {
        let longest = self.width.max(self.height);
        if longest <= max_side {
            return self.clone();
        }
        let scaled = |side: usize| (side * max_side / longest).max(1);
        let (width, height) = (scaled(self.width), scaled(self.height));
        let mut pixels = Vec::with_capacity(width * height * self.channels);
        for y in 0..height {
            let rows = y * self.height / height..((y + 1) * self.height).div_ceil(height);
            for x in 0..width {
                let columns = x * self.width / width..((x + 1) * self.width).div_ceil(width);
                for channel in 0..self.channels {
                    let sum: usize = rows
                        .clone()
                        .flat_map(|row| columns.clone().map(move |column| (row, column)))
                        .map(|(row, column)| {
                            let place = (row * self.width + column) * self.channels + channel;
                            usize::from(self.pixels[place])
                        })
                        .sum();
                    let count = rows.len() * columns.len();
                    pixels.push(((sum + count / 2) / count) as u8);
                }
            }
        }
        Self {
            width,
            height,
            pixels,
            ..self.clone()
        }
    }

    /// Every pixel `factor` pixels wide and high.
    pub fn enlarged(&self, factor: usize) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len() * factor * factor);
        for row in self.pixels.chunks_exact(self.width * self.channels) {
            for _ in 0..factor {
                for pixel in row.chunks_exact(self.channels) {
                    for _ in 0..factor {
                        pixels.extend_from_slice(pixel);
                    }
                }
            }
        }
        Self {
            width: self.width * factor,
            height: self.height * factor,
            pixels,
            ..self.clone()
        }
    }

    /// An 8-bit PNG.
    ///
    /// # Errors
    /// A size that is not that of the pixels.
    pub fn png(&self) -> Result<Vec<u8>> {
        let color = match self.channels {
            1 => png::ColorType::Grayscale,
            _ => png::ColorType::Rgb,
        };
        encode(self.width, self.height, color, &self.pixels)
    }
}

/// Encodes samples of 8 bits.
///
/// # Errors
/// A size that is not that of the bytes.
pub fn encode(width: usize, height: usize, color: png::ColorType, bytes: &[u8]) -> Result<Vec<u8>> {
    let side = |length: usize| u32::try_from(length).context("the image is too large");
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side(width)?, side(height)?);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().context("cannot encode a PNG")?;
    writer
        .write_image_data(bytes)
        .context("cannot encode a PNG")?;
    writer.finish().context("cannot encode a PNG")?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparent_images_are_laid_on_white() {
        let grey = Picture::new(ImageShape::new(1, 2, 2), &[10, 255, 10, 0]);
        assert_eq!((grey.channels, grey.pixels), (1, vec![10, 255]));
        let color = Picture::new(ImageShape::new(1, 1, 4), &[200, 100, 0, 255]);
        assert_eq!((color.channels, color.pixels), (3, vec![200, 100, 0]));
    }

    #[test]
    fn large_images_shrink_to_means_and_keep_their_proportions() {
        let picture = Picture::new(ImageShape::new(2, 4, 1), &[0, 2, 10, 10, 4, 6, 10, 10]);
        let small = picture.shrunk(2);
        assert_eq!((small.width, small.height), (2, 1));
        assert_eq!(small.pixels, [3, 10]);
        assert_eq!(picture.shrunk(4), picture);
        let thin = Picture::new(ImageShape::new(512, 1, 3), &[7; 512 * 3]).shrunk(64);
        assert_eq!((thin.width, thin.height, thin.pixels.len()), (1, 64, 192));
    }

    #[test]
    fn every_pixel_becomes_a_square() {
        let picture = Picture::new(ImageShape::new(1, 2, 1), &[1, 2]).enlarged(2);
        assert_eq!(picture.pixels, [1, 1, 2, 2, 1, 1, 2, 2]);
        assert!(picture.png().unwrap().starts_with(b"\x89PNG"));
    }
}
