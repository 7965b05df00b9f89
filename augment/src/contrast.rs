//! Contrast about an image's own mean.

/// Keras's `RandomContrast` with a value range of 0 to 255 and the factor given:
/// `(x - mean) * factor + mean`, clipped.
pub fn adjust(pixels: &mut [f32], factor: f32) {
    let sum: f64 = pixels.iter().map(|&pixel| f64::from(pixel)).sum();
    let mean = (sum / pixels.len() as f64) as f32;
    for pixel in pixels {
        *pixel = ((*pixel - mean) * factor + mean).clamp(0.0, 255.0);
    }
}
