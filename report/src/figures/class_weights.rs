//! Effects of the weight of a class.

use crate::number;
use crate::palette::{BLUE, FAINT, GRID, INK, MUTED};
use crate::panel::{PAGE_WIDTH_PX, Panel, TICK_PX, TITLE_PX};
use crate::scale::{Scale, extent};
use crate::svg::{Svg, TextStyle};
use crate::text_width::{self, Weight};

/// An effect and the ends of its interval; fractions.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    estimate: f64,
    low: f64,
    high: f64,
}

impl Effect {
    /// An effect between `low` and `high`.
    pub fn new(estimate: f64, low: f64, high: f64) -> Self {
        Self {
            estimate,
            low,
            high,
        }
    }
}

const LEFT_PX: f64 = 64.0;
const PANEL_HEIGHT_PX: f64 = 190.0;

/// Draws a panel for each of `panels`, side by side and with one vertical scale: effects by ascending
/// weight, from no effect at weight 1.
pub fn draw(title: &str, panels: &[(String, Vec<(f64, Effect)>)]) -> Svg {
    let mut svg = Svg::new(PAGE_WIDTH_PX, PANEL_HEIGHT_PX + 72.0, title);
    let effects = || panels.iter().flat_map(|(_, effects)| effects);
    let ends = effects().flat_map(|(_, effect)| [effect.low, effect.high, effect.estimate]);
    let weights = effects().map(|(weight, _)| *weight).chain([1.0]);
    let Some((domain, weights)) = extent(ends.chain([0.0]), 0.06).zip(extent(weights, 0.06)) else {
        return svg;
    };
    let slot = (PAGE_WIDTH_PX - LEFT_PX) / panels.len().max(1) as f64;
    for (index, (name, effects)) in panels.iter().enumerate() {
        let panel = Panel {
            x: LEFT_PX + index as f64 * slot,
            y: 30.0,
            width: slot - 24.0,
            height: PANEL_HEIGHT_PX,
        };
        panel.title(
            &mut svg,
            &text_width::fit(name, Weight::Bold, TITLE_PX, panel.width),
        );
        if index == 0 {
            panel.y_title(&mut svg, 12.0, "change, percentage points");
        }
        let y = Scale::linear(domain, panel.y_range());
        let x = Scale::linear(weights, panel.x_range());
        panel.horizontal_lines(&mut svg, &y, 5, index == 0, |value, decimals| {
            number::signed(value * 100.0, decimals.saturating_sub(2))
        });
        let zero = y.px(0.0);
        svg.line((panel.x, zero), (panel.right(), zero), INK, 1.0);
        draw_effects(&mut svg, &panel, (&x, &y), effects);
        panel.x_title(&mut svg, "weight");
    }
    svg
}

fn draw_effects(svg: &mut Svg, panel: &Panel, (x, y): (&Scale, &Scale), effects: &[(f64, Effect)]) {
    let start = (x.px(1.0), y.px(0.0));
    let estimates = effects
        .iter()
        .map(|(weight, effect)| (x.px(*weight), y.px(effect.estimate)));
    let line: Vec<(f64, f64)> = [start].into_iter().chain(estimates).collect();
    svg.polyline(&line, FAINT, 1.2, 1.0);
    for (weight, effect) in effects {
        let at = x.px(*weight);
        let (low, high) = (y.px(effect.low), y.px(effect.high));
        svg.line((at, low), (at, high), MUTED, 1.4);
        for end in [low, high] {
            svg.line((at - 4.0, end), (at + 4.0, end), MUTED, 1.4);
        }
    }
    for (point, weight) in line
        .iter()
        .zip([1.0].into_iter().chain(effects.iter().map(|(w, _)| *w)))
    {
        svg.dot(*point, 4.0, BLUE);
        let bottom = panel.bottom();
        svg.line((point.0, bottom), (point.0, bottom + 4.0), GRID, 1.0);
        let style = TextStyle::new(TICK_PX).color(MUTED).middle();
        svg.text(point.0, bottom + 14.0, &weight.to_string(), style);
    }
}
