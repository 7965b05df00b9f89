//! Test accuracies with their intervals, and beside them reference values where there are any.

use crate::number;
use crate::palette::{BLUE, MUTED, PURPLE};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, REMARKS_PX, percent_label};
use crate::scale::{Scale, focus};
use crate::svg::{Svg, TextStyle};

const ROW_PX: f64 = 40.0;

/// One model; accuracies are fractions.
#[derive(Clone, Debug)]
pub struct Row {
    /// Model and what it is.
    pub name: String,
    /// Second line of the name.
    pub title: String,
    /// Mean over runs, with the ends of its interval; `None` when all runs failed.
    pub ours: Option<(f64, f64, f64)>,
    /// Every run.
    pub runs: Vec<f64>,
    /// The reference value.
    pub reference: Option<f64>,
}

/// What the reference values are called: in the legend, and over their column.
pub type ReferenceNames = [&'static str; 2];

/// Draws one line a model: interval and mean, a tick for each run, a diamond for the reference value.
pub fn draw(rows: &[Row], confidence: f64, reference: Option<ReferenceNames>) -> Svg {
    let panel = Panel {
        x: REMARKS_PX,
        y: 46.0,
        width: PAGE_WIDTH_PX - REMARKS_PX - 150.0,
        height: ROW_PX * rows.len() as f64,
    };
    let title = "Test accuracy of each model";
    let mut svg = Svg::new(PAGE_WIDTH_PX, panel.bottom() + 42.0, title);
    let estimates: Vec<f64> = rows
        .iter()
        .flat_map(|row| {
            let mean = row.ours.map(|(mean, ..)| mean);
            let runs = row.runs.iter().copied();
            mean.into_iter().chain(row.reference).chain(runs)
        })
        .collect();
    let ours = rows.iter().filter_map(|row| row.ours);
    let intervals: Vec<_> = ours.map(|(_, low, high)| (low, high)).collect();
    let Some(domain) = focus(&estimates, &intervals) else {
        return svg;
    };
    let scale = Scale::linear(domain, panel.x_range());
    panel.vertical_lines(&mut svg, &scale, 6, true, percent_label);
    panel.x_title(&mut svg, "test accuracy");
    legend(&mut svg, &panel, confidence, reference);
    for (index, row) in rows.iter().enumerate() {
        let y = panel.y + (index as f64 + 0.5) * ROW_PX;
        panel.row_name(&mut svg, y, &row.name, &row.title);
        svg.line((panel.x, y), (panel.right(), y), crate::palette::GRID, 1.0);
        if let Some((mean, low, high)) = row.ours {
            let bar = 4.0;
            let [(low_px, low_cut), (high_px, high_cut)] = scale.cut_px((low, high));
            svg.shade(low_px, y - bar / 2.0, high_px - low_px, bar, BLUE, 0.45);
            for (x, direction, cut) in [(low_px, -1.0, low_cut), (high_px, 1.0, high_cut)] {
                if cut {
                    svg.arrow_head((x, y), direction, BLUE);
                }
            }
            for run in row.runs.iter().filter(|_| row.runs.len() > 1) {
                let x = scale.px(*run);
                svg.line((x, y - 7.0), (x, y + 7.0), BLUE, 1.2);
            }
            svg.dot((scale.px(mean), y), 5.5, BLUE);
        }
        if let Some(reference) = row.reference {
            svg.diamond((scale.px(reference), y), 6.0, PURPLE);
        }
        label(&mut svg, &panel, y, row);
    }
    svg
}

fn label(svg: &mut Svg, panel: &Panel, y: f64, row: &Row) {
    let x = panel.right() + 14.0;
    let Some((mean, ..)) = row.ours else {
        let style = TextStyle::new(LABEL_PX).color(MUTED);
        svg.text(x, y + 4.0, "failed", style);
        return;
    };
    let style = TextStyle::new(12.0).bold().color(BLUE);
    svg.text(x, y + 4.0, &number::percent(mean), style);
    if let Some(reference) = row.reference {
        let style = TextStyle::new(12.0).color(PURPLE);
        svg.text(x + 46.0, y + 4.0, &number::percent(reference), style);
        let style = TextStyle::new(12.0).color(MUTED).end();
        svg.text(x + 134.0, y + 4.0, &number::points(mean - reference), style);
    }
}

fn legend(svg: &mut Svg, panel: &Panel, confidence: f64, reference: Option<ReferenceNames>) {
    let style = TextStyle::new(LABEL_PX);
    let y = 18.0;
    svg.shade(panel.x - 4.0, y - 6.0, 26.0, 4.0, BLUE, 0.45);
    svg.dot((panel.x + 9.0, y - 4.0), 5.5, BLUE);
    let whose = if reference.is_some() { "ours" } else { "mean" };
    let text = format!("{whose} with its {:.0} % interval", confidence * 100.0);
    svg.text(panel.x + 28.0, y, &text, style.color(BLUE));
    let Some([name, head]) = reference else {
        return;
    };
    let x = panel.x + 44.0 + style.width_px(&text);
    svg.diamond((x, y - 4.0), 6.0, PURPLE);
    svg.text(x + 12.0, y, name, style.color(PURPLE));
    let style = TextStyle::new(10.0).color(MUTED);
    let x = panel.right() + 14.0;
    svg.text(x, y, "ours", style);
    svg.text(x + 46.0, y, head, style);
    svg.text(x + 134.0, y, "difference", style.end());
}
