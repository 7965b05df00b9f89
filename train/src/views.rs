//! Views of a test image over which logits are averaged.

use pipelines::spec::TestTimeViews;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::tables::images::Images;

use crate::batches::Batch;
use crate::normalization::Normalization;

/// An image, perhaps mirrored and then shifted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Whether left and right are exchanged.
    mirrored: bool,
    /// Pixels (down, to the right); zeros come in from outside.
    shift_px: [isize; 2],
    /// Of the view's logits in the mean; those of all views add up to 1.
    pub share: f32,
}

impl View {
    const fn new(mirrored: bool, shift_px: [isize; 2], share: f32) -> Self {
        Self {
            mirrored,
            shift_px,
            share,
        }
    }
}

/// The views of `views`, the image itself first.
pub fn of(views: TestTimeViews) -> &'static [View] {
    const SINGLE: &[View] = &[View::new(false, [0, 0], 1.0)];
    const MIRROR: &[View] = &[View::new(false, [0, 0], 0.5), View::new(true, [0, 0], 0.5)];
    const MIRROR_AND_SHIFTS: &[View] = &[
        View::new(false, [0, 0], 0.25),
        View::new(true, [0, 0], 0.25),
        View::new(false, [-1, -1], 0.125),
        View::new(true, [-1, -1], 0.125),
        View::new(false, [1, 1], 0.125),
        View::new(true, [1, 1], 0.125),
    ];
    match views {
        TestTimeViews::Single => SINGLE,
        TestTimeViews::Mirror => MIRROR,
        TestTimeViews::MirrorAndShifts => MIRROR_AND_SHIFTS,
    }
}

/// The images of `rows` in `view`.
pub fn gather(images: &Images, rows: &[u32], view: &View, normalization: &Normalization) -> Batch {
    let shape = images.info.shape;
    let mut seen = vec![0; shape.len()];
    let mut pixels = vec![0.0; rows.len() * shape.len()];
    for (pixels, &row) in pixels.chunks_exact_mut(shape.len()).zip(rows) {
        see(view, shape, images.image(row as usize), &mut seen);
        normalization.apply(&seen, pixels);
    }
    Batch {
        pixels,
        labels: rows
            .iter()
            .map(|&row| images.labels[row as usize])
            .collect(),
    }
}

/// Writes `view` of `image`, both (H, W, C).
fn see(view: &View, shape: ImageShape, image: &[u8], seen: &mut [u8]) {
    let ImageShape {
        height,
        width,
        channels,
    } = shape;
    let [down, right] = view.shift_px;
    seen.fill(0);
    for row in 0..height {
        let Some(from_row) = row.checked_add_signed(-down).filter(|row| *row < height) else {
            continue;
        };
        for column in 0..width {
            let from_column = column.checked_add_signed(-right);
            let Some(from_column) = from_column.filter(|column| *column < width) else {
                continue;
            };
            let from_column = match view.mirrored {
                true => width - 1 - from_column,
                false => from_column,
            };
            let from = (from_row * width + from_column) * channels;
            let to = (row * width + column) * channels;
            seen[to..to + channels].copy_from_slice(&image[from..from + channels]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rows of three pixels of two values.
    const SHAPE: ImageShape = ImageShape::new(2, 3, 2);
    const IMAGE: [u8; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

    fn seen(view: View) -> [u8; 12] {
        let mut seen = [99; 12];
        see(&view, SHAPE, &IMAGE, &mut seen);
        seen
    }

    #[test]
    fn a_mirror_image_keeps_the_channels_of_a_pixel_together() {
        assert_eq!(seen(View::new(false, [0, 0], 1.0)), IMAGE);
        let expected = [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8];
        assert_eq!(seen(View::new(true, [0, 0], 1.0)), expected);
    }

    #[test]
    fn a_shift_brings_zeros_in_from_outside() {
        let expected = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
        assert_eq!(seen(View::new(false, [1, 1], 1.0)), expected);
        let expected = [9, 10, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(seen(View::new(true, [-1, -1], 1.0)), expected);
    }

    #[test]
    fn the_shares_of_all_views_add_up_to_one() {
        for (views, count) in [
            (TestTimeViews::Single, 1),
            (TestTimeViews::Mirror, 2),
            (TestTimeViews::MirrorAndShifts, 6),
        ] {
            assert_eq!(of(views).len(), count);
            assert_eq!(of(views).iter().map(|view| view.share).sum::<f32>(), 1.0);
        }
    }
}
