//! Images with a caption below each: the paper's Figure 1.

use anyhow::Result;
use pipelines::images::IMAGE_SIDE;

use crate::palette::GRID;
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX};
use crate::png_image;
use crate::svg::{Svg, TextStyle};

/// Images in a row.
const COLUMNS: usize = 5;
const TILE_HEIGHT_PX: f64 = 146.0;
const IMAGE_PX: f64 = 112.0;

/// Draws 28x28 `images`, dark on light, each above its caption.
///
/// # Errors
/// An image that is not 28x28.
pub fn draw(title: &str, tiles: &[(&[u8], String)]) -> Result<Svg> {
    let rows = tiles.len().div_ceil(COLUMNS);
    let mut svg = Svg::new(PAGE_WIDTH_PX, rows as f64 * TILE_HEIGHT_PX + 8.0, title);
    let tile_width = PAGE_WIDTH_PX / COLUMNS as f64;
    for (index, (image, caption)) in tiles.iter().enumerate() {
        let center = (index % COLUMNS) as f64 * tile_width + tile_width / 2.0;
        let top = (index / COLUMNS) as f64 * TILE_HEIGHT_PX + 8.0;
        let png = png_image::encode(IMAGE_SIDE, IMAGE_SIDE, &png_image::negative(image))?;
        let left = center - IMAGE_PX / 2.0;
        svg.image(left, top, IMAGE_PX, IMAGE_PX, &png);
        svg.frame(left, top, IMAGE_PX, IMAGE_PX, GRID);
        let style = TextStyle::new(LABEL_PX).middle();
        svg.text(center, top + IMAGE_PX + 16.0, caption, style);
    }
    Ok(svg)
}
