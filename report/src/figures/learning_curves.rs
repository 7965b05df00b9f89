//! Accuracy or loss over the epochs, one panel a model.

use crate::palette::{BLUE, FAINT, GREEN, MUTED, ORANGE};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, plain_label};
use crate::scale::{Scale, extent};
use crate::svg::{Svg, TextStyle};

const COLUMNS: usize = 4;
const PANEL_HEIGHT_PX: f64 = 150.0;

/// One run of a model.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    /// Running value of training, by epoch.
    pub train: Vec<f64>,
    /// Value on validation rows after each epoch.
    pub validation: Vec<f64>,
    /// Value on test rows after the last epoch.
    pub test: Option<f64>,
}

/// One model with all of its runs.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The first is drawn strong, the others faint.
    pub runs: Vec<Curve>,
}

/// Draws `models` with one vertical scale for all; `label` prints its ticks.
pub fn draw(title: &str, models: &[Model], label: fn(f64, usize) -> String) -> Svg {
    let rows = models.len().div_ceil(COLUMNS);
    let height = 30.0 + rows as f64 * (PANEL_HEIGHT_PX + 62.0);
    let mut svg = Svg::new(PAGE_WIDTH_PX, height, title);
    let values: Vec<f64> = models
        .iter()
        .flat_map(|model| &model.runs)
        .flat_map(|run| run.train.iter().chain(&run.validation).chain(&run.test))
        .copied()
        .collect();
    let Some(domain) = extent(values, 0.04) else {
        return svg;
    };
    let has_others = models.iter().any(|model| model.runs.len() > 1);
    let mut runs = models.iter().flat_map(|model| &model.runs);
    let has_validation = runs.any(|run| !run.validation.is_empty());
    legend(&mut svg, has_validation, has_others);
    let slot = (PAGE_WIDTH_PX - 46.0) / COLUMNS as f64;
    for (index, model) in models.iter().enumerate() {
        let panel = Panel {
            x: 46.0 + (index % COLUMNS) as f64 * slot,
            y: 56.0 + (index / COLUMNS) as f64 * (PANEL_HEIGHT_PX + 62.0),
            width: slot - 18.0,
            height: PANEL_HEIGHT_PX,
        };
        let scale = Scale::linear(domain, panel.y_range());
        panel.title(&mut svg, &model.name);
        panel.horizontal_lines(&mut svg, &scale, 5, index % COLUMNS == 0, label);
        draw_model(&mut svg, &panel, &scale, model);
        panel.x_title(&mut svg, "epoch");
    }
    svg
}

fn draw_model(svg: &mut Svg, panel: &Panel, y: &Scale, model: &Model) {
    let epochs = model
        .runs
        .iter()
        .map(|run| run.train.len())
        .max()
        .unwrap_or(0);
    let pad = 7.0;
    let x = Scale::linear(
        (1.0, epochs.max(1) as f64),
        (panel.x + pad, panel.right() - pad),
    );
    for epoch in epoch_ticks(epochs) {
        let style = TextStyle::new(10.5).color(MUTED).middle();
        let at = x.px(epoch as f64);
        svg.text(
            at,
            panel.bottom() + 14.0,
            &plain_label(epoch as f64, 0),
            style,
        );
    }
    let points = |values: &[f64]| -> Vec<(f64, f64)> {
        values
            .iter()
            .enumerate()
            .filter(|(_, value)| value.is_finite())
            .map(|(index, value)| (x.px(index as f64 + 1.0), y.px(*value)))
            .collect()
    };
    for (index, run) in model.runs.iter().enumerate().rev() {
        let (width, opacity) = if index == 0 { (2.0, 1.0) } else { (1.0, 0.4) };
        for (values, color) in [(&run.train, ORANGE), (&run.validation, BLUE)] {
            let points = points(values);
            svg.polyline(&points, color, width, opacity);
            if index == 0 && epochs <= 4 {
                for point in points {
                    svg.dot(point, 3.5, color);
                }
            }
        }
        if let Some(test) = run.test {
            let last = (x.px(run.train.len() as f64), y.px(test));
            let radius = if index == 0 { 5.0 } else { 3.0 };
            svg.diamond(last, radius, GREEN);
        }
    }
}

/// The first, the last and a few round epochs between.
fn epoch_ticks(epochs: usize) -> Vec<usize> {
    let step = match epochs {
        0..=5 => 1,
        6..=16 => 5,
        17..=35 => 10,
        _ => 25,
    };
    let mut ticks = vec![1];
    ticks.extend((1..=epochs).filter(|epoch| epoch.is_multiple_of(step) && *epoch > 1));
    if ticks.last() != Some(&epochs) && epochs > 1 {
        if ticks
            .last()
            .is_some_and(|last| epochs - last < step / 2 + 1)
            && ticks.len() > 1
        {
            ticks.pop();
        }
        ticks.push(epochs);
    }
    ticks
}

fn legend(svg: &mut Svg, has_validation: bool, has_others: bool) {
    let style = TextStyle::new(LABEL_PX);
    let mut x = 46.0;
    let lines = [
        (ORANGE, "train, running"),
        (BLUE, "validation, after the epoch"),
    ];
    for &(color, text) in &lines[..1 + usize::from(has_validation)] {
        svg.line((x, 14.0), (x + 20.0, 14.0), color, 2.5);
        svg.text(x + 26.0, 18.0, text, style.color(color));
        x += 50.0 + style.width_px(text);
    }
    svg.diamond((x, 14.0), 5.0, GREEN);
    let text = "test, after the last epoch";
    svg.text(x + 10.0, 18.0, text, style.color(GREEN));
    x += 36.0 + style.width_px(text);
    if has_others {
        svg.text(x, 18.0, "thin: other seeds", style.color(FAINT));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_seeds_are_in_the_legend_where_there_are_some() {
        let drawn = |runs: usize| {
            let curve = Curve {
                train: vec![0.5, 0.6],
                validation: vec![0.4, 0.5],
                test: Some(0.5),
            };
            let model = Model {
                name: "model-1".to_owned(),
                runs: vec![curve; runs],
            };
            let svg = draw("Accuracy by epoch", &[model], plain_label);
            svg.finish().contains("other seeds")
        };
        assert!(drawn(2) && !drawn(1));
    }

    #[test]
    fn the_first_and_the_last_epoch_are_labelled() {
        assert_eq!(epoch_ticks(1), [1]);
        assert_eq!(epoch_ticks(3), [1, 2, 3]);
        assert_eq!(epoch_ticks(15), [1, 5, 10, 15]);
        assert_eq!(epoch_ticks(50), [1, 25, 50]);
        assert_eq!(epoch_ticks(12), [1, 5, 12]);
    }
}
