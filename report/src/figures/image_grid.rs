//! Images in rows and columns with captions: first images, augmented copies, hard images.

use anyhow::Result;

use crate::palette::{GRID, INK, MUTED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX};
use crate::picture::Picture;
use crate::svg::{Svg, TextStyle};
use crate::text_width;

/// Space for the names of rows.
const NAME_PX: f64 = 84.0;
/// Space for the heads of columns.
const HEAD_PX: f64 = 24.0;

/// One image.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    /// From left to right: one image, or one and what became of it.
    pub images: Vec<Picture>,
    /// Lines below it.
    pub lines: Vec<String>,
}

/// One row of images.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What the row shows.
    pub name: String,
    /// From left to right.
    pub tiles: Vec<Tile>,
}

/// A grid of images.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Side of an image, in pixels.
    pub image_px: f64,
    /// Font size of the lines below an image.
    pub line_px: f64,
    /// Number of columns.
    pub columns: usize,
    /// Heads of the columns; empty for none.
    pub heads: Vec<String>,
    /// From top to bottom.
    pub rows: Vec<Row>,
}

impl Grid {
    /// `tiles` in rows of `columns`.
    pub fn wrapped(columns: usize, image_px: f64, line_px: f64, tiles: Vec<Tile>) -> Self {
        let rows = tiles
            .chunks(columns)
            .map(|tiles| Row {
                name: String::new(),
                tiles: tiles.to_vec(),
            })
            .collect();
        Self {
            image_px,
            line_px,
            columns,
            heads: Vec::new(),
            rows,
        }
    }

    /// Draws the grid.
    ///
    /// # Errors
    /// An image that cannot be encoded.
    pub fn draw(&self, title: &str) -> Result<Svg> {
        let tiles = || self.rows.iter().flat_map(|row| &row.tiles);
        let lines = tiles().map(|tile| tile.lines.len()).max().unwrap_or(0);
        let top = if self.heads.is_empty() { 4.0 } else { HEAD_PX };
        let named = self.rows.iter().any(|row| !row.name.is_empty());
        let left = if named { NAME_PX } else { 0.0 };
        let row_px = self.image_px + 13.0 + lines as f64 * (self.line_px + 2.0);
        let slot = (PAGE_WIDTH_PX - left) / self.columns.max(1) as f64;
        let center = |column: usize| left + (column as f64 + 0.5) * slot;
        let mut svg = Svg::new(PAGE_WIDTH_PX, top + self.rows.len() as f64 * row_px, title);
        for (column, head) in self.heads.iter().enumerate() {
            let style = TextStyle::new(LABEL_PX).bold().middle();
            svg.text(center(column), 14.0, head, style);
        }
        for (number, row) in self.rows.iter().enumerate() {
            let top = top + number as f64 * row_px;
            let style = TextStyle::new(LABEL_PX).bold();
            svg.text(4.0, top + self.image_px / 2.0 + 4.0, &row.name, style);
            for (column, tile) in row.tiles.iter().enumerate() {
                self.draw_tile(&mut svg, center(column), top, tile)?;
            }
        }
        Ok(svg)
    }

    fn draw_tile(&self, svg: &mut Svg, center: f64, top: f64, tile: &Tile) -> Result<()> {
        let side = self.image_px;
        let step = side + 4.0;
        let width = tile.images.len() as f64 * step - 4.0;
        for (index, image) in tile.images.iter().enumerate() {
            let left = center - width / 2.0 + index as f64 * step;
            svg.picture(left, top, side, image)?;
            svg.frame(left, top, side, side, GRID);
        }
        for (line, text) in tile.lines.iter().enumerate() {
            let y = top + side + self.line_px + 3.0 + line as f64 * (self.line_px + 2.0);
            let color = if line == 0 { INK } else { MUTED };
            let style = TextStyle::new(self.line_px).middle().color(color);
            // A caption does not run into its neighbour's.
            let max_px = PAGE_WIDTH_PX / self.columns.max(1) as f64 - 4.0;
            let text = text_width::fit(text, style.weight, self.line_px, max_px);
            svg.text(center, y, &text, style);
        }
        Ok(())
    }
}
