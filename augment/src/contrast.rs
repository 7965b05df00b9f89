//! Contrast about the mean of each channel of an image.

/// Keras's `RandomContrast` with a value range of 0 to 255 and the factor given, on `pixels`
/// (H, W, C): `(x - mean) * factor + mean`, clipped, with the mean of the pixel's channel.
pub fn adjust(pixels: &mut [f32], channels: usize, factor: f32) {
    for channel in 0..channels {
        let values = pixels.iter().skip(channel).step_by(channels);
        let count = values.len();
        let sum: f64 = values.map(|&pixel| f64::from(pixel)).sum();
        let mean = (sum / count as f64) as f32;
        for pixel in pixels.iter_mut().skip(channel).step_by(channels) {
            *pixel = ((*pixel - mean) * factor + mean).clamp(0.0, 255.0);
        }
    }
}
