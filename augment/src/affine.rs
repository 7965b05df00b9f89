//! Rotation, shift, shear and zoom as one warp.
//!
//! The composition is that of Keras 3 (`apply_affine_transform` in
//! `keras/src/legacy/preprocessing/image.py`), the interpolation that of
//! `scipy.ndimage.affine_transform` with `order=1, mode="nearest"`.

use pipelines::spec::dataset_info::ImageShape;

/// Parameters in Keras's meaning: they map a pixel of the result to the position in the
/// original that is sampled, so that factors above 1 shrink the picture.
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
    /// The parameters that leave every image as it is.
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

/// An affine map from pixels of the result to positions in the original, coordinates in fixed point:
/// adding a step a pixel is exact, so that whole-pixel maps give whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affine {
    /// Step in the original (down, across) for one pixel down in the result.
    down: [i64; 2],
    /// Step in the original (down, across) for one pixel across in the result.
    across: [i64; 2],
    /// Position in the original (down, across) of the result's first pixel.
    origin: [i64; 2],
}

impl Affine {
    /// The map R T Sh Z about the centre of images of `shape`, then x and y exchanged.
    ///
    /// Keras takes the centre before the exchange, which puts it off the middle of images that are
    /// not square; here it is always the middle.
    pub fn new(parameters: &AffineParameters, shape: ImageShape) -> Self {
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
        let [centre_x, centre_y] =
            [shape.width, shape.height].map(|side| (side as f64 - 1.0) / 2.0);
        let origin_x = shift_x + centre_x - (x_by_x * centre_x + x_by_y * centre_y);
        let origin_y = shift_y + centre_y - (y_by_x * centre_x + y_by_y * centre_y);
        // The exchange: x runs across, y down.
        Self {
            down: [y_by_y, x_by_y].map(fixed),
            across: [y_by_x, x_by_x].map(fixed),
            origin: [origin_y, origin_x].map(fixed),
        }
    }
}

/// Warps images of one shape, with memory that is used again.
#[derive(Clone, Debug)]
pub struct Warper {
    shape: ImageShape,
    /// The original with a row and a column more, which interpolation at the last row and column
    /// touches with weight 0.
    padded: Vec<u8>,
}

impl Warper {
    /// For images of `shape`.
    pub fn new(shape: ImageShape) -> Self {
        let padded = (shape.height + 1) * (shape.width + 1) * shape.channels;
        Self {
            shape,
            padded: vec![0; padded],
        }
    }

    /// The warped `image`, both (H, W, C), row-major, 0 to 255: bilinear, positions outside taken to
    /// the nearest pixel of the edge. All channels are warped in the same way.
    pub fn warp(&mut self, affine: &Affine, image: &[u8], warped: &mut [f32]) {
        match self.shape.channels {
            1 => self.warp_channels::<1>(affine, image, warped),
            2 => self.warp_channels::<2>(affine, image, warped),
            3 => self.warp_channels::<3>(affine, image, warped),
            _ => self.warp_channels::<4>(affine, image, warped),
        }
    }

    fn warp_channels<const C: usize>(&mut self, affine: &Affine, image: &[u8], warped: &mut [f32]) {
        let row_bytes = self.shape.width * C;
        let stride = row_bytes + C;
        for (padded, row) in self
            .padded
            .chunks_exact_mut(stride)
            .zip(image.chunks_exact(row_bytes))
        {
            padded[..row_bytes].copy_from_slice(row);
        }
        let last =
            [self.shape.height, self.shape.width].map(|side| (side as i64 - 1) << FRACTION_BITS);
        let mut row_start = affine.origin;
        for row in warped.chunks_exact_mut(row_bytes) {
            let mut position = row_start;
            for pixel in row.as_chunks_mut::<C>().0 {
                *pixel = sample::<C>(&self.padded, stride, last, position);
                position = add(position, affine.across);
            }
            row_start = add(row_start, affine.down);
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

/// Bilinear interpolation at `position`, with `stride` bytes from one row to the next; `last` is the
/// largest position that is inside.
#[inline]
fn sample<const C: usize>(
    padded: &[u8],
    stride: usize,
    last: [i64; 2],
    position: [i64; 2],
) -> [f32; C] {
    let y = position[0].clamp(0, last[0]);
    let x = position[1].clamp(0, last[1]);
    let corner = (y >> FRACTION_BITS) as usize * stride + (x >> FRACTION_BITS) as usize * C;
    let upper = &padded[corner..corner + 2 * C];
    let lower = &padded[corner + stride..corner + stride + 2 * C];
    let (down, across) = (fraction(y), fraction(x));
    let between = |row: &[u8], channel: usize| {
        let [left, right] = [row[channel], row[C + channel]].map(f32::from);
        left + (right - left) * across
    };
    std::array::from_fn(|channel| {
        let (upper, lower) = (between(upper, channel), between(lower, channel));
        upper + (lower - upper) * down
    })
}

/// The part after the point, in 0..1, to the 24 bits that a float holds.
#[inline]
fn fraction(coordinate: i64) -> f32 {
    const UNIT: f32 = 1.0 / (1u32 << 24) as f32;
    (coordinate as u32 >> 8) as i32 as f32 * UNIT
}
