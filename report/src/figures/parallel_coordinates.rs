//! Candidates of a sweep as lines over one axis for each varied key and one for validation accuracy.

use crate::figures::parameter_axis::{KeyValue, ParameterAxis};
use crate::figures::sweep_parameters::Mark;
use crate::number;
use crate::palette::{GRID, MUTED, PAPER};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, TICK_PX};
use crate::svg::{Svg, TextStyle};

const HEIGHT_PX: f64 = 240.0;
const TOP_PX: f64 = 34.0;

/// Draws a line for each of `marks`; the last of them lie on top. The values of `parameters` are in the order
/// of `marks`.
pub fn draw(sweep: &str, marks: &[Mark], parameters: &[(String, Vec<KeyValue>)]) -> Svg {
    let title =
        format!("Candidates of {sweep}: a line each over its values and its validation accuracy");
    let mut svg = Svg::new(PAGE_WIDTH_PX, TOP_PX + HEIGHT_PX + 20.0, &title);
    let accuracy = |mark: &Mark| {
        let text = format!("{} %", number::percent(mark.accuracy));
        (text, Some(100.0 * mark.accuracy))
    };
    let accuracies: Vec<KeyValue> = marks.iter().map(accuracy).collect();
    let last = ("validation accuracy, %".to_owned(), accuracies);
    let axes: Vec<(&str, ParameterAxis)> = parameters
        .iter()
        .chain([&last])
        .map(|(name, values)| (name.as_str(), ParameterAxis::new(values)))
        .collect();
    let gap = (PAGE_WIDTH_PX - 170.0) / (axes.len() - 1).max(1) as f64;
    let x = |axis: usize| 85.0 + axis as f64 * gap;
    let y = |place: f64| TOP_PX + (1.0 - place) * HEIGHT_PX;
    for index in 0..axes.len() {
        svg.line(
            (x(index), TOP_PX),
            (x(index), TOP_PX + HEIGHT_PX),
            GRID,
            1.0,
        );
    }
    for (number, mark) in marks.iter().enumerate() {
        let points: Vec<(f64, f64)> = axes
            .iter()
            .enumerate()
            .map(|(index, (_, axis))| (x(index), y(axis.places[number])))
            .collect();
        let (color, size) = mark.end.look();
        svg.polyline(&points, color, size / 2.0, 0.75);
    }
    for (index, (name, axis)) in axes.iter().enumerate() {
        let style = TextStyle::new(LABEL_PX).middle();
        svg.text(x(index), TOP_PX - 14.0, name, style);
        for (place, label) in &axis.ticks {
            let style = TextStyle::new(TICK_PX).color(MUTED);
            let width = style.width_px(label);
            // Beside the last axis there is room; before the others lines run behind.
            let start = match index + 1 == axes.len() {
                true => x(index) + 6.0,
                false => x(index) - 6.0 - width,
            };
            svg.shade(start - 2.0, y(*place) - 6.0, width + 4.0, 12.0, PAPER, 0.8);
            svg.text(start, y(*place) + 3.6, label, style);
        }
    }
    svg
}
