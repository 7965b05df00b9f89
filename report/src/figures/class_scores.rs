//! F1 of each class over the models, one panel a class.

use crate::palette::{BLUE, FAINT, MUTED, PURPLE};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, TITLE_PX, percent_label};
use crate::scale::{Scale, extent};
use crate::svg::{Svg, TextStyle};
use crate::text_width::{self, Weight};

const PANEL_HEIGHT_PX: f64 = 112.0;
/// Height of a row of panels without the panels and the names below them.
const BETWEEN_ROWS_PX: f64 = 47.5;
/// Left of the first panel, where the tick labels stand.
const LEFT_PX: f64 = 42.0;
/// Between two panels of a row.
const BETWEEN_PANELS_PX: f64 = 16.0;
/// Font size of the models' names.
const NAME_PX: f64 = 10.5;
/// Longest name of a model.
const MAX_NAME_PX: f64 = 140.0;

/// One class.
#[derive(Clone, Debug)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// F1 of each model, mean over runs; `None` for a model without runs.
    pub ours: Vec<Option<f64>>,
    /// Reference value for each model; empty where there is none.
    pub reference: Vec<Option<f64>>,
}

/// Draws `classes` with one vertical scale; `models` are the short names below, `reference` is what
/// the reference values are called.
pub fn draw(models: &[String], classes: &[Class], reference: Option<&str>) -> Svg {
    let Names {
        columns,
        upright_px,
    } = Names::of(models);
    let rows = classes.len().div_ceil(columns);
    let row_px = PANEL_HEIGHT_PX + BETWEEN_ROWS_PX + upright_px.unwrap_or(NAME_PX);
    let title = "F1 of each class over the models";
    let mut svg = Svg::new(PAGE_WIDTH_PX, 30.0 + rows as f64 * row_px, title);
    let values = classes
        .iter()
        .flat_map(|class| class.ours.iter().chain(&class.reference))
        .flatten()
        .copied();
    let Some(domain) = extent(values, 0.06) else {
        return svg;
    };
    legend(&mut svg, reference);
    for (index, class) in classes.iter().enumerate() {
        let panel = Panel {
            x: LEFT_PX + (index % columns) as f64 * (panel_width(columns) + BETWEEN_PANELS_PX),
            y: 54.0 + (index / columns) as f64 * row_px,
            width: panel_width(columns),
            height: PANEL_HEIGHT_PX,
        };
        let scale = Scale::linear(domain, panel.y_range());
        let title = text_width::fit(&class.name, Weight::Bold, TITLE_PX, panel.width);
        panel.title(&mut svg, &title);
        let labelled = index % columns == 0;
        panel.horizontal_lines(&mut svg, &scale, 4, labelled, percent_label);
        let step = panel.width / models.len().max(1) as f64;
        let x = |index: usize| panel.x + (index as f64 + 0.5) * step;
        draw_class(&mut svg, &scale, x, class);
        for (index, name) in models.iter().enumerate() {
            let style = TextStyle::new(NAME_PX).color(MUTED);
            let name = text_width::fit(name, style.weight, NAME_PX, MAX_NAME_PX);
            match upright_px {
                None => svg.text(x(index), panel.bottom() + 14.0, &name, style.middle()),
                Some(_) => {
                    let baseline = x(index) + 0.35 * NAME_PX;
                    svg.text(baseline, panel.bottom() + 6.0, &name, style.end().upwards());
                }
            }
        }
    }
    svg
}

/// Width of a panel where `columns` of them fill the page.
fn panel_width(columns: usize) -> f64 {
    (PAGE_WIDTH_PX - LEFT_PX) / columns as f64 - BETWEEN_PANELS_PX
}

/// How the models' names find room below the panels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Names {
    /// Panels of a row.
    columns: usize,
    /// Height of the longest name where they read upwards.
    upright_px: Option<f64>,
}

impl Names {
    /// Five panels a row, and fewer where not even names that read upwards would fit below them.
    fn of(models: &[String]) -> Self {
        let style = TextStyle::new(NAME_PX);
        let widest = models.iter().map(|name| style.width_px(name));
        let widest = widest.fold(0.0, f64::max).min(MAX_NAME_PX);
        let step = |columns| panel_width(columns) / models.len().max(1) as f64;
        let fits = |columns: &usize| step(*columns) > NAME_PX;
        let columns = [5, 3, 2].into_iter().find(fits).unwrap_or(1);
        Self {
            columns,
            upright_px: (widest > step(columns)).then_some(widest),
        }
    }
}

fn draw_class(svg: &mut Svg, y: &Scale, x: impl Fn(usize) -> f64, class: &Class) {
    // Ours and the reference stand beside each other, so that neither hides the other.
    let apart = |index: usize| match class.reference.get(index) {
        Some(Some(_)) => 4.0,
        _ => 0.0,
    };
    let line: Vec<_> = class
        .ours
        .iter()
        .enumerate()
        .filter_map(|(index, f1)| f1.map(|f1| (x(index) - apart(index), y.px(f1))))
        .collect();
    svg.polyline(&line, FAINT, 1.2, 1.0);
    for point in line {
        svg.dot(point, 3.8, BLUE);
    }
    for (index, reference) in class.reference.iter().enumerate() {
        if let Some(reference) = reference {
            svg.diamond((x(index) + apart(index), y.px(*reference)), 4.4, PURPLE);
        }
    }
}

fn legend(svg: &mut Svg, reference: Option<&str>) {
    let style = TextStyle::new(LABEL_PX);
    svg.dot((46.0, 14.0), 4.0, BLUE);
    svg.text(
        56.0,
        18.0,
        "F1 on the test images, mean over seeds",
        style.color(BLUE),
    );
    let x = 76.0 + style.width_px("F1 on the test images, mean over seeds");
    if let Some(reference) = reference {
        svg.diamond((x, 14.0), 4.8, PURPLE);
        svg.text(x + 10.0, 18.0, reference, style.color(PURPLE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_read_upwards_and_many_get_wider_panels() {
        let names = |count, name: &str| Names::of(&vec![name.to_owned(); count]);
        let short = Names {
            columns: 5,
            upright_px: None,
        };
        assert_eq!(names(8, "1"), short);
        let long = names(8, "random-flip");
        assert_eq!(long.columns, 5);
        assert!(long.upright_px.is_some_and(|px| px > 40.0));
        assert_eq!(names(26, "random-flip").columns, 2);
        let too_long = names(2, &"very ".repeat(99));
        assert_eq!(too_long.upright_px, Some(MAX_NAME_PX));
    }
}
