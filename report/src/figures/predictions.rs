//! Images beside the ten probabilities that a model gives them: the paper's Figures 9 and 10.

use anyhow::Result;
use pipelines::class::{CLASS_COUNT, CLASS_NAMES};
use pipelines::tables::images::IMAGE_SIDE;

use crate::palette::{BLUE, FAINT, GRID, MUTED, RED};
use crate::panel::PAGE_WIDTH_PX;
use crate::png_image;
use crate::svg::{Svg, TextStyle};

const COLUMNS: usize = 5;
const TILE_HEIGHT_PX: f64 = 126.0;
const IMAGE_PX: f64 = 72.0;
const BARS_PX: f64 = 84.0;

/// One test image and what a model makes of it.
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// 28x28, 0 = black.
    pub image: &'a [u8],
    /// True class.
    pub label: u8,
    /// Most probable class.
    pub predicted: u8,
    /// Ten probabilities.
    pub probabilities: &'a [f32],
}

/// Draws the tiles; the bar of the predicted class is blue when it is right, red when it is wrong.
///
/// # Errors
/// An image that is not 28x28.
pub fn draw(title: &str, tiles: &[Tile<'_>]) -> Result<Svg> {
    let rows = tiles.len().div_ceil(COLUMNS);
    let mut svg = Svg::new(PAGE_WIDTH_PX, rows as f64 * TILE_HEIGHT_PX + 6.0, title);
    let tile_width = PAGE_WIDTH_PX / COLUMNS as f64;
    for (index, tile) in tiles.iter().enumerate() {
        let left = (index % COLUMNS) as f64 * tile_width + 4.0;
        let top = (index / COLUMNS) as f64 * TILE_HEIGHT_PX + 8.0;
        draw_tile(&mut svg, left, top, tile)?;
    }
    Ok(svg)
}

fn draw_tile(svg: &mut Svg, left: f64, top: f64, tile: &Tile<'_>) -> Result<()> {
    let png = png_image::encode(IMAGE_SIDE, IMAGE_SIDE, &png_image::negative(tile.image))?;
    svg.image(left, top, IMAGE_PX, IMAGE_PX, &png);
    svg.frame(left, top, IMAGE_PX, IMAGE_PX, GRID);

    let right = tile.label == tile.predicted;
    let verdict = if right { BLUE } else { RED };
    let bars = left + IMAGE_PX + 8.0;
    let slot = BARS_PX / CLASS_COUNT as f64;
    let floor = top + IMAGE_PX - 11.0;
    let room = IMAGE_PX - 11.0;
    for (class, &probability) in tile.probabilities.iter().enumerate() {
        let x = bars + class as f64 * slot;
        let height = f64::from(probability) * room;
        let predicted = class == usize::from(tile.predicted);
        let true_class = class == usize::from(tile.label);
        let color = match (predicted, true_class) {
            (true, _) => verdict,
            (false, true) => BLUE,
            (false, false) => FAINT,
        };
        if height >= 0.3 {
            svg.rect(x + 1.0, floor - height, slot - 2.0, height, color);
        }
        let mut style = TextStyle::new(8.5).color(MUTED).middle();
        if predicted || true_class {
            style = style.color(color).bold();
        }
        svg.text(
            x + slot / 2.0,
            top + IMAGE_PX - 1.0,
            &class.to_string(),
            style,
        );
    }
    svg.line((bars, floor), (bars + BARS_PX, floor), GRID, 1.0);

    let confidence = tile
        .probabilities
        .get(usize::from(tile.predicted))
        .map_or(0.0, |p| f64::from(*p) * 100.0);
    let name = |class: u8| CLASS_NAMES[usize::from(class)];
    let predicted = format!("{} {confidence:.0} %", name(tile.predicted));
    let style = TextStyle::new(11.0).color(verdict).bold();
    svg.text(left, top + IMAGE_PX + 15.0, &predicted, style);
    let truth = format!("({})", name(tile.label));
    let style = TextStyle::new(11.0).color(MUTED);
    svg.text(left, top + IMAGE_PX + 29.0, &truth, style);
    Ok(())
}
