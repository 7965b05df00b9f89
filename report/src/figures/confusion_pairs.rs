//! Errors of a model by the pair of classes that it takes for each other.

use anyhow::Result;

use crate::number;
use crate::palette::{GRID, MUTED, RED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX};
use crate::picture::Picture;
use crate::svg::{Svg, TextStyle};
use crate::text_width::{self, Weight};

/// Most images of each direction.
pub const MAX_IMAGES: usize = 6;
const TILE_PX: f64 = 66.0;
const IMAGE_PX: f64 = 60.0;
const ROW_PX: f64 = 110.0;

/// One error.
#[derive(Clone, Debug)]
pub struct Tile {
    /// The image.
    pub image: Picture,
    /// Probability of the wrong class.
    pub confidence: f64,
}

/// Errors in one direction.
#[derive(Clone, Debug)]
pub struct Side {
    /// "62 x Shirt taken for Coat"
    pub caption: String,
    /// The most confident errors first.
    pub tiles: Vec<Tile>,
}

/// Draws a row a pair: what was taken for the other at the left, the reverse at the right.
///
/// # Errors
/// An image that cannot be encoded.
pub fn draw(title: &str, pairs: &[[Side; 2]]) -> Result<Svg> {
    let mut svg = Svg::new(PAGE_WIDTH_PX, pairs.len() as f64 * ROW_PX + 4.0, title);
    for (index, pair) in pairs.iter().enumerate() {
        let top = index as f64 * ROW_PX + 4.0;
        for (number, side) in pair.iter().enumerate() {
            let left = 4.0 + number as f64 * (PAGE_WIDTH_PX + 20.0) / 2.0;
            svg.text(
                left,
                top + 13.0,
                &text_width::fit(
                    &side.caption,
                    Weight::Bold,
                    LABEL_PX,
                    PAGE_WIDTH_PX / 2.0 - 24.0,
                ),
                TextStyle::new(LABEL_PX).bold(),
            );
            for (index, tile) in side.tiles.iter().take(MAX_IMAGES).enumerate() {
                draw_tile(&mut svg, left + index as f64 * TILE_PX, top + 21.0, tile)?;
            }
        }
    }
    Ok(svg)
}

fn draw_tile(svg: &mut Svg, left: f64, top: f64, tile: &Tile) -> Result<()> {
    svg.picture(left, top, IMAGE_PX, &tile.image)?;
    svg.frame(left, top, IMAGE_PX, IMAGE_PX, GRID);
    let sure = format!("{} %", number::percent_to(tile.confidence, 0));
    let color = if tile.confidence > 0.9 { RED } else { MUTED };
    let style = TextStyle::new(10.5).middle().color(color);
    svg.text(left + IMAGE_PX / 2.0, top + IMAGE_PX + 13.0, &sure, style);
    Ok(())
}
