//! An image with its 28x28 values printed in their cells: the paper's Figure 2.

use anyhow::Result;
use pipelines::images::IMAGE_SIDE;

use crate::palette::{GRID, INK, MUTED, PAPER};
use crate::panel::PAGE_WIDTH_PX;
use crate::png_image;
use crate::svg::{Svg, TextStyle};

const CELL_PX: f64 = 30.0;
const LEFT_PX: f64 = 24.0;
const TOP_PX: f64 = 22.0;
/// Above this grey level a pixel is printed so dark that its value is printed light.
const DARK_LEVEL: u8 = 110;

/// Draws `image`, dark where its values are high, row and column numbers beside it.
///
/// # Errors
/// An image that is not 28x28.
pub fn draw(image: &[u8]) -> Result<Svg> {
    let side = CELL_PX * IMAGE_SIDE as f64;
    let title = "First training image with the grey level of each of its 28 by 28 pixels";
    let mut svg = Svg::new(PAGE_WIDTH_PX, side + TOP_PX + 4.0, title);
    let png = png_image::encode(IMAGE_SIDE, IMAGE_SIDE, &png_image::negative(image))?;
    svg.image(LEFT_PX, TOP_PX, side, side, &png);
    svg.frame(LEFT_PX, TOP_PX, side, side, GRID);
    for index in 0..IMAGE_SIDE {
        let offset = index as f64 * CELL_PX + CELL_PX / 2.0;
        let style = TextStyle::new(9.0).color(MUTED);
        svg.text(
            LEFT_PX + offset,
            TOP_PX - 6.0,
            &index.to_string(),
            style.middle(),
        );
        svg.text(
            LEFT_PX - 6.0,
            TOP_PX + offset + 3.2,
            &index.to_string(),
            style.end(),
        );
    }
    for (index, &value) in image.iter().enumerate() {
        let x = LEFT_PX + ((index % IMAGE_SIDE) as f64 + 0.5) * CELL_PX;
        let y = TOP_PX + ((index / IMAGE_SIDE) as f64 + 0.5) * CELL_PX + 3.6;
        let color = if value > DARK_LEVEL { PAPER } else { INK };
        let style = TextStyle::new(10.0).middle().color(color);
        svg.text(x, y, &value.to_string(), style);
    }
    Ok(svg)
}
