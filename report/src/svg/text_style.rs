//! How a text looks and where it stands.

use crate::palette::{Color, INK};
use crate::text_width::{self, Weight};

/// Where a text's position lies in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its left end.
    Start,
    /// In its middle.
    Middle,
    /// At its right end.
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub struct TextStyle {
    /// Font size.
    pub size_px: f64,
    /// Stroke weight.
    pub weight: Weight,
    /// Colour.
    pub color: Color,
    /// Alignment.
    pub anchor: Anchor,
    /// Whether it reads upwards.
    pub upwards: bool,
}

impl TextStyle {
    /// Regular ink that starts at its position.
    pub fn new(size_px: f64) -> Self {
        Self {
            size_px,
            weight: Weight::Regular,
            color: INK,
            anchor: Anchor::Start,
            upwards: false,
        }
    }

    /// In another colour.
    pub fn color(self, color: Color) -> Self {
        Self { color, ..self }
    }

    /// Bold.
    pub fn bold(self) -> Self {
        Self {
            weight: Weight::Bold,
            ..self
        }
    }

    /// Centred at its position.
    pub fn middle(self) -> Self {
        Self {
            anchor: Anchor::Middle,
            ..self
        }
    }

    /// Ends at its position.
    pub fn end(self) -> Self {
        Self {
            anchor: Anchor::End,
            ..self
        }
    }

    /// Reads upwards.
    pub fn upwards(self) -> Self {
        Self {
            upwards: true,
            ..self
        }
    }

    /// Width of `text`, in pixels.
    pub fn width_px(&self, text: &str) -> f64 {
        text_width::width_px(text, self.weight, self.size_px)
    }
}
