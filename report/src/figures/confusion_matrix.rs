//! A confusion matrix as a heat map.

use crate::number;
use crate::palette::{BLUE, GRID, INK, MUTED, ON_COLOR, RED};
use crate::panel::{LABEL_PX, Panel, TICK_PX};
use crate::svg::{Svg, TextStyle};
use crate::text_width;

/// A matrix of more classes would not be readable.
pub const MAX_CLASSES: usize = 20;

const MATRIX_PX: f64 = 540.0;
const MAX_CELL_PX: f64 = 90.0;
const LEFT_PX: f64 = 112.0;
const MAX_NAME_LINES: usize = 2;

/// Counts by true class (rows) and predicted class (columns).
pub type Counts = Vec<Vec<u64>>;

/// Draws `counts`: what is right in blue, errors in red, each cell as strong as its share of the
/// row; recall at the right, precision below.
pub fn draw(title: &str, class_names: &[String], counts: &Counts) -> Svg {
    let classes = class_names.len();
    let cell_px = (MATRIX_PX / classes as f64).min(MAX_CELL_PX);
    let cell_height_px = cell_px * 2.0 / 3.0;
    let panel = Panel {
        x: LEFT_PX,
        y: 52.0,
        width: cell_px * classes as f64,
        height: cell_height_px * classes as f64,
    };
    let mut svg = Svg::new(panel.right() + 74.0, panel.bottom() + 40.0, title);
    let label = TextStyle::new(TICK_PX);
    let axis = TextStyle::new(LABEL_PX).color(MUTED);
    svg.text(panel.x, 16.0, "predicted class", axis);
    svg.text(panel.x - 8.0, panel.y - 8.0, "true class", axis.end());
    svg.text(panel.right() + 62.0, panel.y - 8.0, "recall", axis.end());
    svg.text(
        panel.x - 8.0,
        panel.bottom() + 22.0,
        "precision",
        axis.end(),
    );
    for (class, name) in class_names.iter().enumerate() {
        let x = panel.x + (class as f64 + 0.5) * cell_px;
        let y = panel.y + (class as f64 + 0.5) * cell_height_px + 4.0;
        let fit = |text: &str, max_px| text_width::fit(text, label.weight, TICK_PX, max_px);
        let words: Vec<_> = name.split_inclusive(['/', ' ']).map(str::trim).collect();
        for (line, word) in words.iter().take(MAX_NAME_LINES).rev().enumerate() {
            let word = fit(word, cell_px - 2.0);
            svg.text(x, panel.y - 8.0 - line as f64 * 12.0, &word, label.middle());
        }
        let name = fit(name, LEFT_PX - 12.0);
        svg.text(panel.x - 8.0, y, &name, label.end());
        draw_row(&mut svg, &panel, class, &counts[class]);
        let support: u64 = counts[class].iter().sum();
        let predicted: u64 = counts.iter().map(|row| row[class]).sum();
        let share = |total: u64| match total {
            0 => "–".to_owned(),
            _ => format!(
                "{} %",
                number::percent_to(counts[class][class] as f64 / total as f64, 1)
            ),
        };
        svg.text(panel.right() + 62.0, y, &share(support), label.end());
        svg.text(x, panel.bottom() + 22.0, &share(predicted), label.middle());
    }
    svg.frame(panel.x, panel.y, panel.width, panel.height, GRID);
    svg
}

fn draw_row(svg: &mut Svg, panel: &Panel, label: usize, row: &[u64]) {
    let support: u64 = row.iter().sum();
    let (cell_px, cell_height_px) = (
        panel.width / row.len() as f64,
        panel.height / row.len() as f64,
    );
    let size_px = 12.0_f64.min(cell_px / 3.0);
    let y = panel.y + label as f64 * cell_height_px;
    let mut frames = Vec::new();
    for (predicted, &count) in row.iter().enumerate() {
        let x = panel.x + predicted as f64 * cell_px;
        let share = count as f64 / support.max(1) as f64;
        // The root makes errors of a few per cent visible beside a diagonal of ninety.
        let strength = share.sqrt();
        let color = if label == predicted { BLUE } else { RED };
        if count > 0 {
            svg.shade(x, y, cell_px, cell_height_px, color, strength * 0.94);
        }
        frames.push((x, y, cell_px, cell_height_px));
        let mut style = TextStyle::new(size_px).middle();
        style = match count {
            0 => style.color(MUTED),
            _ if strength > 0.62 => style.color(ON_COLOR).bold(),
            _ => style.color(INK),
        };
        let text = if count == 0 {
            "·".to_owned()
        } else {
            count.to_string()
        };
        svg.text(
            x + cell_px / 2.0,
            y + cell_height_px / 2.0 + size_px * 0.36,
            &text,
            style,
        );
    }
    svg.frames(&frames, GRID);
}
