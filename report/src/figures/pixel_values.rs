//! A grey image with the values of its pixels printed in their cells.

use anyhow::Result;

use crate::palette::{GRID, INK, MUTED, PAPER};
use crate::panel::PAGE_WIDTH_PX;
use crate::picture::Picture;
use crate::svg::{Svg, TextStyle};

/// Images with a longer side are not drawn: their values would be too small to read.
pub const MAX_SIDE: usize = 32;

const LEFT_PX: f64 = 24.0;
const TOP_PX: f64 = 22.0;
const MAX_CELL_PX: f64 = 30.0;
/// A cell whose grey level is printed below this is so dark that its value is printed light.
const DARK_LEVEL: u8 = 135;

/// Draws the one channel of `values`, (height, width), over `picture`, the same image as it is shown.
/// Row and column numbers stand beside it.
///
/// # Errors
/// An image that cannot be encoded.
pub fn draw(values: &[u8], picture: &Picture) -> Result<Svg> {
    let (width, height) = (picture.width, picture.height);
    let cell = ((PAGE_WIDTH_PX - LEFT_PX) / width.max(height) as f64).min(MAX_CELL_PX);
    let title =
        format!("First training image with the value of each of its {width} by {height} pixels");
    let bottom = cell * height as f64 + TOP_PX;
    let mut svg = Svg::new(PAGE_WIDTH_PX, bottom + 4.0, &title);
    // The picture fills a square of the longer side.
    let side = cell * width.max(height) as f64;
    let (left, top) = (
        LEFT_PX - (side - cell * width as f64) / 2.0,
        TOP_PX - (side - cell * height as f64) / 2.0,
    );
    svg.picture(left, top, side, picture)?;
    let style = TextStyle::new(9.0).color(MUTED);
    let offset = |index: usize| index as f64 * cell + cell / 2.0;
    for column in 0..width {
        let text = column.to_string();
        svg.text(
            LEFT_PX + offset(column),
            TOP_PX - 6.0,
            &text,
            style.middle(),
        );
    }
    for row in 0..height {
        let text = row.to_string();
        svg.text(
            LEFT_PX - 6.0,
            TOP_PX + offset(row) + 3.2,
            &text,
            style.end(),
        );
    }
    for (index, (value, shown)) in values.iter().zip(&picture.pixels).enumerate() {
        let color = match shown {
            255 => MUTED,
            0..DARK_LEVEL => PAPER,
            _ => INK,
        };
        let style = TextStyle::new(10.0).middle().color(color);
        svg.text(
            LEFT_PX + offset(index % width),
            TOP_PX + offset(index / width) + 3.6,
            &value.to_string(),
            style,
        );
    }
    svg.frame(
        LEFT_PX,
        TOP_PX,
        cell * width as f64,
        cell * height as f64,
        GRID,
    );
    Ok(svg)
}
