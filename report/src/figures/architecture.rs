//! A model as a row of boxes, one for each layer, with the shapes between them.

use pipelines::spec::{Activation, Architecture, Layer, LayerSummary, Padding, Pooling, Shape};

use crate::number;
use crate::palette::{BLUE, Color, FAINT, GREEN, GRID, INK, MUTED, ORANGE, PURPLE, RED};
use crate::panel::PAGE_WIDTH_PX;
use crate::svg::{Svg, TextStyle};
use crate::text_width;

const ROW_PX: f64 = 190.0;
/// Height of the middle of the boxes in their row.
const MIDDLE_PX: f64 = 66.0;
/// Height of the box of the input, and of any activation with more rows.
const MAX_BOX_PX: f64 = 112.0;
const MAX_SLOT_PX: f64 = 84.0;
/// More layers go on in the next row.
const MAX_ROW_SLOTS: usize = 16;

/// Draws the layers from left to right, after the input of shape `input`. Boxes are as high as the
/// activation has rows beside the input, and the wider the more channels it has. The layers of a
/// sequence stand like others. Of a residual layer, the first branch does, and an arc leads from its
/// input to the sum and names the layers of the other branch.
pub fn draw(name: &str, input: Shape, architecture: &Architecture) -> Svg {
    let mut boxes = vec![LayerBox {
        name: "input".to_owned(),
        detail: String::new(),
        parameters: 0,
        shape: input,
        color: FAINT,
        shortcut: None,
    }];
    push_boxes(&mut boxes, &architecture.layers);
    let columns = boxes.len().min(MAX_ROW_SLOTS);
    let slot = (PAGE_WIDTH_PX / columns as f64).min(MAX_SLOT_PX);
    let title = format!("Layers of {name} with the shapes between them");
    let height = ROW_PX * boxes.len().div_ceil(columns) as f64;
    let mut svg = Svg::new(PAGE_WIDTH_PX, height, &title);
    let place = |index: usize| {
        let x = ((index % columns) as f64 + 0.5) * slot;
        (x, (index / columns) as f64 * ROW_PX + MIDDLE_PX)
    };
    for start in (0..boxes.len()).step_by(columns) {
        let end = (start + columns).min(boxes.len()) - 1;
        svg.line(place(start), place(end), GRID, 1.5);
    }
    for (index, layer) in boxes.iter().enumerate() {
        if let Some(shortcut) = &layer.shortcut {
            draw_shortcut(
                &mut svg,
                place(shortcut.from),
                place(index),
                &shortcut.layers,
            );
        }
    }
    let input_rows = match input {
        Shape::Image { height, .. } => height,
        Shape::Vector(length) => length,
    };
    for (index, layer) in boxes.iter().enumerate() {
        draw_box(&mut svg, place(index), input_rows, layer);
        label(&mut svg, place(index), slot, layer);
    }
    svg
}

/// One box with what stands below it.
struct LayerBox {
    name: String,
    detail: String,
    parameters: usize,
    shape: Shape,
    color: Color,
    /// Of the sum of a residual layer.
    shortcut: Option<Shortcut>,
}

/// The second branch of a residual layer.
struct Shortcut {
    /// Index of the box that both branches read.
    from: usize,
    /// Names of its layers.
    layers: Vec<String>,
}

fn push_boxes(boxes: &mut Vec<LayerBox>, layers: &[LayerSummary]) {
    for summary in layers {
        let branches = &summary.branches;
        match (&summary.layer, &branches[..]) {
            (Layer::Sequence { .. }, [layers, ..]) => push_boxes(boxes, layers),
            (Layer::Residual { .. }, [layers, others @ ..]) => {
                let from = boxes.len() - 1;
                push_boxes(boxes, layers);
                let others = others.iter().flatten();
                let parameters = others.clone().map(|layer| layer.parameters).sum();
                let names = others.map(|layer| words(&layer.layer).0);
                boxes.push(LayerBox {
                    name: "sum".to_owned(),
                    detail: String::new(),
                    parameters,
                    shape: summary.output,
                    color: MUTED,
                    shortcut: Some(Shortcut {
                        from,
                        layers: names.collect(),
                    }),
                });
            }
            (layer, _) => {
                let (name, detail) = words(layer);
                boxes.push(LayerBox {
                    name,
                    detail,
                    parameters: summary.parameters,
                    shape: summary.output,
                    color: color(layer),
                    shortcut: None,
                });
            }
        }
    }
}

/// An arc over the boxes; where the branches end in another row, only its end.
fn draw_shortcut(svg: &mut Svg, from: (f64, f64), to: (f64, f64), layers: &[String]) {
    let top = to.1 - MIDDLE_PX + 4.0;
    let left = if from.1 == to.1 { from.0 } else { 0.0 };
    let line = [(left, to.1), (left, top), (to.0, top), (to.0, to.1)];
    svg.polyline(&line, MUTED, 1.2, 1.0);
    let style = TextStyle::new(9.5).color(MUTED).middle();
    let middle = (left + to.0) / 2.0;
    svg.text(middle, top + 10.0, &layers.join(", "), style);
}

/// Name of a layer, and what it is made of.
fn words(layer: &Layer) -> (String, String) {
    let relu = |activation: Activation| match activation {
        Activation::Relu => ", ReLU",
        Activation::Linear => "",
    };
    match layer {
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
        Layer::MaxPooling2d(Pooling { pool_size, .. }) => {
            ("max pool".to_owned(), format!("{pool_size}×{pool_size}"))
        }
        Layer::AveragePooling2d(Pooling { pool_size, .. }) => {
            ("mean pool".to_owned(), format!("{pool_size}×{pool_size}"))
        }
        Layer::Flatten {} => ("flatten".to_owned(), String::new()),
        Layer::Dense { units, activation } => {
            ("dense".to_owned(), format!("{units}{}", relu(*activation)))
        }
        Layer::Dropout { rate } => ("dropout".to_owned(), rate.to_string()),
        Layer::Sequence { .. } | Layer::Residual { .. } => (layer.name().to_owned(), String::new()),
    }
}

fn label(svg: &mut Svg, (x, middle): (f64, f64), slot: f64, layer: &LayerBox) {
    let shape = layer.shape.to_string().replace('x', "×");
    let parameters = match layer.parameters {
        0 => String::new(),
        parameters => number::grouped(parameters as u64),
    };
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

fn color(layer: &Layer) -> Color {
    match layer {
        Layer::Conv2d { .. } => BLUE,
        Layer::BatchNormalization { .. } => PURPLE,
        Layer::MaxPooling2d(_) | Layer::AveragePooling2d(_) => GREEN,
        Layer::Flatten {} => FAINT,
        Layer::Dense { .. } => ORANGE,
        Layer::Dropout { .. } => RED,
        Layer::Sequence { .. } | Layer::Residual { .. } => MUTED,
    }
}
