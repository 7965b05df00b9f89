//! Images beside the probabilities that a model gives them.

use anyhow::Result;

use crate::palette::{BLUE, FAINT, GRID, MUTED, RED};
use crate::panel::PAGE_WIDTH_PX;
use crate::picture::Picture;
use crate::svg::{Svg, TextStyle};
use crate::text_width;

/// Most bars beside an image; of more classes, the most probable ones have one.
pub const MAX_BARS: usize = 10;

const COLUMNS: usize = 5;
const TILE_HEIGHT_PX: f64 = 126.0;
const IMAGE_PX: f64 = 72.0;
const BARS_PX: f64 = 84.0;
/// Height of the bars of a probability of 1.
const FULL_BAR_PX: f64 = IMAGE_PX - 11.0;

/// One test image and what a model predicts.
#[derive(Clone, Debug)]
pub struct Tile<'a> {
    /// The image.
    pub image: Picture,
    /// True class.
    pub label: u16,
    /// Most probable class.
    pub predicted: u16,
    /// One probability for each class.
    pub probabilities: &'a [f32],
}

impl Tile<'_> {
    /// Labels of the bars: all classes, or the most probable ones with the true class.
    fn bars(&self) -> Vec<usize> {
        let mut labels: Vec<usize> = (0..self.probabilities.len()).collect();
        if labels.len() > MAX_BARS {
            let first = |label: &usize| {
                let wanted = [self.predicted, self.label].map(usize::from);
                !wanted.contains(label)
            };
            labels.sort_by(|a, b| {
                first(a)
                    .cmp(&first(b))
                    .then(self.probabilities[*b].total_cmp(&self.probabilities[*a]))
            });
            labels.truncate(MAX_BARS);
            labels.sort_unstable();
        }
        labels
    }
}

/// Draws the tiles; the bar of the predicted class is blue when it is right, red when it is wrong.
///
/// # Errors
/// An image that cannot be encoded.
pub fn draw(title: &str, class_names: &[String], tiles: &[Tile<'_>]) -> Result<Svg> {
    let rows = tiles.len().div_ceil(COLUMNS);
    let mut svg = Svg::new(PAGE_WIDTH_PX, rows as f64 * TILE_HEIGHT_PX + 6.0, title);
    let tile_width = PAGE_WIDTH_PX / COLUMNS as f64;
    for (index, tile) in tiles.iter().enumerate() {
        let left = (index % COLUMNS) as f64 * tile_width + 4.0;
        let top = (index / COLUMNS) as f64 * TILE_HEIGHT_PX + 8.0;
        svg.picture(left, top, IMAGE_PX, &tile.image)?;
        svg.frame(left, top, IMAGE_PX, IMAGE_PX, GRID);
        draw_bars(&mut svg, left + IMAGE_PX + 8.0, top, tile);

        let right = tile.label == tile.predicted;
        let name = |class: u16| {
            class_names
                .get(usize::from(class))
                .map_or("", String::as_str)
        };
        let confidence = tile
            .probabilities
            .get(usize::from(tile.predicted))
            .map_or(0.0, |p| f64::from(*p) * 100.0);
        let style = TextStyle::new(11.0);
        let fit = |text: &str, max_px| text_width::fit(text, style.weight, 11.0, max_px);
        let predicted = format!(
            "{} {confidence:.0} %",
            fit(name(tile.predicted), tile_width - 50.0)
        );
        let y = top + IMAGE_PX + 15.0;
        let verdict = if right { BLUE } else { RED };
        svg.text(left, y, &predicted, style.color(verdict).bold());
        let label = format!("({})", fit(name(tile.label), tile_width - 16.0));
        svg.text(left, y + 14.0, &label, style.color(MUTED));
    }
    Ok(svg)
}

fn draw_bars(svg: &mut Svg, left: f64, top: f64, tile: &Tile<'_>) {
    let labels = tile.bars();
    let slot = BARS_PX / labels.len().max(1) as f64;
    let floor = top + FULL_BAR_PX;
    // Labels of three digits have no room side by side.
    let numbered = tile.probabilities.len() <= MAX_BARS;
    let mut faint = Vec::new();
    let mut digits = Vec::new();
    for (bar, class) in labels.into_iter().enumerate() {
        let x = left + bar as f64 * slot;
        let height = f64::from(tile.probabilities[class]) * FULL_BAR_PX;
        let rect = (x + 1.0, floor - height, slot - 2.0, height);
        let color = match (usize::from(tile.predicted), usize::from(tile.label)) {
            (predicted, label) if class == predicted && class != label => Some(RED),
            (_, label) if class == label => Some(BLUE),
            _ => None,
        };
        if height >= 0.3 {
            match color {
                Some(color) => svg.rects(&[rect], color),
                None => faint.push(rect),
            }
        }
        if numbered {
            let (middle, y) = (x + slot / 2.0, top + IMAGE_PX - 1.0);
            let style = TextStyle::new(8.5).middle();
            match color {
                Some(color) => {
                    svg.text(middle, y, &class.to_string(), style.color(color).bold());
                }
                None => digits.push((middle, class)),
            }
        }
    }
    svg.rects(&faint, FAINT);
    let y = top + IMAGE_PX - 1.0;
    svg.digits(&digits, y, TextStyle::new(8.5).middle().color(MUTED));
    svg.line((left, floor), (left + BARS_PX, floor), GRID, 1.0);
}
