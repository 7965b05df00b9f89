//! Estimates with their intervals along a quantity, such as the weight of a class or the number of epochs.

use crate::palette::{BLUE, Color, FAINT, GRID, INK, MUTED, ORANGE};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, TICK_PX, TITLE_PX};
use crate::scale::{Scale, extent};
use crate::svg::{Svg, TextStyle};
use crate::text_width::{self, Weight};

/// An estimate at a place of the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The place.
    pub x: f64,
    /// The estimate; a fraction.
    pub estimate: f64,
    /// Its interval; `None` for what is so by definition.
    pub interval: Option<(f64, f64)>,
}

/// Estimates by ascending place.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What stands beside it; empty for the only curve of a panel.
    pub name: String,
    /// At least one.
    pub points: Vec<Point>,
}

/// What the axes show.
#[derive(Clone, Copy, Debug)]
pub struct Axes {
    /// The quantity.
    pub x: &'static str,
    /// The estimate, with its unit.
    pub y: &'static str,
    /// Label of a tick of the estimate, with its decimals.
    pub label: fn(f64, usize) -> String,
    /// Whether estimates are differences, around a line at 0.
    pub differences: bool,
}

/// Colours of the curves of a panel, which are also named.
const COLORS: [Color; 3] = [BLUE, ORANGE, MUTED];
/// How far the curves of a panel stand apart, so that no interval hides another.
const APART_PX: f64 = 9.0;
const LEFT_PX: f64 = 64.0;
const PANEL_HEIGHT_PX: f64 = 190.0;

/// Draws a panel for each of `panels`, side by side and with one scale for both axes.
pub fn draw(title: &str, axes: Axes, panels: &[(String, Vec<Curve>)]) -> Svg {
    let mut svg = Svg::new(PAGE_WIDTH_PX, PANEL_HEIGHT_PX + 72.0, title);
    let points = || {
        let curves = panels.iter().flat_map(|(_, curves)| curves);
        curves.flat_map(|curve| &curve.points)
    };
    let zero = axes.differences.then_some(0.0);
    let ends = points().flat_map(|point| {
        let (low, high) = point.interval.unwrap_or((point.estimate, point.estimate));
        [low, point.estimate, high]
    });
    let places = extent(points().map(|point| point.x), 0.06);
    let Some((domain, places)) = extent(ends.chain(zero), 0.06).zip(places) else {
        return svg;
    };
    let slot = (PAGE_WIDTH_PX - LEFT_PX) / panels.len().max(1) as f64;
    for (index, (name, curves)) in panels.iter().enumerate() {
        let panel = Panel {
            x: LEFT_PX + index as f64 * slot,
            y: 30.0,
            width: slot - 24.0,
            height: PANEL_HEIGHT_PX,
        };
        let name = text_width::fit(name, Weight::Bold, TITLE_PX, panel.width);
        panel.title(&mut svg, &name);
        if index == 0 {
            panel.y_title(&mut svg, 12.0, axes.y);
        }
        panel.x_title(&mut svg, axes.x);
        let y = Scale::linear(domain, panel.y_range());
        let x = Scale::linear(places, panel.x_range());
        panel.horizontal_lines(&mut svg, &y, 5, index == 0, axes.label);
        if axes.differences {
            svg.line((panel.x, y.px(0.0)), (panel.right(), y.px(0.0)), INK, 1.0);
        }
        ticks(&mut svg, &panel, &x, curves);
        for (number, curve) in curves.iter().enumerate() {
            let color = COLORS[number % COLORS.len()];
            let apart = (number as f64 - (curves.len() as f64 - 1.0) / 2.0) * APART_PX;
            draw_curve(&mut svg, (&x, &y), curve, color, apart);
            let style = TextStyle::new(LABEL_PX).bold().color(color).end();
            let top = panel.bottom() - 8.0 - 16.0 * (curves.len() - 1 - number) as f64;
            svg.text(panel.right(), top, &curve.name, style);
        }
    }
    svg
}

/// A tick at each place.
fn ticks(svg: &mut Svg, panel: &Panel, x: &Scale, curves: &[Curve]) {
    let points = curves.iter().flat_map(|curve| &curve.points);
    let mut places: Vec<f64> = points.map(|point| point.x).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    for place in places {
        let (at, bottom) = (x.px(place), panel.bottom());
        svg.line((at, bottom), (at, bottom + 4.0), GRID, 1.0);
        let style = TextStyle::new(TICK_PX).color(MUTED).middle();
        svg.text(at, bottom + 14.0, &place.to_string(), style);
    }
}

fn draw_curve(svg: &mut Svg, (x, y): (&Scale, &Scale), curve: &Curve, color: Color, apart: f64) {
    let at = |point: &Point| (x.px(point.x) + apart, y.px(point.estimate));
    let line: Vec<(f64, f64)> = curve.points.iter().map(at).collect();
    svg.polyline(&line, FAINT, 1.2, 1.0);
    for point in &curve.points {
        let (at, middle) = at(point);
        if let Some((low, high)) = point.interval {
            let (low, high) = (y.px(low), y.px(high));
            svg.line((at, low), (at, high), color, 1.4);
            for end in [low, high] {
                svg.line((at - 4.0, end), (at + 4.0, end), color, 1.4);
            }
        }
        svg.dot((at, middle), 4.0, color);
    }
}
