//! Accuracies of each seed, one line a model.

use crate::number;
use crate::palette::{BLUE, GREEN, GRID, INK, MUTED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, names_px, percent_label};
use crate::scale::{Scale, extent};
use crate::svg::{Svg, TextStyle};

const ROW_PX: f64 = 40.0;

/// One model; accuracies of its runs, fractions.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// On the test images.
    pub test: Vec<f64>,
    /// On the validation images, after the last epoch.
    pub validation: Vec<f64>,
    /// Standard deviation over seeds on the test images.
    pub std: Option<f64>,
}

/// Draws test accuracies above, validation accuracies below the line of each model.
pub fn draw(rows: &[Row]) -> Svg {
    let names_px = names_px(rows.iter().map(|row| row.name.as_str()));
    let panel = Panel {
        x: names_px,
        y: 38.0,
        width: PAGE_WIDTH_PX - names_px - 170.0,
        height: ROW_PX * rows.len() as f64,
    };
    let title = "Accuracy of every seed of every model";
    let mut svg = Svg::new(PAGE_WIDTH_PX, panel.bottom() + 42.0, title);
    let values = rows
        .iter()
        .flat_map(|row| row.test.iter().chain(&row.validation));
    let Some(domain) = extent(values.copied(), 0.05) else {
        return svg;
    };
    let scale = Scale::linear(domain, panel.x_range());
    panel.vertical_lines(&mut svg, &scale, 6, true, percent_label);
    panel.x_title(&mut svg, "accuracy after the last epoch");
    let style = TextStyle::new(LABEL_PX);
    svg.dot((panel.x + 4.0, 14.0), 4.5, GREEN);
    svg.text(panel.x + 14.0, 18.0, "test", style.color(GREEN));
    svg.ring((panel.x + 64.0, 14.0), 4.0, BLUE, 1.5);
    svg.text(panel.x + 74.0, 18.0, "validation", style.color(BLUE));
    svg.line((panel.x + 152.0, 7.0), (panel.x + 152.0, 21.0), INK, 2.0);
    svg.text(panel.x + 160.0, 18.0, "mean", style.color(INK));
    for (index, row) in rows.iter().enumerate() {
        let y = panel.y + (index as f64 + 0.5) * ROW_PX;
        svg.line(
            (panel.x, y + ROW_PX / 2.0),
            (panel.right(), y + ROW_PX / 2.0),
            GRID,
            1.0,
        );
        panel.row_name(&mut svg, y, &row.name, "");
        for (values, y, filled) in [
            (&row.test, y - 7.0, true),
            (&row.validation, y + 8.0, false),
        ] {
            for value in values {
                let center = (scale.px(*value), y);
                if filled {
                    svg.dot(center, 4.5, GREEN);
                } else {
                    svg.ring(center, 4.0, BLUE, 1.5);
                }
            }
            if values.len() > 1 {
                let mean = scale.px(values.iter().sum::<f64>() / values.len() as f64);
                svg.line((mean, y - 7.0), (mean, y + 7.0), INK, 2.0);
            }
        }
        let text = match row.std {
            Some(std) => format!(
                "{} seeds, s = {} pts",
                row.test.len(),
                number::decimal(std * 100.0, 2)
            ),
            None => format!("{} seed", row.test.len()),
        };
        svg.text(panel.right() + 14.0, y + 4.0, &text, style.color(MUTED));
    }
    svg
}
