//! Differences with their intervals, one below the other.

use crate::number;
use crate::palette::{Color, GRID, INK, MUTED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, REMARKS_PX, names_px, points_label};
use crate::scale::{Scale, focus};
use crate::svg::{Svg, TextStyle};

/// One difference; fractions.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is compared.
    pub name: String,
    /// Second line of the name.
    pub remark: String,
    /// The difference and the ends of its interval.
    pub estimate: (f64, f64, f64),
    /// A second estimate of the same, drawn as a ring.
    pub second: Option<(f64, f64, f64)>,
    /// Colour of the verdict.
    pub color: Color,
    /// The verdict.
    pub verdict: String,
}

/// What the marks mean.
#[derive(Clone, Copy, Debug)]
pub struct Legend {
    /// Of the filled mark.
    pub estimate: &'static str,
    /// Of the ring.
    pub second: Option<&'static str>,
    /// What lies left of zero.
    pub negative: &'static str,
    /// What lies right of zero.
    pub positive: &'static str,
}

/// Draws `rows` around a line at zero, in percentage points.
pub fn draw(title: &str, rows: &[Row], legend: Legend) -> Svg {
    let row_px = if rows.iter().any(|row| row.second.is_some()) {
        46.0
    } else {
        32.0
    };
    let mut names_px = names_px(rows.iter().map(|row| row.name.as_str()));
    if rows.iter().any(|row| !row.remark.is_empty()) {
        names_px = names_px.max(REMARKS_PX);
    }
    let panel = Panel {
        x: names_px,
        y: 46.0,
        width: PAGE_WIDTH_PX - names_px - 190.0,
        height: row_px * rows.len() as f64,
    };
    let mut svg = Svg::new(PAGE_WIDTH_PX, panel.bottom() + 42.0, title);
    let all = || {
        let of_row = |row: &Row| [Some(row.estimate), row.second];
        rows.iter().flat_map(of_row).flatten()
    };
    let estimates: Vec<f64> = all().map(|(estimate, ..)| estimate).chain([0.0]).collect();
    let intervals: Vec<_> = all().map(|(_, low, high)| (low, high)).collect();
    let Some(domain) = focus(&estimates, &intervals).filter(|_| !rows.is_empty()) else {
        return svg;
    };
    let scale = Scale::linear(domain, panel.x_range());
    panel.vertical_lines(&mut svg, &scale, 6, true, points_label);
    let zero = scale.px(0.0);
    svg.focus(zero);
    svg.line((zero, panel.y - 6.0), (zero, panel.bottom()), INK, 1.2);
    panel.x_title(&mut svg, "difference in accuracy, percentage points");
    let side = TextStyle::new(LABEL_PX).color(MUTED);
    svg.text(
        zero - 10.0,
        panel.y - 8.0,
        &format!("← {}", legend.negative),
        side.end(),
    );
    svg.text(
        zero + 10.0,
        panel.y - 8.0,
        &format!("{} →", legend.positive),
        side,
    );
    draw_legend(&mut svg, &legend);
    for (index, row) in rows.iter().enumerate() {
        let top = panel.y + index as f64 * row_px;
        if index > 0 {
            svg.line((0.0, top), (PAGE_WIDTH_PX, top), GRID, 1.0);
        }
        let middle = top + row_px / 2.0;
        draw_row(&mut svg, &panel, &scale, middle, row);
    }
    svg
}

fn draw_row(svg: &mut Svg, panel: &Panel, scale: &Scale, middle: f64, row: &Row) {
    let remark = TextStyle::new(10.0).color(MUTED);
    panel.row_name(svg, middle, &row.name, &row.remark);
    let y = if row.second.is_some() {
        middle - 8.0
    } else {
        middle
    };
    let (difference, low, high) = row.estimate;
    interval(svg, scale, y, (low, high), row.color, 2.2);
    let side = 5.0;
    let x = scale.px(difference);
    svg.rect(x - side, y - side, 2.0 * side, 2.0 * side, row.color);
    if let Some((difference, low, high)) = row.second {
        let y = middle + 10.0;
        interval(svg, scale, y, (low, high), MUTED, 1.2);
        svg.ring((scale.px(difference), y), 4.0, MUTED, 1.5);
    }
    let text_x = panel.right() + 14.0;
    let text_y = middle - 2.5;
    let text = format!(
        "{}  [{}, {}]",
        number::points(difference),
        number::points(low),
        number::points(high)
    );
    svg.text(
        text_x,
        text_y,
        &text,
        TextStyle::new(LABEL_PX).bold().color(row.color),
    );
    svg.text(text_x, text_y + 12.0, &row.verdict, remark);
}

/// A line with bars at its ends, or with arrow heads where it goes on beyond the panel.
fn interval(svg: &mut Svg, scale: &Scale, y: f64, ends: (f64, f64), color: Color, width_px: f64) {
    let [low, high] = scale.cut_px(ends);
    svg.line((low.0, y), (high.0, y), color, width_px);
    for ((x, cut), direction) in [(low, -1.0), (high, 1.0)] {
        if cut {
            svg.arrow_head((x, y), direction, color);
        } else {
            svg.line((x, y - 4.0), (x, y + 4.0), color, width_px);
        }
    }
}

fn draw_legend(svg: &mut Svg, legend: &Legend) {
    let style = TextStyle::new(LABEL_PX).color(MUTED);
    svg.rect(4.0, 7.0, 9.0, 9.0, INK);
    svg.text(18.0, 16.0, legend.estimate, style);
    if let Some(second) = legend.second {
        svg.ring((8.5, 29.0), 4.0, MUTED, 1.5);
        svg.text(18.0, 33.0, second, style);
    }
}
