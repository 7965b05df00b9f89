//! The boxes of a diagram in their order, and what leads past them.

use pipelines::spec::{Layer, LayerSummary, Shape};

use super::layer_words::{color, words};
use crate::palette::{Color, FAINT, MUTED};

/// One box with what stands below it.
pub struct LayerBox {
    pub name: String,
    pub detail: String,
    pub parameters: usize,
    pub shape: Shape,
    pub color: Color,
}

/// The second branch of a residual layer.
pub struct Branch {
    /// Index of the box that both branches read.
    pub from: usize,
    /// Index of the box of their sum.
    pub to: usize,
    /// Its layers.
    pub layers: Vec<LayerBox>,
}

/// Boxes of layers that are repeated.
pub struct Repeat {
    /// Index of the first box.
    pub first: usize,
    /// Index of the last box.
    pub last: usize,
    /// How often they stand one after another.
    pub times: usize,
    /// Number of other repetitions around this one.
    pub depth: usize,
}

/// What a diagram shows.
#[derive(Default)]
pub struct Plan {
    /// From the input to the output.
    pub boxes: Vec<LayerBox>,
    pub branches: Vec<Branch>,
    pub repeats: Vec<Repeat>,
    depth: usize,
}

impl Plan {
    /// The plan of `layers` after an input of shape `input`.
    pub fn of(input: Shape, layers: &[LayerSummary]) -> Self {
        let mut plan = Self::default();
        plan.boxes.push(LayerBox {
            name: "input".to_owned(),
            detail: String::new(),
            parameters: 0,
            shape: input,
            color: FAINT,
        });
        plan.push(layers);
        plan
    }

    fn push(&mut self, layers: &[LayerSummary]) {
        for summary in layers {
            match (&summary.layer, &summary.branches[..]) {
                (Layer::Sequence { repeat, .. }, [layers, ..]) if *repeat > 1 => {
                    self.push_repeated(layers, *repeat);
                }
                (Layer::Sequence { .. }, [layers, ..]) => self.push(layers),
                (Layer::Residual { .. }, [layers, others @ ..]) => {
                    let from = self.boxes.len() - 1;
                    self.push(layers);
                    self.branches.push(Branch {
                        from,
                        to: self.boxes.len(),
                        layers: others.iter().flat_map(|layers| flat(layers)).collect(),
                    });
                    self.boxes.push(LayerBox {
                        name: "sum".to_owned(),
                        detail: String::new(),
                        parameters: 0,
                        shape: summary.output,
                        color: MUTED,
                    });
                }
                _ => self.boxes.push(layer_box(summary)),
            }
        }
    }

    /// The first of `repeat` equal parts of `layers`.
    fn push_repeated(&mut self, layers: &[LayerSummary], repeat: usize) {
        let first = self.boxes.len();
        self.depth += 1;
        self.push(&layers[..layers.len() / repeat]);
        self.depth -= 1;
        if self.boxes.len() > first {
            self.repeats.push(Repeat {
                first,
                last: self.boxes.len() - 1,
                times: repeat,
                depth: self.depth,
            });
        }
    }
}

fn layer_box(summary: &LayerSummary) -> LayerBox {
    let (name, detail) = words(&summary.layer);
    LayerBox {
        name,
        detail,
        parameters: summary.parameters,
        shape: summary.output,
        color: color(&summary.layer),
    }
}

/// The layers of a second branch; a residual layer in it is one box.
fn flat(layers: &[LayerSummary]) -> Vec<LayerBox> {
    let boxes = layers.iter().flat_map(|summary| match &summary.layer {
        Layer::Sequence { .. } => summary.branches.iter().flat_map(|l| flat(l)).collect(),
        _ => vec![layer_box(summary)],
    });
    boxes.collect()
}
