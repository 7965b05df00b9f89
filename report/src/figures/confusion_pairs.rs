//! Errors of a model by the pair of classes that it takes for each other.

use anyhow::Result;
use pipelines::tables::images::IMAGE_SIDE;

use crate::number;
use crate::palette::{GRID, MUTED, RED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX};
use crate::png_image;
use crate::svg::{Svg, TextStyle};

/// Images of each direction.
pub const IMAGES_A_SIDE: usize = 6;
const TILE_PX: f64 = 66.0;
const IMAGE_PX: f64 = 60.0;
const ROW_PX: f64 = 110.0;

/// One error.
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// 28x28, 0 = black.
    pub image: &'a [u8],
    /// Probability of the wrong class.
    pub confidence: f64,
}

/// Errors in one direction.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// "62 x Shirt taken for Coat"
    pub caption: String,
    /// The most confident errors first.
    pub tiles: Vec<Tile<'a>>,
}

/// Draws a row a pair: what was taken for the other at the left, the reverse at the right.
///
/// # Errors
/// An image that is not 28x28.
pub fn draw(title: &str, pairs: &[[Side<'_>; 2]]) -> Result<Svg> {
    let mut svg = Svg::new(PAGE_WIDTH_PX, pairs.len() as f64 * ROW_PX + 4.0, title);
    for (index, pair) in pairs.iter().enumerate() {
        let top = index as f64 * ROW_PX + 4.0;
        for (number, side) in pair.iter().enumerate() {
            let left = 4.0 + number as f64 * (PAGE_WIDTH_PX + 20.0) / 2.0;
            svg.text(
                left,
                top + 13.0,
                &side.caption,
                TextStyle::new(LABEL_PX).bold(),
            );
            for (index, tile) in side.tiles.iter().take(IMAGES_A_SIDE).enumerate() {
                draw_tile(&mut svg, left + index as f64 * TILE_PX, top + 21.0, tile)?;
            }
        }
    }
    Ok(svg)
}

fn draw_tile(svg: &mut Svg, left: f64, top: f64, tile: &Tile<'_>) -> Result<()> {
    let png = png_image::encode(IMAGE_SIDE, IMAGE_SIDE, &png_image::negative(tile.image))?;
    svg.image(left, top, IMAGE_PX, IMAGE_PX, &png);
    svg.frame(left, top, IMAGE_PX, IMAGE_PX, GRID);
    let sure = format!("{} %", number::percent_to(tile.confidence, 0));
    let color = if tile.confidence > 0.9 { RED } else { MUTED };
    let style = TextStyle::new(10.5).middle().color(color);
    svg.text(left + IMAGE_PX / 2.0, top + IMAGE_PX + 13.0, &sure, style);
    Ok(())
}
