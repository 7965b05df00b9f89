//! Rectangles that are erased.

use pipelines::random::Streams;
use pipelines::spec::RandomErasing;
use pipelines::spec::dataset_info::ImageShape;
use rand::RngExt;

/// How often a rectangle is drawn that does not lie inside the image, as in torchvision.
const ATTEMPTS: usize = 10;

/// A part of an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns, at least 1 and fewer than the image has.
    pub width: usize,
    /// Rows, at least 1 and fewer than the image has.
    pub height: usize,
}

/// What is erased of an image of `shape`: `RandomErasing.get_params` of torchvision 0.29, after the
/// number that decides whether anything is. `unit` gives numbers in 0..1, in the order decision, then for
/// each attempt area and aspect ratio, then row and column. A rectangle of no pixels erases nothing.
pub fn draw(
    erasing: &RandomErasing,
    shape: ImageShape,
    mut unit: impl FnMut() -> f64,
) -> Option<Rectangle> {
    if unit() >= erasing.probability {
        return None;
    }
    let area = (shape.height * shape.width) as f64;
    let [least_ratio, most_ratio] = erasing.aspect_ratio.map(f64::ln);
    let [least_share, most_share] = erasing.area_fraction;
    for _ in 0..ATTEMPTS {
        let erased = area * (least_share + (most_share - least_share) * unit());
        let ratio = (least_ratio + (most_ratio - least_ratio) * unit()).exp();
        // Python rounds halves to even.
        let [height, width] = [erased * ratio, erased / ratio]
            .map(|squared| squared.sqrt().round_ties_even() as usize);
        if height < shape.height && width < shape.width {
            let mut first = |free: usize| ((free + 1) as f64 * unit()) as usize;
            let y = first(shape.height - height);
            let x = first(shape.width - width);
            return (height > 0 && width > 0).then_some(Rectangle {
                x,
                y,
                width,
                height,
            });
        }
    }
    None
}

/// Makes the rectangle of `image`, (H, W, C), black, or fills it with values from 0 to 255 that `noise`
/// is the seed of.
pub fn erase(rectangle: Rectangle, noise: Option<u64>, shape: ImageShape, image: &mut [u8]) {
    let mut generator = noise.map(|seed| Streams::new(seed, "erasing", 0).id(0));
    let row_bytes = shape.width * shape.channels;
    let columns = rectangle.x * shape.channels..(rectangle.x + rectangle.width) * shape.channels;
    let rows = image.chunks_exact_mut(row_bytes);
    for row in rows.skip(rectangle.y).take(rectangle.height) {
        for value in &mut row[columns.clone()] {
            *value = generator.as_mut().map_or(0, |generator| generator.random());
        }
    }
}
