//! A model as a row of boxes, one for each layer, with the shapes between them.

mod layer_words;
mod plan;

use pipelines::spec::{Architecture, Shape};

use crate::number;
use crate::palette::{GRID, INK, MUTED, PURPLE};
use crate::panel::PAGE_WIDTH_PX;
use crate::svg::{Svg, TextStyle};
use crate::text_width;
use plan::{Branch, LayerBox, Plan, Repeat};

const ROW_PX: f64 = 190.0;
/// Height of the middle of the boxes in their row.
const MIDDLE_PX: f64 = 66.0;
/// Room above the boxes of a row for second branches and for what is repeated.
const LANE_PX: f64 = 74.0;
/// Height of the middle of the boxes of a second branch in their row.
const BRANCH_PX: f64 = 34.0;
/// Height of the box of the input, and of any activation with more rows.
const MAX_BOX_PX: f64 = 112.0;
const MAX_SLOT_PX: f64 = 84.0;
/// More boxes stand in several rows, as even as can be.
const MAX_ROW_SLOTS: usize = 15;

/// Draws the layers from left to right, after the input of shape `input`. Boxes are as high as the
/// activation has rows beside the input, and the wider the more channels it has. The layers of a
/// sequence stand like others, once if they are repeated, under a bracket that says how often. Of a
/// residual layer, the first branch does, and the layers of the second stand on a line above that leads
/// from the input of both to the sum.
pub fn draw(name: &str, input: Shape, architecture: &Architecture) -> Svg {
    let plan = Plan::of(input, &architecture.layers);
    let row_count = plan.boxes.len().div_ceil(MAX_ROW_SLOTS);
    let columns = plan.boxes.len().div_ceil(row_count);
    let slot = (PAGE_WIDTH_PX / columns as f64).min(MAX_SLOT_PX);
    let title = format!("Layers of {name} with the shapes between them");
    let lane = match plan.branches.is_empty() && plan.repeats.is_empty() {
        true => 0.0,
        false => LANE_PX,
    };
    let rows = Rows {
        columns,
        slot,
        lane,
    };
    let height = (ROW_PX + lane) * row_count as f64;
    let mut svg = Svg::new(PAGE_WIDTH_PX, height, &title);
    for start in (0..plan.boxes.len()).step_by(columns) {
        let end = (start + columns).min(plan.boxes.len()) - 1;
        svg.line(rows.place(start), rows.place(end), GRID, 1.5);
    }
    for branch in &plan.branches {
        draw_branch(&mut svg, &rows, branch);
    }
    for repeat in &plan.repeats {
        draw_repeat(&mut svg, &rows, repeat);
    }
    let input_rows = match input {
        Shape::Image { height, .. } => height,
        Shape::Vector(length) => length,
    };
    for (index, layer) in plan.boxes.iter().enumerate() {
        draw_box(&mut svg, rows.place(index), input_rows, layer);
        label(&mut svg, rows.place(index), slot, layer);
    }
    svg
}

/// Where boxes stand.
struct Rows {
    columns: usize,
    slot: f64,
    /// Room above the boxes of each row.
    lane: f64,
}

impl Rows {
    /// The middle of box number `index`.
    fn place(&self, index: usize) -> (f64, f64) {
        let x = ((index % self.columns) as f64 + 0.5) * self.slot;
        (x, self.top(index) + self.lane + MIDDLE_PX)
    }

    /// The top of the row of box number `index`.
    fn top(&self, index: usize) -> f64 {
        (index / self.columns) as f64 * (ROW_PX + self.lane)
    }
}

