//! Images beside their augmented copies, with what was drawn for each.

use anyhow::Result;
use pipelines::images::IMAGE_SIDE;

use crate::palette::{GRID, INK, MUTED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX};
use crate::png_image;
use crate::svg::{Svg, TextStyle};

const IMAGE_PX: f64 = 84.0;
const LINE_PX: f64 = 11.5;

/// One image.
#[derive(Clone, Debug)]
pub struct Tile<'a> {
    /// 28x28, 0 = black.
    pub image: &'a [u8],
    /// Lines below it.
    pub lines: Vec<String>,
}

/// One row of images.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// What the row shows.
    pub name: String,
    /// From left to right.
    pub tiles: Vec<Tile<'a>>,
}

/// Draws `rows`; columns are headed by `heads`.
///
/// # Errors
/// An image that is not 28x28.
pub fn draw(title: &str, heads: &[String], rows: &[Row<'_>]) -> Result<Svg> {
    let lines = rows
        .iter()
        .flat_map(|row| &row.tiles)
        .map(|tile| tile.lines.len())
        .max()
        .unwrap_or(0);
    let names = rows.iter().any(|row| !row.name.is_empty());
    let left = if names { 96.0 } else { 4.0 };
    let row_px = IMAGE_PX + 14.0 + lines as f64 * LINE_PX;
    let slot = (PAGE_WIDTH_PX - left) / heads.len().max(1) as f64;
    let mut svg = Svg::new(PAGE_WIDTH_PX, 24.0 + rows.len() as f64 * row_px, title);
    for (index, head) in heads.iter().enumerate() {
        let x = left + (index as f64 + 0.5) * slot;
        svg.text(x, 14.0, head, TextStyle::new(LABEL_PX).bold().middle());
    }
    for (number, row) in rows.iter().enumerate() {
        let top = 24.0 + number as f64 * row_px;
        let style = TextStyle::new(LABEL_PX).bold().color(INK);
        svg.text(4.0, top + IMAGE_PX / 2.0, &row.name, style);
        for (index, tile) in row.tiles.iter().enumerate() {
            let x = left + (index as f64 + 0.5) * slot;
            let png = png_image::encode(IMAGE_SIDE, IMAGE_SIDE, &png_image::negative(tile.image))?;
            svg.image(x - IMAGE_PX / 2.0, top, IMAGE_PX, IMAGE_PX, &png);
            svg.frame(x - IMAGE_PX / 2.0, top, IMAGE_PX, IMAGE_PX, GRID);
            for (line, text) in tile.lines.iter().enumerate() {
                let y = top + IMAGE_PX + 11.0 + line as f64 * LINE_PX;
                svg.text(x, y, text, TextStyle::new(9.5).middle().color(MUTED));
            }
        }
    }
    Ok(svg)
}
