//! A model as a row of boxes, one a layer: with the shapes between them.

use pipelines::spec::{Activation, Architecture, Layer, LayerSummary, Padding, Shape};

use crate::number;
use crate::palette::{BLUE, Color, FAINT, GREEN, GRID, INK, MUTED, ORANGE, PURPLE, RED};
use crate::panel::PAGE_WIDTH_PX;
use crate::svg::{Svg, TextStyle};

const HEIGHT_PX: f64 = 190.0;
/// Height of the middle of the boxes.
const MIDDLE_PX: f64 = 66.0;
/// Height of the box of the input, and of any activation with more rows.
const MAX_BOX_PX: f64 = 112.0;
const MAX_SLOT_PX: f64 = 84.0;

/// Draws the layers from left to right, after the input of shape `input`. Boxes are as high as the
/// activation has rows beside the input, and the wider the more channels it has.
pub fn draw(name: &str, input: Shape, architecture: &Architecture) -> Svg {
    let slots = architecture.layers.len() + 1;
    let slot = (PAGE_WIDTH_PX / slots as f64).min(MAX_SLOT_PX);
    let title = format!("Layers of {name} with the shapes between them");
    let mut svg = Svg::new(PAGE_WIDTH_PX, HEIGHT_PX, &title);
    let center = |index: usize| (index as f64 + 0.5) * slot;
    svg.line(
        (center(0), MIDDLE_PX),
        (center(slots - 1), MIDDLE_PX),
        GRID,
        1.5,
    );
    let rows = match input {
        Shape::Image { height, .. } => height,
        Shape::Vector(length) => length,
    };
    draw_box(&mut svg, center(0), rows, input, FAINT);
    let words_of_input = Words {
        name: "input".into(),
        detail: String::new(),
        cost: String::new(),
    };
    label(&mut svg, center(0), &words_of_input, input);
    for (index, summary) in architecture.layers.iter().enumerate() {
        let x = center(index + 1);
        draw_box(&mut svg, x, rows, summary.output, color(&summary.layer));
        label(&mut svg, x, &words(summary), summary.output);
    }
    svg
}

/// What stands below a box.
struct Words {
    name: String,
    detail: String,
    cost: String,
}

fn words(summary: &LayerSummary) -> Words {
    let relu = |activation: Activation| match activation {
        Activation::Relu => ", ReLU",
        Activation::Linear => "",
    };
    let (name, detail) = match &summary.layer {
        Layer::Conv2d {
            filters,
            kernel_size,
            padding,
            activation,
            ..
        } => {
            let padding = match padding {
                Padding::Valid => "",
                Padding::Same => " same",
            };
            (
                format!("conv {kernel_size}×{kernel_size}{padding}"),
                format!("{filters}{}", relu(*activation)),
            )
        }
        Layer::BatchNormalization { .. } => ("batch".to_owned(), "norm".to_owned()),
        Layer::MaxPooling2d { pool_size, .. } => {
            ("max pool".to_owned(), format!("{pool_size}×{pool_size}"))
        }
        Layer::AveragePooling2d { pool_size, .. } => {
            ("mean pool".to_owned(), format!("{pool_size}×{pool_size}"))
        }
        Layer::Flatten {} => ("flatten".to_owned(), String::new()),
        Layer::Dense { units, activation } => {
            ("dense".to_owned(), format!("{units}{}", relu(*activation)))
        }
        Layer::Dropout { rate } => ("dropout".to_owned(), rate.to_string()),
    };
    let cost = match summary.parameters {
        0 => String::new(),
        parameters => number::grouped(parameters as u64),
    };
    Words { name, detail, cost }
}

fn label(svg: &mut Svg, x: f64, words: &Words, shape: Shape) {
    let shape = shape.to_string().replace('x', "×");
    let top = MIDDLE_PX + MAX_BOX_PX / 2.0;
    let style = TextStyle::new(10.5).middle();
    svg.text(x, top + 17.0, &words.name, style.bold());
    svg.text(x, top + 30.0, &words.detail, style);
    svg.text(
        x,
        top + 45.0,
        &shape,
        TextStyle::new(9.5).middle().color(MUTED),
    );
    svg.text(
        x,
        top + 58.0,
        &words.cost,
        TextStyle::new(9.5).middle().color(PURPLE),
    );
}

/// Draws an activation of `shape` at `x`; an input has `rows` rows.
fn draw_box(svg: &mut Svg, x: f64, rows: usize, shape: Shape, color: Color) {
    let (height, width) = match shape {
        Shape::Image {
            height, channels, ..
        } => (
            MAX_BOX_PX * height as f64 / rows as f64,
            5.0 + 3.6 * (channels as f64).log2(),
        ),
        Shape::Vector(length) => (18.0 + 8.0 * (length as f64).log2(), 8.0),
    };
    let height = height.clamp(10.0, MAX_BOX_PX);
    let (left, top) = (x - width / 2.0, MIDDLE_PX - height / 2.0);
    svg.rect(left, top, width, height, crate::palette::PAPER);
    svg.shade(left, top, width, height, color, 0.75);
    svg.frame(left, top, width, height, INK);
}

fn color(layer: &Layer) -> Color {
    match layer {
        Layer::Conv2d { .. } => BLUE,
        Layer::BatchNormalization { .. } => PURPLE,
        Layer::MaxPooling2d { .. } | Layer::AveragePooling2d { .. } => GREEN,
        Layer::Flatten {} => FAINT,
        Layer::Dense { .. } => ORANGE,
        Layer::Dropout { .. } => RED,
    }
}
