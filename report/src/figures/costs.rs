//! Accuracy against what it costs.

use crate::palette::{BLUE, INK};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, percent_label};
use crate::scale::{Scale, extent, focus};
use crate::svg::{Svg, TextStyle};

/// One model.
#[derive(Clone, Debug)]
pub struct Point {
    /// Short name.
    pub name: String,
    /// What it costs; above 0.
    pub cost: f64,
    /// Accuracy and the ends of its interval; fractions.
    pub accuracy: (f64, f64, f64),
}

/// One panel: what the cost is, how its ticks are printed, and the models.
#[derive(Clone, Debug)]
pub struct Cost {
    /// Name and unit.
    pub title: &'static str,
    /// Prints a tick.
    pub label: fn(f64, usize) -> String,
    /// The models.
    pub points: Vec<Point>,
}

/// Draws the panels side by side on one scale of accuracy. A model whose name has no room stays a dot.
pub fn draw(costs: &[Cost]) -> Svg {
    let height = 300.0;
    let title = "Test accuracy against parameters and training time";
    let mut svg = Svg::new(PAGE_WIDTH_PX, height + 66.0, title);
    let points = || costs.iter().flat_map(|cost| &cost.points);
    let estimates: Vec<f64> = points().map(|point| point.accuracy.0).collect();
    let intervals: Vec<_> = points().map(|p| (p.accuracy.1, p.accuracy.2)).collect();
    let Some(domain) = focus(&estimates, &intervals) else {
        return svg;
    };
    let slot = (PAGE_WIDTH_PX - 54.0) / costs.len().max(1) as f64;
    for (index, cost) in costs.iter().enumerate() {
        let panel = Panel {
            x: 54.0 + index as f64 * slot,
            y: 18.0,
            width: slot - 26.0,
            height,
        };
        let y = Scale::linear(domain, panel.y_range());
        panel.horizontal_lines(&mut svg, &y, 6, index == 0, percent_label);
        if index == 0 {
            panel.y_title(&mut svg, 10.0, "test accuracy");
        }
        let Some((low, high)) = extent(cost.points.iter().map(|p| p.cost), 0.0) else {
            continue;
        };
        let x = Scale::logarithmic((low / 1.35, high * 1.35), panel.x_range());
        panel.vertical_lines(&mut svg, &x, 4, true, cost.label);
        panel.x_title(&mut svg, cost.title);
        draw_points(&mut svg, &panel, &x, &y, &cost.points);
    }
    svg
}

fn draw_points(svg: &mut Svg, panel: &Panel, x: &Scale, y: &Scale, points: &[Point]) {
    for point in points {
        let (_, low, high) = point.accuracy;
        let at = x.px(point.cost);
        let [(low, _), (high, _)] = y.cut_px((low, high));
        svg.polyline(&[(at, low), (at, high)], BLUE, 3.0, 0.35);
    }
    let style = TextStyle::new(LABEL_PX).bold().color(INK);
    let center = |point: &Point| (x.px(point.cost), y.px(point.accuracy.0));
    // Left, right, and middle height of what is there already: dots first, then labels.
    let mut taken: Vec<(f64, f64, f64)> = points
        .iter()
        .map(center)
        .map(|(x, y)| (x - 6.0, x + 6.0, y))
        .collect();
    for point in points {
        let (at, middle) = center(point);
        svg.dot((at, middle), 5.0, BLUE);
        let width = style.width_px(&point.name);
        let (right, left) = (at + 9.0, at - 9.0 - width);
        let free = |start: f64, middle: f64| {
            start > panel.x
                && start + width < panel.right() + 18.0
                && taken.iter().all(|(from, to, height)| {
                    start > *to || start + width < *from || (middle - height).abs() > 11.0
                })
        };
        let places: Vec<(f64, f64)> = [0.0, -12.0, 12.0, -24.0, 24.0]
            .into_iter()
            .flat_map(|shift| [(right, middle + shift), (left, middle + shift)])
            .collect();
        let place = places.iter().find(|(start, middle)| free(*start, *middle));
        if let Some((start, middle)) = place {
            svg.text(*start, middle + 4.0, &point.name, style);
            taken.push((*start, start + width, *middle));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_room_is_left_out_and_its_dot_is_not() {
        let point = |index: usize| Point {
            name: format!("model-{index}"),
            cost: 1000.0,
            accuracy: (0.9 + index as f64 * 1e-4, 0.89, 0.91),
        };
        let cost = Cost {
            title: "parameters",
            label: crate::panel::plain_label,
            points: (0..30).map(point).collect(),
        };
        let svg = draw(&[cost]).finish();
        let names = svg.matches("model-").count();
        assert_eq!(svg.matches("<circle").count(), 30);
        assert!((2..30).contains(&names), "{names} names");
    }
}
