//! An image as lines of text.

use std::fmt::Write;

use crate::spec::dataset_info::ImageShape;

/// How pixels are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Two pixels in a character, one above the other, in their own colours: for terminals.
    HalfBlocks,
    /// The mean brightness of two pixels as a character: for everything else.
    Characters,
}

/// Images that are wider are drawn smaller, so that one fits into a terminal.
const MAX_COLUMNS: usize = 78;
/// From black to white.
const RAMP: &[u8; 10] = b" .:-=+*#%@";

/// Red, green and blue, 0 to 255.
type Colour = [u8; 3];

/// Columns of an image of `shape` as [`lines`] draws it.
pub fn columns(shape: ImageShape) -> usize {
    shape.width.div_ceil(reduction(shape))
}

/// Lines of an image of `shape` as [`lines`] draws it.
pub fn line_count(shape: ImageShape) -> usize {
    shape.height.div_ceil(reduction(shape)).div_ceil(2)
}

/// Draws `image`, (H, W, C) of `shape`, two rows of pixels in a line: one channel as grey, three as
/// red, green and blue; a second or fourth channel is opacity and is not drawn.
pub fn lines(image: &[u8], shape: ImageShape, style: Style) -> Vec<String> {
    let pixels = reduced(image, shape);
    let rows: Vec<_> = pixels.chunks_exact(columns(shape)).collect();
    rows.chunks(2)
        .map(|rows| {
            let mut line = String::new();
            for (column, &upper) in rows[0].iter().enumerate() {
                let lower = rows.get(1).map(|row| row[column]);
                match style {
                    Style::HalfBlocks => push_half_block(&mut line, upper, lower),
                    Style::Characters => {
                        let lower = lower.unwrap_or(upper);
                        let mean = usize::from(brightness(upper).midpoint(brightness(lower)));
                        line.push(char::from(RAMP[mean * RAMP.len() / 256]));
                    }
                }
            }
            if style == Style::HalfBlocks {
                line.push_str("\x1b[0m");
            }
            line
        })
        .collect()
}

/// Pixels of the image along each side that become one.
fn reduction(shape: ImageShape) -> usize {
    shape.width.div_ceil(MAX_COLUMNS)
}

/// The colours that are drawn: means of squares of `reduction` pixels a side, cut off at the edges.
fn reduced(image: &[u8], shape: ImageShape) -> Vec<Colour> {
    let side = reduction(shape);
    let colour = |row: usize, column: usize| {
        let pixel = &image[(row * shape.width + column) * shape.channels..][..shape.channels];
        match *pixel {
            [red, green, blue, ..] => [red, green, blue],
            _ => [pixel[0]; 3],
        }
    };
    let mut colours = Vec::new();
    for top in (0..shape.height).step_by(side) {
        for left in (0..shape.width).step_by(side) {
            let rows = top..(top + side).min(shape.height);
            let columns = left..(left + side).min(shape.width);
            let count = rows.len() * columns.len();
            let mut sums = [0; 3];
            for row in rows {
                for column in columns.clone() {
                    for (sum, value) in sums.iter_mut().zip(colour(row, column)) {
                        *sum += usize::from(value);
                    }
                }
            }
            colours.push(sums.map(|sum| (sum / count) as u8));
        }
    }
    colours
}

/// Luma of ITU-R BT.601, 0 to 255; of a grey exactly its value.
fn brightness([red, green, blue]: Colour) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    ((299 * red + 587 * green + 114 * blue) / 1000) as u8
}

/// The upper half of the character in its own colour, the lower in that of its background.
fn push_half_block(line: &mut String, [red, green, blue]: Colour, lower: Option<Colour>) {
    // Writing to a text cannot fail.
    let _ = write!(line, "\x1b[38;2;{red};{green};{blue}m");
    let _ = match lower {
        Some([red, green, blue]) => write!(line, "\x1b[48;2;{red};{green};{blue}m"),
        None => write!(line, "\x1b[49m"),
    };
    line.push('▀');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_of_pixels_are_one_line() {
        let image = [255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let lines = lines(&image, ImageShape::new(4, 3, 1), Style::Characters);
        assert_eq!(lines, ["===", "   "]);
    }

    #[test]
    fn the_last_of_an_odd_number_of_rows_is_a_line_of_its_own() {
        let shape = ImageShape::new(3, 1, 1);
        assert_eq!(lines(&[0, 0, 255], shape, Style::Characters), [" ", "@"]);
        assert_eq!(line_count(shape), 2);
        let drawn = lines(&[0, 0, 255], shape, Style::HalfBlocks);
        assert_eq!(drawn[1], "\x1b[38;2;255;255;255m\x1b[49m▀\x1b[0m");
    }

    #[test]
    fn half_blocks_show_every_pixel_in_its_own_colour() {
        let grey = lines(&[200, 7], ImageShape::new(2, 1, 1), Style::HalfBlocks);
        let expected = "\x1b[38;2;200;200;200m\x1b[48;2;7;7;7m▀\x1b[0m";
        assert_eq!(grey, [expected]);
        let colours = [1, 2, 3, 99, 4, 5, 6, 99];
        let colour = lines(&colours, ImageShape::new(2, 1, 4), Style::HalfBlocks);
        assert_eq!(colour, ["\x1b[38;2;1;2;3m\x1b[48;2;4;5;6m▀\x1b[0m"]);
    }

    #[test]
    fn green_is_brighter_than_blue() {
        let drawn = |pixel: [u8; 3]| lines(&pixel, ImageShape::new(1, 1, 3), Style::Characters);
        assert_eq!(drawn([0, 255, 0]), ["+"]);
        assert_eq!(drawn([0, 0, 255]), ["."]);
    }

    #[test]
    fn a_wide_image_is_drawn_smaller() {
        let shape = ImageShape::new(3, 512, 1);
        let mut image = vec![0; shape.len()];
        image[..7].fill(255);
        let drawn = lines(&image, shape, Style::Characters);
        assert_eq!((drawn.len(), columns(shape)), (line_count(shape), 74));
        // A third of the first square is white: 85 of 255.
        assert_eq!(drawn[0], format!("-{}", " ".repeat(73)));
    }
}
