//! An image in the letters of a terminal.

use std::fmt::Write;

use pipelines::tables::images::IMAGE_SIDE;

/// How pixels are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Two pixels in a letter, one above the other, in shades of grey: for terminals.
    HalfBlocks,
    /// The mean of two pixels as a letter of its darkness: for everything else.
    Characters,
}

/// From black to white.
const RAMP: &[u8; 10] = b" .:-=+*#%@";

/// 14 lines, each as wide as 28 letters, of a (28, 28) image.
pub fn lines(image: &[u8], style: Style) -> Vec<String> {
    image
        .chunks_exact(2 * IMAGE_SIDE)
        .map(|rows| {
            let (upper, lower) = rows.split_at(IMAGE_SIDE);
            let mut line = String::new();
            for (&upper, &lower) in upper.iter().zip(lower) {
                match style {
                    Style::HalfBlocks => push_half_block(&mut line, upper, lower),
                    Style::Characters => {
                        let mean = usize::from(upper.midpoint(lower));
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

/// The upper half in the letter's colour, the lower in that of its background.
fn push_half_block(line: &mut String, upper: u8, lower: u8) {
    // Writing to a text cannot fail.
    let _ = write!(
        line,
        "\x1b[38;2;{upper};{upper};{upper}m\x1b[48;2;{lower};{lower};{lower}m▀"
    );
}

#[cfg(test)]
mod tests {
    use pipelines::tables::images::IMAGE_BYTES;

    use super::*;

    #[test]
    fn two_rows_of_pixels_are_one_line() {
        let mut image = [0; IMAGE_BYTES];
        image[..IMAGE_SIDE].fill(255);
        let lines = lines(&image, Style::Characters);
        assert_eq!(lines.len(), 14);
        assert_eq!(lines[0], "=".repeat(28));
        assert_eq!(lines[1], " ".repeat(28));
    }

    #[test]
    fn half_blocks_show_every_pixel_in_its_own_grey() {
        let mut image = [7; IMAGE_BYTES];
        image[0] = 200;
        let lines = lines(&image, Style::HalfBlocks);
        assert!(lines[0].starts_with("\x1b[38;2;200;200;200m\x1b[48;2;7;7;7m▀"));
        assert_eq!(lines[0].matches('▀').count(), 28);
    }
}
