//! Crops of an image with a frame of zeros.

use pipelines::spec::dataset_info::ImageShape;

/// Row and column of the crop of an image with a frame of `padding` pixels, counted from the image's own
/// first row and column; `unit` gives numbers in 0..1, first that of the row.
pub fn draw(padding: u32, mut unit: impl FnMut() -> f64) -> [i32; 2] {
    let places = f64::from(2 * padding + 1);
    let mut first = || (places * unit()) as i32 - padding as i32;
    [first(), first()]
}

/// Writes the part of `image`, (H, W, C), whose first pixel is at row `y` and column `x` of it, as large as
/// the image itself; zeros where that is outside. With a padding p and x and y from -p to p:
/// `torchvision.transforms.RandomCrop(size, padding=p)`.
pub fn crop(shape: ImageShape, [y, x]: [i32; 2], image: &[u8], cropped: &mut [u8]) {
    let (channels, row_bytes) = (shape.channels, shape.width * shape.channels);
    let inside = |first: i32, side: usize| {
        // Positions of the crop that lie inside the image.
        let from = (-i64::from(first)).clamp(0, side as i64);
        let to = (side as i64 - i64::from(first)).clamp(from, side as i64);
        from as usize..to as usize
    };
    let (rows, columns) = (inside(y, shape.height), inside(x, shape.width));
    cropped.fill(0);
    for row in rows {
        let from_row = (row as i64 + i64::from(y)) as usize;
        let from_column = (columns.start as i64 + i64::from(x)) as usize;
        let from = from_row * row_bytes + from_column * channels;
        let to = row * row_bytes + columns.start * channels;
        let len = columns.len() * channels;
        cropped[to..to + len].copy_from_slice(&image[from..from + len]);
    }
}
