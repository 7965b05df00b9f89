//! Each varied key of a sweep against validation accuracy.

use crate::figures::parameter_axis::{KeyValue, ParameterAxis};
use crate::palette::{BLUE, Color, FAINT, GREEN, GRID, MUTED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, TICK_PX, percent_label};
use crate::scale::{Scale, extent};
use crate::svg::{Svg, TextStyle};

/// One candidate with a validation accuracy.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Mean validation accuracy, a fraction.
    pub accuracy: f64,
    /// How it ended.
    pub end: End,
}

/// How a candidate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Successive halving stopped it.
    Stopped,
    /// It trained to its last epoch.
    Finished,
    /// It is what the model became.
    Chosen,
}

impl End {
    /// Colour, and a size beside it that tells the same.
    pub fn look(self) -> (Color, f64) {
        match self {
            End::Stopped => (FAINT, 2.5),
            End::Finished => (BLUE, 4.0),
            End::Chosen => (GREEN, 6.0),
        }
    }
}

/// Panels in a row.
const COLUMNS: usize = 3;
const PANEL_HEIGHT_PX: f64 = 170.0;
const ROW_PX: f64 = PANEL_HEIGHT_PX + 62.0;

/// Draws a panel for each of `parameters`, whose values are in the order of `marks`. The last of them lie on
/// top.
pub fn draw(sweep: &str, marks: &[Mark], parameters: &[(String, Vec<KeyValue>)]) -> Svg {
    let rows = parameters.len().div_ceil(COLUMNS);
    let title = format!("Validation accuracy of the candidates of {sweep} by each varied key");
    let mut svg = Svg::new(PAGE_WIDTH_PX, 12.0 + rows as f64 * ROW_PX, &title);
    let Some(domain) = extent(marks.iter().map(|mark| mark.accuracy), 0.06) else {
        return svg;
    };
    let slot = (PAGE_WIDTH_PX - 54.0) / COLUMNS as f64;
    for (index, (name, values)) in parameters.iter().enumerate() {
        let (row, column) = (index / COLUMNS, index % COLUMNS);
        let panel = Panel {
            x: 54.0 + column as f64 * slot,
            y: 14.0 + row as f64 * ROW_PX,
            width: slot - 30.0,
            height: PANEL_HEIGHT_PX,
        };
        let y = Scale::linear(domain, panel.y_range());
        panel.horizontal_lines(&mut svg, &y, 5, column == 0, percent_label);
        let axis = ParameterAxis::new(values);
        let x = |place: f64| panel.x + 12.0 + place * (panel.width - 24.0);
        for (place, label) in &axis.ticks {
            let at = x(*place);
            svg.line((at, panel.y), (at, panel.bottom()), GRID, 1.0);
            let style = TextStyle::new(TICK_PX).color(MUTED).middle();
            svg.text(at, panel.bottom() + 14.0, label, style);
        }
        for (mark, place) in marks.iter().zip(&axis.places) {
            let (color, radius) = mark.end.look();
            svg.dot((x(*place), y.px(mark.accuracy)), radius, color);
        }
        let style = TextStyle::new(LABEL_PX).middle();
        svg.text(
            panel.x + panel.width / 2.0,
            panel.bottom() + 31.0,
            name,
            style,
        );
    }
    svg
}
