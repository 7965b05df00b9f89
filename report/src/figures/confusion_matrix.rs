//! A confusion matrix as a heat map: the paper's Figures 5 and 6.

use pipelines::class::{CLASS_COUNT, CLASS_NAMES};

use crate::number;
use crate::palette::{BLUE, GRID, INK, MUTED, ON_COLOR, RED};
use crate::panel::{LABEL_PX, Panel, TICK_PX};
use crate::svg::{Svg, TextStyle};

const CELL_PX: f64 = 54.0;
const CELL_HEIGHT_PX: f64 = 36.0;

/// Counts by true class (rows) and predicted class (columns).
pub type Counts = [[u64; CLASS_COUNT]; CLASS_COUNT];

/// Draws `counts`: what is right in blue, errors in red, each cell as strong as its share of the
/// row; recall at the right, precision below.
pub fn draw(title: &str, counts: &Counts) -> Svg {
    let panel = Panel {
        x: 112.0,
        y: 52.0,
        width: CELL_PX * CLASS_COUNT as f64,
        height: CELL_HEIGHT_PX * CLASS_COUNT as f64,
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
    for (class, name) in CLASS_NAMES.iter().enumerate() {
        let x = panel.x + (class as f64 + 0.5) * CELL_PX;
        let y = panel.y + (class as f64 + 0.5) * CELL_HEIGHT_PX + 4.0;
        let words: Vec<_> = name.split_inclusive(['/', ' ']).map(str::trim).collect();
        for (line, word) in words.iter().rev().enumerate() {
            svg.text(x, panel.y - 8.0 - line as f64 * 12.0, word, label.middle());
        }
        svg.text(panel.x - 8.0, y, name, label.end());
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

fn draw_row(svg: &mut Svg, panel: &Panel, label: usize, row: &[u64; CLASS_COUNT]) {
    let support: u64 = row.iter().sum();
    for (predicted, &count) in row.iter().enumerate() {
        let x = panel.x + predicted as f64 * CELL_PX;
        let y = panel.y + label as f64 * CELL_HEIGHT_PX;
        let share = count as f64 / support.max(1) as f64;
        // The root lets errors of a few per cent show beside hits of ninety.
        let strength = share.sqrt();
        let color = if label == predicted { BLUE } else { RED };
        if count > 0 {
            svg.shade(x, y, CELL_PX, CELL_HEIGHT_PX, color, strength * 0.94);
        }
        svg.frame(x, y, CELL_PX, CELL_HEIGHT_PX, GRID);
        let mut style = TextStyle::new(12.0).middle();
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
            x + CELL_PX / 2.0,
            y + CELL_HEIGHT_PX / 2.0 + 4.3,
            &text,
            style,
        );
    }
}
