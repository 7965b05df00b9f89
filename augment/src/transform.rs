//! One image under one draw.

use pipelines::tables::images::{IMAGE_BYTES, IMAGE_SIDE};

use crate::affine::{Affine, AffineParameters};
use crate::contrast;
use crate::draw::Draw;

/// Warps, mirrors and adjusts `image`, (28, 28), in this order, and rounds once, at the end.
pub fn apply(draw: &Draw, image: &[u8], transformed: &mut [u8]) {
    let affine = draw.affine_parameters();
    if affine == AffineParameters::IDENTITY && draw.contrast_factor == 1.0 {
        transformed.copy_from_slice(image);
        if draw.flipped {
            flip(transformed);
        }
        return;
    }
    let mut pixels = [0.0; IMAGE_BYTES];
    Affine::new(&affine).warp(image, &mut pixels);
    if draw.flipped {
        flip(&mut pixels);
    }
    if draw.contrast_factor != 1.0 {
        contrast::adjust(&mut pixels, draw.contrast_factor);
    }
    for (byte, pixel) in transformed.iter_mut().zip(pixels) {
        // Not negative, so that adding a half and cutting is rounding.
        *byte = (pixel + 0.5) as i32 as u8;
    }
}

/// The mirror image, left for right.
fn flip<T>(pixels: &mut [T]) {
    for row in pixels.chunks_exact_mut(IMAGE_SIDE) {
        row.reverse();
    }
}
