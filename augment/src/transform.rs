//! One image with one set of drawn parameters.

use pipelines::spec::dataset_info::ImageShape;

use crate::affine::{Affine, AffineParameters, Warper};
use crate::contrast;
use crate::crop::crop;
use crate::draw::Draw;
use crate::erasing::erase;

/// Transforms images of one shape, with memory that is used again.
#[derive(Clone, Debug)]
pub struct Transformer {
    shape: ImageShape,
    warper: Warper,
    /// The image between its warp and the rounding.
    pixels: Vec<f32>,
    /// The image before it is cropped.
    uncropped: Vec<u8>,
}

impl Transformer {
    /// For images of `shape`.
    pub fn new(shape: ImageShape) -> Self {
        Self {
            shape,
            warper: Warper::new(shape),
            pixels: vec![0.0; shape.len()],
            uncropped: vec![0; shape.len()],
        }
    }

    /// Warps, mirrors and adjusts `image`, (H, W, C), in this order, rounds once, then crops and erases.
    pub fn apply(&mut self, draw: &Draw, image: &[u8], transformed: &mut [u8]) {
        self.adjust(draw, image, transformed);
        let first = [draw.crop_y_px, draw.crop_x_px];
        if first != [0, 0] {
            self.uncropped.copy_from_slice(transformed);
            crop(self.shape, first, &self.uncropped, transformed);
        }
        if let Some(rectangle) = draw.erased {
            erase(rectangle, draw.noise, self.shape, transformed);
        }
    }

    fn adjust(&mut self, draw: &Draw, image: &[u8], transformed: &mut [u8]) {
        let affine = draw.affine_parameters();
        if affine == AffineParameters::IDENTITY && draw.contrast_factor == 1.0 {
            transformed.copy_from_slice(image);
            if draw.flipped {
                flip(transformed, self.shape);
            }
            return;
        }
        let affine = Affine::new(&affine, self.shape);
        self.warper.warp(&affine, image, &mut self.pixels);
        if draw.flipped {
            flip(&mut self.pixels, self.shape);
        }
        if draw.contrast_factor != 1.0 {
            contrast::adjust(&mut self.pixels, self.shape.channels, draw.contrast_factor);
        }
        for (byte, pixel) in transformed.iter_mut().zip(&self.pixels) {
            // Not negative, so that adding a half and cutting is rounding.
            *byte = (pixel + 0.5) as i32 as u8;
        }
    }
}

/// The mirror image, left for right.
fn flip<T>(pixels: &mut [T], shape: ImageShape) {
    for row in pixels.chunks_exact_mut(shape.width * shape.channels) {
        row.reverse();
        // The pixels are in place, and the channels of each are the wrong way round.
        for pixel in row.chunks_exact_mut(shape.channels) {
            pixel.reverse();
        }
    }
}
