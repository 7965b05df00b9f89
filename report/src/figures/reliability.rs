//! Reliability diagrams: how often a model is right when it says how sure it is.

use crate::number;
use crate::palette::{BLUE, FAINT, INK, MUTED, RED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, percent_label};
use crate::scale::Scale;
use crate::svg::{Svg, TextStyle};

const COLUMNS: usize = 4;
const HISTOGRAM_PX: f64 = 34.0;

/// One bin of confidences; fractions.
#[derive(Clone, Copy, Debug)]
pub struct Bin {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of all images that fall into it.
    pub share: f64,
    /// Number of images that fall into it.
    pub images: u64,
    /// Mean confidence and accuracy of those; `None` without images.
    pub mean: Option<(f64, f64)>,
    /// Range in which the accuracy of a perfectly calibrated model lies; `None` without images.
    pub consistent: Option<(f64, f64)>,
}

/// One model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Expected calibration error, a fraction.
    pub expected_calibration_error: f64,
    /// Its bins.
    pub bins: Vec<Bin>,
}

/// Draws one panel a model: the gap to the diagonal, and below it how many images each bin has.
pub fn draw(models: &[Model]) -> Svg {
    let slot = (PAGE_WIDTH_PX - 56.0) / COLUMNS as f64;
    let side = slot - 22.0;
    let row_px = side + HISTOGRAM_PX + 78.0;
    let rows = models.len().div_ceil(COLUMNS);
    let title = "Reliability diagrams on the test images";
    let mut svg = Svg::new(PAGE_WIDTH_PX, rows as f64 * row_px + 26.0, title);
    let style = TextStyle::new(LABEL_PX);
    svg.text(
        56.0,
        16.0,
        "right more often than it says",
        style.color(BLUE),
    );
    let x = 56.0 + style.width_px("right more often than it says") + 20.0;
    svg.text(x, 16.0, "less often", style.color(RED));
    let x = x + style.width_px("less often") + 20.0;
    svg.text(x, 16.0, "grey: share of the images", style.color(MUTED));
    for (index, model) in models.iter().enumerate() {
        let panel = Panel {
            x: 56.0 + (index % COLUMNS) as f64 * slot,
            y: 52.0 + (index / COLUMNS) as f64 * row_px,
            width: side,
            height: side,
        };
        draw_model(&mut svg, &panel, model, index % COLUMNS == 0);
    }
    svg
}

fn draw_model(svg: &mut Svg, panel: &Panel, model: &Model, labelled: bool) {
    panel.title(svg, &model.name);
    let error = format!("ECE {}", number::percent(model.expected_calibration_error));
    let style = TextStyle::new(LABEL_PX).color(MUTED).end();
    svg.text(panel.right(), panel.y - 8.0, &error, style);
    let x = Scale::linear((0.0, 1.0), panel.x_range());
    let y = Scale::linear((0.0, 1.0), panel.y_range());
    panel.horizontal_lines(svg, &y, 4, labelled, percent_label);
    if labelled {
        panel.y_title(svg, 12.0, "accuracy");
    }
    svg.line((x.px(0.0), y.px(0.0)), (x.px(1.0), y.px(1.0)), FAINT, 1.2);
    let mut line = Vec::new();
    for bin in &model.bins {
        let Some((confidence, accuracy)) = bin.mean else {
            continue;
        };
        if let Some((low, high)) = bin.consistent {
            let width = x.px(bin.high) - x.px(bin.low);
            let (top, bottom) = (y.px(high), y.px(low));
            svg.shade(x.px(bin.low), top, width, bottom - top, FAINT, 0.6);
        }
        let color = if accuracy >= confidence { BLUE } else { RED };
        let (from, to) = (y.px(confidence), y.px(accuracy));
        let width = (x.px(bin.high) - x.px(bin.low)) * 0.72;
        let top = from.min(to);
        svg.shade(
            x.px(confidence) - width / 2.0,
            top,
            width,
            (from - to).abs(),
            color,
            0.4,
        );
        line.push((x.px(confidence), y.px(accuracy)));
    }
    svg.polyline(&line, INK, 1.2, 0.6);
    for point in line {
        svg.dot(point, 3.0, INK);
    }
    let floor = panel.bottom() + 8.0 + HISTOGRAM_PX;
    for bin in &model.bins {
        let height = bin.share * HISTOGRAM_PX;
        let left = x.px(bin.low);
        svg.rect(
            left + 0.5,
            floor - height,
            x.px(bin.high) - left - 1.0,
            height,
            FAINT,
        );
    }
    svg.line((panel.x, floor), (panel.right(), floor), FAINT, 1.0);
    for tick in [0.0, 0.5, 1.0] {
        let style = TextStyle::new(10.5).color(MUTED);
        let style = match tick {
            0.0 => style,
            1.0 => style.end(),
            _ => style.middle(),
        };
        svg.text(x.px(tick), floor + 14.0, &percent_label(tick, 0), style);
    }
    let style = TextStyle::new(LABEL_PX).middle();
    svg.text(
        panel.x + panel.width / 2.0,
        floor + 30.0,
        "confidence",
        style,
    );
}
