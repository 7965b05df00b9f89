//! F1 of each class over the models, one panel a class.

use crate::palette::{BLUE, FAINT, MUTED, PURPLE};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, TITLE_PX, percent_label};
use crate::scale::{Scale, extent};
use crate::svg::{Svg, TextStyle};
use crate::text_width::{self, Weight};

const COLUMNS: usize = 5;
const PANEL_HEIGHT_PX: f64 = 112.0;

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
    let rows = classes.len().div_ceil(COLUMNS);
    let row_px = PANEL_HEIGHT_PX + 58.0;
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
    let slot = (PAGE_WIDTH_PX - 42.0) / COLUMNS as f64;
    for (index, class) in classes.iter().enumerate() {
        let panel = Panel {
            x: 42.0 + (index % COLUMNS) as f64 * slot,
            y: 54.0 + (index / COLUMNS) as f64 * row_px,
            width: slot - 16.0,
            height: PANEL_HEIGHT_PX,
        };
        let scale = Scale::linear(domain, panel.y_range());
        let title = text_width::fit(&class.name, Weight::Bold, TITLE_PX, panel.width);
        panel.title(&mut svg, &title);
        let labelled = index % COLUMNS == 0;
        panel.horizontal_lines(&mut svg, &scale, 4, labelled, percent_label);
        draw_class(&mut svg, &panel, &scale, models, class);
    }
    svg
}

fn draw_class(svg: &mut Svg, panel: &Panel, y: &Scale, models: &[String], class: &Class) {
    let step = panel.width / models.len().max(1) as f64;
    let x = |index: usize| panel.x + (index as f64 + 0.5) * step;
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
    for (index, name) in models.iter().enumerate() {
        let style = TextStyle::new(10.5).color(MUTED).middle();
        svg.text(x(index), panel.bottom() + 14.0, name, style);
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