/// A line over the boxes with those of the branch on it; where the branches end in another row than they
/// begin, only its end.
fn draw_branch(svg: &mut Svg, rows: &Rows, branch: &Branch) {
    let (from, to) = (rows.place(branch.from), rows.place(branch.to));
    let top = rows.top(branch.to) + BRANCH_PX;
    let left = if from.1 == to.1 { from.0 } else { 0.0 };
    let line = [(left, to.1), (left, top), (to.0, top), (to.0, to.1)];
    let line = if from.1 == to.1 {
        &line[..]
    } else {
        &line[1..]
    };
    svg.polyline(line, MUTED, 1.2, 1.0);
    let step = (to.0 - left) / (branch.layers.len() + 1) as f64;
    for (number, layer) in branch.layers.iter().enumerate() {
        let x = left + (number + 1) as f64 * step;
        let (width, height) = (10.0, 22.0);
        let corner = (x - width / 2.0, top - height / 2.0);
        svg.rect(corner.0, corner.1, width, height, crate::palette::PAPER);
        svg.shade(corner.0, corner.1, width, height, layer.color, 0.75);
        svg.frame(corner.0, corner.1, width, height, INK);
        let style = TextStyle::new(9.5).middle();
        let parameters = parameters(layer);
        for (offset, text, style) in [
            (22.0, &layer.name, style),
            (33.0, &layer.detail, style),
            (44.0, &parameters, style.color(PURPLE)),
        ] {
            let text = text_width::fit(text, style.weight, style.size_px, step - 2.0);
            svg.text(x, top + offset, &text, style);
        }
    }
}

/// A bracket at the top of the rows in which the repeated boxes stand.
fn draw_repeat(svg: &mut Svg, rows: &Rows, repeat: &Repeat) {
    let style = TextStyle::new(10.5).bold().middle();
    let half = 0.45 * rows.slot;
    for start in (0..=repeat.last).step_by(rows.columns) {
        let first = repeat.first.max(start);
        let last = repeat.last.min(start + rows.columns - 1);
        if first > last {
            continue;
        }
        let top = rows.top(first) + 4.0 + 7.0 * repeat.depth as f64;
        let (left, right) = (rows.place(first).0 - half, rows.place(last).0 + half);
        let bracket = [
            (left, top + 8.0),
            (left, top),
            (right, top),
            (right, top + 8.0),
        ];
        svg.polyline(&bracket, INK, 1.2, 1.0);
        let text = format!("× {}", repeat.times);
        svg.text((left + right) / 2.0, top + 14.0, &text, style);
    }
}

fn parameters(layer: &LayerBox) -> String {
    match layer.parameters {
        0 => String::new(),
        parameters => number::grouped(parameters as u64),
    }
}

fn label(svg: &mut Svg, (x, middle): (f64, f64), slot: f64, layer: &LayerBox) {
    let shape = layer.shape.to_string().replace('x', "×");
    let parameters = parameters(layer);
    let top = middle + MAX_BOX_PX / 2.0;
    let style = TextStyle::new(10.5).middle();
    let small = TextStyle::new(9.5).middle();
    for (offset, text, style) in [
        (17.0, &layer.name, style.bold()),
        (30.0, &layer.detail, style),
        (45.0, &shape, small.color(MUTED)),
        (58.0, &parameters, small.color(PURPLE)),
    ] {
        let text = text_width::fit(text, style.weight, style.size_px, slot - 2.0);
        svg.text(x, top + offset, &text, style);
    }
}

/// Draws an activation; that of the input has `input_rows` rows.
fn draw_box(svg: &mut Svg, (x, middle): (f64, f64), input_rows: usize, layer: &LayerBox) {
    let (height, width) = match layer.shape {
        Shape::Image {
            height, channels, ..
        } => (
            MAX_BOX_PX * height as f64 / input_rows as f64,
            5.0 + 3.6 * (channels as f64).log2(),
        ),
        Shape::Vector(length) => (18.0 + 8.0 * (length as f64).log2(), 8.0),
    };
    let height = height.clamp(10.0, MAX_BOX_PX);
    let (left, top) = (x - width / 2.0, middle - height / 2.0);
    svg.rect(left, top, width, height, crate::palette::PAPER);
    svg.shade(left, top, width, height, layer.color, 0.75);
    svg.frame(left, top, width, height, INK);
}
