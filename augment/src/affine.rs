//! Rotation, shift, shear and zoom as one warp.
//!
//! The composition is that of Keras 3 (`apply_affine_transform` in
//! `keras/src/legacy/preprocessing/image.py`), the interpolation that of
//! `scipy.ndimage.affine_transform` with `order=1, mode="nearest"`.

use pipelines::tables::images::{IMAGE_BYTES, IMAGE_SIDE};

/// Parameters in Keras's meaning: they map a pixel of the result to the place in the original that
/// is sampled, so that factors above 1 shrink what is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AffineParameters {
    /// Angle in degrees.
    pub rotation_deg: f64,
    /// `tx` in pixels. Keras draws it from `height_shift_range`, but exchanges x and y afterwards:
    /// it moves images sideways.
    pub tx_px: f64,
    /// `ty` in pixels: moves images up and down.
    pub ty_px: f64,
    /// Shear angle in degrees.
    pub shear_deg: f64,
    /// Zoom factor across.
    pub zx_factor: f64,
    /// Zoom factor down.
    pub zy_factor: f64,
}

impl AffineParameters {
    /// What leaves every image as it is.
    pub const IDENTITY: Self = Self {
        rotation_deg: 0.0,
        tx_px: 0.0,
        ty_px: 0.0,
        shear_deg: 0.0,
        zx_factor: 1.0,
        zy_factor: 1.0,
    };
}

/// Bits after the point of a fixed-point coordinate.
const FRACTION_BITS: u32 = 32;
/// Largest coordinate that is inside an image.
const LAST: i64 = (IMAGE_SIDE as i64 - 1) << FRACTION_BITS;
/// Bytes from one row to the next in the padded original.
const STRIDE: usize = 32;

/// An affine map from pixels of the result to places in the original, coordinates in fixed point:
/// adding a step a pixel is exact, so that whole-pixel maps give whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affine {
    /// Step in the original (down, across) for one pixel down in the result.
    down: [i64; 2],
    /// Step in the original (down, across) for one pixel across in the result.
    across: [i64; 2],
    /// Place in the original (down, across) of the result's first pixel.
    origin: [i64; 2],
}

impl Affine {
    /// The map R T Sh Z about the image's centre, then x and y exchanged.
    pub fn new(parameters: &AffineParameters) -> Self {
        let (sin, cos) = parameters.rotation_deg.to_radians().sin_cos();
        let (shear_sin, shear_cos) = parameters.shear_deg.to_radians().sin_cos();
        let AffineParameters {
            tx_px,
            ty_px,
            zx_factor: zx,
            zy_factor: zy,
            ..
        } = *parameters;
        // R = [c -s; s c], Sh = [1 -sin; 0 cos], Z = diag(zx, zy): in Keras's x and y.
        let x_by_x = cos * zx;
        let x_by_y = (-cos * shear_sin - sin * shear_cos) * zy;
        let y_by_x = sin * zx;
        let y_by_y = (-sin * shear_sin + cos * shear_cos) * zy;
        let shift_x = cos * tx_px - sin * ty_px;
        let shift_y = sin * tx_px + cos * ty_px;
        let centre = (IMAGE_SIDE as f64 - 1.0) / 2.0;
        let origin_x = shift_x + centre - (x_by_x + x_by_y) * centre;
        let origin_y = shift_y + centre - (y_by_x + y_by_y) * centre;
        // The exchange: x runs across, y down.
        Self {
            down: [y_by_y, x_by_y].map(fixed),
            across: [y_by_x, x_by_x].map(fixed),
            origin: [origin_y, origin_x].map(fixed),
        }
    }

    /// The warped `image`, both (28, 28), row-major, 0 to 255: bilinear, places outside taken to
    /// the nearest pixel of the edge.
    pub fn warp(&self, image: &[u8], warped: &mut [f32; IMAGE_BYTES]) {
        let original = padded(image);
        let mut row_start = self.origin;
        for row in warped.as_chunks_mut::<IMAGE_SIDE>().0 {
            let mut place = row_start;
            for pixel in row {
                *pixel = sample(&original, place);
                place = add(place, self.across);
            }
            row_start = add(row_start, self.down);
        }
    }
}

/// A coordinate in fixed point.
fn fixed(coordinate: f64) -> i64 {
    (coordinate * (1u64 << FRACTION_BITS) as f64).round() as i64
}

fn add([a, b]: [i64; 2], [c, d]: [i64; 2]) -> [i64; 2] {
    [a + c, b + d]
}

/// The image with a row and columns more, which interpolation at the last row and column touches
/// with weight 0.
fn padded(image: &[u8]) -> [u8; STRIDE * STRIDE] {
    let mut padded = [0; STRIDE * STRIDE];
    for (padded, row) in padded
        .chunks_exact_mut(STRIDE)
        .zip(image.chunks_exact(IMAGE_SIDE))
    {
        padded[..IMAGE_SIDE].copy_from_slice(row);
    }
    padded
}

/// Bilinear interpolation at `place`.
#[inline]
fn sample(original: &[u8; STRIDE * STRIDE], place: [i64; 2]) -> f32 {
    let [y, x] = place.map(|coordinate| coordinate.clamp(0, LAST));
    let corner = (y >> FRACTION_BITS) as usize * STRIDE + (x >> FRACTION_BITS) as usize;
    // Always true after clamping; said so that no bound is checked below.
    let corner = corner.min(STRIDE * STRIDE - STRIDE - 2);
    let at = |offset: usize| f32::from(original[corner + offset]);
    let (down, across) = (fraction(y), fraction(x));
    let upper = at(0) + (at(1) - at(0)) * across;
    let lower = at(STRIDE) + (at(STRIDE + 1) - at(STRIDE)) * across;
    upper + (lower - upper) * down
}

/// The part after the point, in 0..1, to the 24 bits that a float holds.
#[inline]
fn fraction(coordinate: i64) -> f32 {
    const UNIT: f32 = 1.0 / (1u32 << 24) as f32;
    (coordinate as u32 >> 8) as i32 as f32 * UNIT
}
