//! An image with its 28x28 values printed in their cells: the paper's Figure 2.

use pipelines::tables::images::IMAGE_SIDE;

use crate::palette::{GRID, INK, MUTED, PAPER};
use crate::panel::PAGE_WIDTH_PX;
use crate::svg::{Svg, TextStyle};

const CELL_PX: f64 = 30.0;
const LEFT_PX: f64 = 24.0;
const TOP_PX: f64 = 22.0;
/// Above this grey level a pixel is printed so dark that its value is printed light.
const DARK_LEVEL: u8 = 120;

/// Draws the 784 pixels of `image`, dark where its values are high, row and column numbers beside
/// them.
pub fn draw(image: &[u8]) -> Svg {
    let side = CELL_PX * IMAGE_SIDE as f64;
    let title = "First training image with the grey level of each of its 28 by 28 pixels";
    let mut svg = Svg::new(PAGE_WIDTH_PX, side + TOP_PX + 4.0, title);
    for index in 0..IMAGE_SIDE {
        let offset = index as f64 * CELL_PX + CELL_PX / 2.0;
        let style = TextStyle::new(9.0).color(MUTED);
        let number = index.to_string();
        svg.text(LEFT_PX + offset, TOP_PX - 6.0, &number, style.middle());
        svg.text(LEFT_PX - 6.0, TOP_PX + offset + 3.2, &number, style.end());
    }
    for (index, &value) in image.iter().enumerate() {
        let x = LEFT_PX + (index % IMAGE_SIDE) as f64 * CELL_PX;
        let y = TOP_PX + (index / IMAGE_SIDE) as f64 * CELL_PX;
        if value > 0 {
            svg.shade(x, y, CELL_PX, CELL_PX, INK, f64::from(value) / 255.0);
        }
        let color = match value {
            0 => MUTED,
            1..=DARK_LEVEL => INK,
            _ => PAPER,
        };
        let style = TextStyle::new(10.0).middle().color(color);
        let (middle, base) = (x + CELL_PX / 2.0, y + CELL_PX / 2.0 + 3.6);
        svg.text(middle, base, &value.to_string(), style);
    }
    svg.frame(LEFT_PX, TOP_PX, side, side, GRID);
    svg
}
